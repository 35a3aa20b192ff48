"""How much requests of one class differ from each other, from the times of the level in which they hindered each other least. Pure."""

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Final

from loadtests.calibrate.measured import VariationFound
from loadtests.capacity.level import Level
from loadtests.measure.intervals import quantile, quantile_interval
from loadtests.steady.record import HITS
from sizing.demands import CLASSES
from sizing.figures import rounded
from sizing.workload import STATIC

LEAST: Final = 100
"""Requests of a class in a level: of fewer the interval of the p95 reaches to the slowest."""
Z_95: Final = 1.6448536269514722
SMALLEST: Final = 0.01


def variations(levels: Sequence[Level]) -> tuple[VariationFound, ...]:
    """Return the coefficient of variation of each class that one of ``levels`` holds enough requests of.

    Of what the page cache answers only the misses count, of files none: what others make them wait is all there is. The level with the
    least busy processors is taken: waiting is not told apart from a page's own work, and adds about 0.01 to the square at a fifth of two cores.
    """
    return tuple(_variations(sorted((one for one in levels if one.batches), key=lambda one: one.mean("host"))))


def _variations(levels: Sequence[Level]) -> Iterator[VariationFound]:
    for kind in (one for one in CLASSES if one not in STATIC):
        told = ((one.span.number, _times(one, kind)) for one in levels)
        level, times = next(((number, times) for number, times in told if len(times) >= LEAST), (0, []))
        p95 = quantile_interval(times, 0.95) if level else None
        if p95 is not None and (half := quantile(times, 0.5)) > 0:
            value, low, high = (rounded(of_ratio(one / half)) for one in (p95.value, p95.low, p95.high))
            yield VariationFound(request_class=kind, value=value, low=low, high=high, requests=len(times), level=level)


def _times(level: Level, kind: str) -> list[float]:
    """Return what requests of a class took (ms), in order of time; not those that failed or the page cache answered."""
    mine = (one for one in level.samples if one.request_class == kind and not one.kind and one.cache not in HITS)
    return [one.waited_ms for one in sorted(mine, key=lambda one: one.at)]


def of_ratio(ratio: float) -> float:
    """Return the coefficient of variation of the gamma distribution whose 95 % quantile is ``ratio`` times its median: 0.01 to 3.

    By the cube root that makes a gamma nearly normal (Wilson and Hilferty, 1931). Not by the standard deviation: one stall in hundreds of
    requests would be most of it.
    """
    reach = max(ratio, 1.0) ** (1 / 3) - 1
    slope = Z_95 / 3
    found = (sqrt(slope**2 + 4 * reach**2 / 9) - slope) * 4.5 / reach if reach > 0 else 0.0
    return max(SMALLEST, found)
