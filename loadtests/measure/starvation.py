"""Whether the generator itself was the bottleneck: then its figures say nothing of the platform."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from loadtests.measure.intervals import share_low
from loadtests.steady.tape import GATHERS

LATE_OF_TARGET = 0.05
LATE_LEAST_MS = 50.0
LATE_SHARE = 0.01
"""An arrival may begin late by 5 % of the target, or 50 ms where that is more: less moves no verdict. 99 of 100 must keep to it;
that more are late must be sure (95 %), so that two in a short run are no alarm."""
LOOP_MS = 250.0
"""The loop of events may be away for a quarter of a second (a garbage collection, a core taken by a neighbour) now and then …"""
CPU = 0.8
"""One process does one thing at a time: at 80 % of a core a request waits for four others of its own generator on the mean (M/M/1)."""
QUEUED = 0.2
"""Waiting for a core for a fifth of the time is told as the reason where arrivals began late; alone it is no fault."""
SECONDS_SHARE = 0.1
"""… but not, surely (95 %), in more than one second of ten."""
SOCKETS = 0.9
"""Of the open files that the process may have."""


class Second(Protocol):
    """One second of the generator, as far as it is judged."""

    @property
    def late_ms(self) -> tuple[float, ...]:
        """How late each arrival began."""

    @property
    def loop_ms(self) -> float:
        """The longest time that the event loop was away."""

    @property
    def cpu(self) -> float:
        """Share of a core."""

    @property
    def queued(self) -> float:
        """Share of the second that it waited for a core."""

    @property
    def sockets(self) -> int:
        """Open ones."""

    @property
    def sockets_limit(self) -> int:
        """Most that it may open."""

    @property
    def process(self) -> int:
        """Which of several processes, from 1; ``GATHERS`` hears all others."""


S = TypeVar("S", bound=Second)


@dataclass(frozen=True)
class Ownership:
    """The generator's own figures over a run: ``cpu_mean`` of all its processes together, ``queued_mean`` and ``sockets_most`` of the worst."""

    processes: int
    late_p99_ms: float
    loop_worst_ms: float
    cpu_mean: float
    queued_mean: float
    sockets_most: int


def figures(seconds: Sequence[Second]) -> Ownership:
    """Return what the generator did to itself."""
    late = [one for second in seconds for one in second.late_ms]
    parts = by_process(seconds)
    return Ownership(
        processes=max(1, len(parts.keys() - {GATHERS})),
        late_p99_ms=round(float(np.quantile(late, 0.99, method="inverted_cdf")), 1) if late else 0.0,
        loop_worst_ms=round(max((second.loop_ms for second in seconds), default=0.0), 1),
        cpu_mean=round(sum(_mean([second.cpu for second in part]) for part in parts.values()), 3),
        queued_mean=max((_mean([second.queued for second in part]) for part in parts.values()), default=0.0),
        sockets_most=max((second.sockets for second in seconds), default=0),
    )


def by_process(seconds: Sequence[S]) -> dict[int, list[S]]:
    """Return the seconds of each process."""
    found: dict[int, list[S]] = {}
    for second in seconds:
        found.setdefault(second.process, []).append(second)
    return dict(sorted(found.items()))


def faults(seconds: Sequence[Second], target_ms: float, machines: Mapping[int, str] | None = None) -> Iterator[str]:
    """Yield why the generator was the bottleneck; nothing where it was not. ``target_ms`` is what response times are held against.

    Each process is judged on its own, and named where there are several, with its machine where that is one of ``machines``: one that is
    late spoils what all measured.
    """
    parts, on = by_process(seconds), {number: f" ({name})" for number, name in (machines or {}).items()}
    for number, part in parts.items():
        who = (
            "" if len(parts) == 1 else "the process that hears all others: " if number == GATHERS else f"process {number} of {max(parts)}{on.get(number, '')}: "
        )
        yield from (f"{who}{fault}" for fault in _faults(part, target_ms))


def _faults(seconds: Sequence[Second], target_ms: float) -> Iterator[str]:
    found, limit = figures(seconds), max(LATE_LEAST_MS, LATE_OF_TARGET * target_ms)
    reason = f"; it waited for a core {found.queued_mean:.0%} of the time" if found.queued_mean > QUEUED else ""
    late = [one > limit for second in seconds for one in second.late_ms]
    if share_low(sum(late), len(late)) > LATE_SHARE:
        yield f"{sum(late)} of {len(late)} arrivals began more than {limit:.0f} ms late, one in a hundred {found.late_p99_ms:.0f} ms and more{reason}"
    for words, many in (
        (f"used more than {CPU:.0%} of a core", sum(second.cpu > CPU for second in seconds)),
        (f"did not look at its events for {LOOP_MS:.0f} ms and more", sum(second.loop_ms > LOOP_MS for second in seconds)),
    ):
        if share_low(many, len(seconds)) > SECONDS_SHARE:
            yield f"it {words} in {many} of {len(seconds)} seconds{reason}"
    fullest = max(seconds, key=lambda second: second.sockets / second.sockets_limit)
    if fullest.sockets > SOCKETS * fullest.sockets_limit:
        yield f"it had {fullest.sockets} sockets open of {fullest.sockets_limit} files that it may open"


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 3) if values else 0.0
