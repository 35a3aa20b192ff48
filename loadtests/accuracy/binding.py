"""What gives first, in one word for the plan's and the search's."""

from typing import Final

OF_PLAN: Final = {
    "the processor": "processors",
    "the operations of the disk": "disk",
    "the network": "network",
    "requests that are turned away": "errors",
    "the page time": "page time",
    "the memory": "memory",
    "the disk": "disk room",
}
OF_SEARCH: Final = {"processors": "processors", "p95 of ": "page time", "errors": "errors", "memory of ": "memory"}


def planned(words: str) -> str:
    """Return what the plan's ``first_to_give`` names; other words as they are."""
    return _first(OF_PLAN, words)


def searched(words: str) -> str:
    """Return what the search's ``binding`` names; other words as they are: a queue that grows without end, real pages that suffer."""
    return _first(OF_SEARCH, words)


def _first(names: dict[str, str], words: str) -> str:
    """Return the name of the longest beginning that fits."""
    fitting = [start for start in names if words.startswith(start)]
    return names[max(fitting, key=len)] if fitting else words
