"""Numbers and names of a result as a reader gets them."""

import re
from typing import Final

from loadtests.measure.histogram import MOST_MS
from sizing.report.words import SPACE, UNKNOWN, clean, counted, rounded, shared, timed

SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
PERCENT: Final = 100.0
ALL_BUT: Final = 5e-4
ANSWERS: Final = {name: f"{sign}{SPACE}{name}" for name, sign in (("met", "✓"), ("missed", "✗"), ("undecided", "?"), ("invalid", "○"))}


def told(text: str) -> str:
    """Return text of a result without what a page cannot show; addresses without their scheme, so that nothing in a page looks like a reference."""
    return SCHEME.sub("", clean(text))


def moment(text: str) -> str:
    """Return a moment of ISO 8601 in UTC as people write it."""
    return told(text).replace("T", " ", 1).replace("+00:00", f"{SPACE}UTC")


def amount(value: float | None, unit: str) -> str:
    """Return a number in its unit: ms, share, ms a request, cores, people."""
    if value is None:
        return UNKNOWN
    if unit == "ms":
        return "never" if value >= MOST_MS else timed(value) if value >= PERCENT else f"{rounded(value)}{SPACE}ms"
    if unit == "share":
        return shared(value)
    return f"{counted(value)}{SPACE}people" if unit == "people" else f"{rounded(value)}{SPACE}{told(unit)}".rstrip()


def between(low: float | None, high: float | None, unit: str) -> str:
    """Return an interval; nothing where it is not known, or the number is no estimate."""
    if low is None or high is None or low == high:
        return UNKNOWN
    return f"{amount(low, unit).removesuffix(f'{SPACE}{told(unit)}')} to {amount(high, unit)}"


def times(share: float) -> str:
    """Return how much of something it is: all, 50 %, 3 times."""
    return "all" if abs(share - 1) < ALL_BUT else f"{rounded(share)}{SPACE}times" if share > 1 else shared(share)


def lasted(seconds: float) -> str:
    """Return a time: ``95 s``, ``12 min``, ``3.5 h``."""
    if seconds < 300:  # noqa: PLR2004 - five minutes
        return f"{seconds:.0f}{SPACE}s"
    return f"{rounded(seconds / 60)}{SPACE}min" if seconds < 7200 else f"{rounded(seconds / 3600)}{SPACE}h"  # noqa: PLR2004 - two hours


def off(share: float | None) -> str:
    """Return how far a prediction is off: ``+12 %``."""
    return UNKNOWN if share is None else f"{share * PERCENT:+.0f}{SPACE}%"
