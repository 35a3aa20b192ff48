"""What the Locust process tells while it drives: one line of JSON for each thing, on its stdout.

A pipe to the command, not a file: what was measured is there as soon as it is told, and a full disk takes nothing away.
"""

import json
from dataclasses import astuple, dataclass

DRIVER = "driver"
"""A phase by which a process tells its number and which machine it drives from."""
GATHERS = 0
"""The process that hears all others where there are several, and drives nothing itself."""


@dataclass(frozen=True)
class Sample:
    """One request: ``at`` (unix time) is its intended start, ``waited_ms`` counts from there; ``kind`` '' where it was answered well.

    ``cache`` is what the page cache said of it ('HIT', 'MISS', …); '' where it did not pass there. ``connections`` are those that were
    opened to the platform since the last one that was told: their sum is exact, whose they are is not.
    """

    at: float
    request_class: str
    waited_ms: float
    url: str
    kind: str = ""
    status: int = 200
    reason: str = ""
    cache: str = ""
    connections: int = 0


@dataclass(frozen=True)
class Beat:
    """One second of the generator itself, which ends at unix time ``at``.

    ``late_ms`` is how late each arrival of that second began; ``loop_ms`` the longest time that the event loop was away;
    ``cpu`` and ``queued`` the shares of the second that the process worked, and that it wanted to and waited for a core.
    ``process`` is which of several it is, from 1; ``GATHERS`` is the one that hears all others.
    """

    at: float
    late_ms: tuple[float, ...]
    loop_ms: float
    cpu: float
    queued: float
    sockets: int
    sockets_limit: int
    under_way: int
    process: int = 1


@dataclass(frozen=True)
class Turn:
    """A phase begins: ``preparing``, ``open``, ``ending``, ``done``; or ``refused``, with the reason why no people could act."""

    at: float
    phase: str
    reason: str = ""


Told = Sample | Beat | Turn
KINDS: dict[str, type[Told]] = {"sample": Sample, "beat": Beat, "turn": Turn}
NAMES = {made: name for name, made in KINDS.items()}


def line(told: Told) -> str:
    """Return ``told`` as one line."""
    return json.dumps([NAMES[type(told)], *astuple(told)], separators=(",", ":"))


def read(text: str) -> Told | None:
    """Return what a line tells; None where it is something else that was printed."""
    if not text.startswith("["):
        return None
    try:
        name, *values = json.loads(text)
        if name == "beat":
            values[1] = tuple(values[1])
        return KINDS[name](*values)
    except (ValueError, KeyError, TypeError, IndexError):
        return None
