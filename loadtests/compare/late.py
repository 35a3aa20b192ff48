"""The p50 and p95 of a class, or of several together, in both results. Pure.

Whether two p95 differ is asked where both together have theirs: were they the same, as many of each would be slower
(the median test of Mood, 1950, at any quantile). No density has to be estimated for that, and no tail is too heavy.
Late requests come together; so many count as independent ones as their dispersion leaves.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.compare.chance import Part, clumped, of_intervals, of_parts, reach
from loadtests.compare.pair import Pair
from loadtests.measure.histogram import Histogram, decode, merged
from loadtests.measure.intervals import LEAST_ORDERED, Interval
from loadtests.steady.measured import Measured
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.workload import PAGES

MEASURED = "measured"
ALL_PAGES = "all pages"
SHARES = {"p50": 0.5, "p95": 0.95}


@dataclass(frozen=True)
class Times:
    """Response times of the measured part, and the dispersion of those beyond each of ``SHARES``."""

    counts: Histogram
    dispersion: Mapping[str, float]

    @property
    def number(self) -> int:
        """How many."""
        return self.counts.count


def read(result: Result, name: str) -> dict[str, Times]:
    """Return the times of each class that has enough requests, of the result in file ``name``; raises PlanError where a histogram is damaged."""
    try:
        return {
            part.name: Times(decode(part.histograms[MEASURED]), {"p50": part.dispersion_p50, "p95": part.dispersion_p95})
            for part in result.classes
            if MEASURED in part.histograms and part.dispersion_p50 is not None and part.dispersion_p95 is not None
        }
    except Exception as problem:  # the library raises whatever it meets
        raise PlanError("holds a histogram that is damaged", where=name, hint="name the file as it was written") from problem


def pages(found: Measured, times: Mapping[str, Times]) -> Times | None:
    """Return the times of all pages; None where there are too few. Classes with too few of their own are left out."""
    there = [times[name].counts for name in PAGES if name in times]
    if not there or found.pages_dispersion_p50 is None or found.pages_dispersion_p95 is None:
        return None
    return Times(merged(there), {"p50": found.pages_dispersion_p50, "p95": found.pages_dispersion_p95})


def pairs(before: Mapping[str, Times], after: Mapping[str, Times], every: tuple[Times | None, Times | None]) -> list[Pair]:
    """Return p95 and p50 of all pages (``every``, before and after) and of each class that both have enough of."""
    asked = [(name, before[name], after[name]) for name in sorted({*before} & {*after})]
    whole = [(ALL_PAGES, every[0], every[1])] if every[0] and every[1] else []
    found = [_pair(f"{quantile} of {name}", (one, other), quantile) for name, one, other in (*whole, *asked) for quantile in ("p95", "p50")]
    return [pair for pair in found if pair]


def _pair(what: str, both: tuple[Times, Times], quantile: str) -> Pair | None:
    """Return a quantile in both; None where too few are independent."""
    share, by = SHARES[quantile], clumped([one.dispersion[quantile] for one in both])
    if min(one.number for one in both) / by < LEAST_ORDERED:
        return None
    limit = merged(one.counts for one in both).percentile(100 * share)
    before, after = (Part(one.counts.above(limit), one.number) for one in both)
    p = of_parts(before, after, by)
    old, new = (_interval(one.counts, share, by) for one in both)
    return Pair(what, "ms", old.value, new.value, of_intervals(old, new, p))


def _interval(counts: Histogram, share: float, by: float) -> Interval:
    """Return the quantile and the values between which it lies (David and Nagaraja, 2003, 7.1), of a dispersion ``by``."""
    half = reach(by) * math.sqrt(share * (1 - share) * by / counts.count)
    low, value, high = (counts.percentile(100 * one) for one in (share - half, share, min(1.0, share + half)))
    return Interval(value, low, high, "order statistics")
