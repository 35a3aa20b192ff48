"""The load at which the p95 of pages meets its target: its logarithm is a line in the crowding at the processors. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from loadtests.capacity.crowding import FULL, busy_at, crowding, steepness
from loadtests.capacity.level import ALL_PAGES, Level, p95
from loadtests.capacity.line import Belief, Bracket, Estimate, Line, Point, line
from loadtests.steady import analysis
from loadtests.steady.record import felt_ms

LEAST_PAGES = 400
"""A class of pages has a target of its own from so many requests on (ten batches of forty); fewer are judged with all pages."""
CONTRADICTED = 0.75
"""A level that missed below this part of the load that the line says: chance does not do that."""
SLOPE = Belief(1.0, 0.3)
"""The p95 grows as the mean does where processors are shared by all (PS: response in proportion to demand at every load); less where
a part of it is no work of processors, more where rare long requests decide."""
FREEDOM = 9
FREEDOM_MOST = 200.0
LEAST_VARIANCE = 1e-8
LEAST_BUSY = 0.01
"""Of the cores: where less may be used, pages alone take longer than the target."""
VAGUEST = 3.0
"""A factor of 20, one standard error: no more need be said of what is not known."""


@dataclass(frozen=True)
class Bend:
    """ln p95 (ms) = ``height`` + ``slope`` · (crowding - ``middle``); variances of both, taken at the middle, where they are independent."""

    middle: float
    height: float
    slope: float
    height_variance: float
    slope_variance: float
    freedom: float

    def met(self, target: str, limit_ms: float, host: Line, cores: int) -> Iterator[Estimate]:
        """Yield the load at which ``limit_ms`` is met just so (delta method); nothing where it is met up to saturation.

        ``host`` is how busy the cores are at which load.
        """
        if self.slope <= 0 or host.slope <= 0:
            return
        beyond = (math.log(limit_ms) - self.height) / self.slope
        busy = busy_at(cores, self.middle + beyond)
        load = (busy - host.base) / host.slope
        if busy >= FULL:
            return
        if busy - host.base <= LEAST_BUSY:
            yield Estimate(target, 0.0, 0.0, self.freedom)
            return
        by_crowding = 1 / steepness(cores, busy) / host.slope / load
        variance = by_crowding**2 * (self.height_variance + beyond**2 * self.slope_variance) / self.slope**2
        variance += host.variance(-1 / host.slope / load, -1 / host.slope)
        yield Estimate(target, load, min(VAGUEST, math.sqrt(variance)), min(self.freedom, host.freedom))


def page_targets(levels: Sequence[Level], host: Line, limit_ms: float, cores: int) -> Iterator[Estimate | Bracket]:
    """Yield the load at which the target is met just so, for all pages and for each class that has enough of them."""
    inside = [one for one in levels if one.late is not None]
    bend = all_pages(inside, cores)
    if bend is None:
        return
    every = list(bend.met(f"p95 of {ALL_PAGES}", limit_ms, host, cores))
    yield from every
    yield from _contradicted(inside, min((one.value for one in every), default=math.inf))
    for name in sorted({sample.request_class for one in inside for sample in one.samples if analysis.is_page(sample)}):
        own = _class(inside, name, bend, cores)
        if own is not None:
            yield from own.met(f"p95 of {name}", limit_ms, host, cores)


def all_pages(levels: Sequence[Level], cores: int) -> Bend | None:
    """Return the line through the levels' p95; the variance of each falls with the pages and grows with how much they wait for each other."""
    seen = [(crowding(cores, one.mean("host")), one.late) for one in levels if one.late is not None]
    if not seen:
        return None
    weights = [math.exp(2 * x) / late.number for x, late in seen]
    scale = float(np.mean([late.error**2 / weight for (_, late), weight in zip(seen, weights, strict=True)]))
    middle = float(np.average([x for x, _ in seen], weights=[1 / weight for weight in weights]))
    points = [Point(x - middle, math.log(late.p95_ms), max(LEAST_VARIANCE, scale * weight)) for (x, late), weight in zip(seen, weights, strict=True)]
    found = line(points, Belief(), SLOPE, min(FREEDOM_MOST, FREEDOM * len(seen)))
    return Bend(middle, found.base, found.slope, float(found.covariance[0, 0]), float(found.covariance[1, 1]), found.freedom)


def _class(levels: Sequence[Level], name: str, bend: Bend, cores: int) -> Bend | None:
    """Return the line of a class, as steep as that of all pages, its height from the class's pages of all levels, each as it would be in the middle.

    Where processors are shared all classes are stretched alike; so few pages in each level suffice.
    """
    there: list[float] = []
    for one in levels:
        stretched = math.exp(bend.slope * (crowding(cores, one.mean("host")) - bend.middle))
        there += [felt_ms(sample) / stretched for sample in one.samples if sample.request_class == name]
    late = p95(there) if len(there) >= LEAST_PAGES else None
    if late is None:
        return None
    return Bend(bend.middle, math.log(late.p95_ms), bend.slope, max(LEAST_VARIANCE, late.error**2), bend.slope_variance, FREEDOM)


def _contradicted(levels: Sequence[Level], value: float) -> Iterator[Bracket]:
    """Yield where the p95 of all pages is met, where a level missed it surely though the line puts that much higher (``value``).

    Then it is not the processors that pages wait for.
    """

    def loads(answer: str) -> list[float]:
        return [one.came for one in levels if one.judgements and one.judgements[0].answer == answer]

    high = min(loads("missed"), default=math.inf)
    if high < CONTRADICTED * value:
        yield Bracket(f"p95 of {ALL_PAGES}", max((load for load in loads("met") if load < high), default=0.0), high)
