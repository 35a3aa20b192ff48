"""Whether something grows while the load stays the same, and when it would reach its limit. Pure.

Sen, 1968, after Theil, 1950: the median of the slopes between all pairs of points; a third of the points may be odd.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from loadtests.measure.intervals import quantile
from loadtests.shapes.measured import Growing
from loadtests.steady.analysis import P95
from loadtests.steady.measured import MEMORY, Answer
from loadtests.steady.meter import Platform
from sizing.evidence import Array
from sizing.plan import Plan

CONFIDENCE = 0.999
"""Some twenty things are looked at in one run: together they raise a false alarm in no more than one run of fifty."""
LEAST_S, NEARLY = 1200.0, 0.9
"""A run of 20 minutes tells; what is seen in it begins a little later and ends a little sooner: a second, a part of the pages."""
LEFT_OUT = 1 / 2
"""Processes start and caches fill in the beginning: that is no leak."""
BINS, LEAST_BINS = 40, 12
LEAST_PAGES = 20
FLATTENING, SURE = 0.8, 0.8
"""What grows surely (80 %) slower in the later half, by a fifth, fills up; a leak goes on."""
ENOUGH_DAYS = 7.0
"""A limit that is reached sooner is reached before anybody looks: between two updates, over a week's holidays."""
DAY_S = 86_400.0


@dataclass(frozen=True)
class Series:
    """Something over time (unix times); ``limit`` 0: none is known. It may fill up to ``filling`` by design: a cache."""

    what: str
    unit: str
    at: Array
    values: Array
    limit: float
    filling: float = 0.0


@dataclass(frozen=True)
class Slope:
    """A slope by day, with its interval."""

    per_day: float
    low: float
    high: float


def growing(series: Sequence[Series]) -> tuple[Growing, ...]:
    """Return of each what it does."""
    return tuple(_growing(one) for one in series if len(one.at))


def _growing(one: Series) -> Growing:
    seconds = float(one.at[-1] - one.at[0])
    later = one.at >= one.at[0] + LEFT_OUT * seconds
    at, values = _bins(one.at[later], one.values[later])
    now = float(values[-1]) if len(values) else float(one.values[-1])
    if seconds < NEARLY * LEAST_S or len(at) < LEAST_BINS:
        return _told(one, now, Slope(0.0, 0.0, 0.0), None, "undecided")
    slope, half = _slope(at, values, CONFIDENCE), len(at) // 2
    fills = _slope(at[half:], values[half:], SURE).high < FLATTENING * slope.per_day
    if slope.low <= 0 or fills or not one.limit:
        return _told(one, now, slope, None, "met")
    days = max(0.0, one.limit - now) / slope.per_day
    return _told(one, now, slope, days, "missed" if days <= ENOUGH_DAYS and now > one.filling else "met")


def _told(one: Series, now: float, slope: Slope, days: float | None, answer: Answer) -> Growing:
    return Growing(
        what=one.what,
        unit=one.unit,
        value=round(now, 1),
        limit=one.limit,
        per_day=_round(slope.per_day),
        low=_round(slope.low),
        high=_round(slope.high),
        days_left=None if days is None else _round(days),
        answer=answer,
    )


def _slope(at: Array, values: Array, confidence: float) -> Slope:
    found = stats.theilslopes(values, at / DAY_S, alpha=confidence)
    return Slope(float(found.slope), float(found.low_slope), float(found.high_slope))


def _bins(at: Array, values: Array) -> tuple[Array, Array]:
    """Return the medians of equal times: neighbouring seconds are alike, and slopes count them as if they were not."""
    if len(at) < BINS:
        return at, values
    edges = np.linspace(at[0], at[-1], BINS + 1)
    number = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, BINS - 1)
    there = [number == bin_ for bin_ in range(BINS) if np.any(number == bin_)]
    return np.array([float(np.median(at[one])) for one in there]), np.array([float(np.median(values[one])) for one in there])


def of_platform(plan: Plan, platform: Platform, since: float) -> Iterator[Series]:
    """Yield memory and open files of each service from ``since`` on (unix time)."""
    at = np.array(platform.at)
    filling = {
        "database": float(plan.limits.database.buffer_pool_mib),
        "objectcache": float(plan.limits.objectcache.max_memory_mib),
        "pagecache": float(plan.limits.pagecache.size_mib),
    }
    for service in platform.services:
        memory = np.array(service.memory_mib)
        there = (at >= since) & (memory > 0)
        yield Series(f"{MEMORY}{service.name}", "MiB", at[there], memory[there], service.memory_limit_mib, filling.get(service.name, 0.0))
        if service.open_files:
            files = np.array(service.open_files)
            there = (at >= since) & (files > 0)
            yield Series(f"open files of {service.name}", "files", at[there], files[there], float(service.open_files_limit))


def of_pages(times: Sequence[tuple[float, float]], limit_ms: float) -> Series:
    """Return the p95 of pages over time; ``times`` are the intended start (unix time) and the response (ms) of each."""
    ordered = sorted(times)
    parts = np.array_split(np.array(ordered), max(1, min(2 * BINS, len(ordered) // LEAST_PAGES))) if ordered else []
    found = [(float(np.mean(part[:, 0])), quantile(part[:, 1], P95)) for part in parts]
    return Series("p95 of all pages", "ms", np.array([at for at, _ in found]), np.array([p95 for _, p95 in found]), limit_ms)


def words(one: Growing) -> str:
    """Return in one line that something grows."""
    left = f": it would reach its limit of {one.limit:,.0f} {one.unit} in {one.days_left:.3g} days" if one.days_left is not None else ""
    return f"{one.what} grows by {one.per_day:,.3g} {one.unit} a day ({one.low:,.3g} to {one.high:,.3g}){left}"


def _round(value: float) -> float:
    return float(f"{value:.4g}")
