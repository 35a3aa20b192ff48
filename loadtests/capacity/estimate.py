"""From levels to the capacity: the load at which each target is met just so, and the least of these. Pure."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from loadtests.capacity.crowding import FULL, busy_at, crowding, steepness
from loadtests.capacity.level import ALL_PAGES, Level
from loadtests.capacity.line import TAIL, Belief, Bracket, Estimate, Line, Point, line
from loadtests.measure.intervals import share_low

LEAST_PAGES = 400
"""A class of pages has a target of its own from so many requests on (ten batches of forty); fewer are judged with all pages."""
BACKGROUND_DEVIATION = 0.03
"""What works without anybody there is known to 3 % of the cores."""
OTHERS_DEVIATION = 0.1
"""What others on the host use, to 10 %."""
SLOPE = Belief(1.0, 0.3)
"""The p95 grows as the mean does where processors are shared by all (PS: response in proportion to demand at every load); less where
a part of it is no work of processors, more where rare long requests decide."""
FREEDOM_MOST = 200.0
LEAST_FAILED = 2
SEEN_S = 15.0
Target = Estimate | Bracket


@dataclass(frozen=True)
class Known:
    """What is known beforehand: targets, cores, the share of them that works without anybody there (0: not known)."""

    page_p95_ms: float
    cpu_limit: float
    rejected_limit: float
    cores: int
    background: float


@dataclass(frozen=True)
class Answer:
    """The capacity as a share of the plan's peak, its 95 % interval, and each target's own, the one that gives first being the first."""

    share: float
    low: float
    high: float
    targets: tuple[Target, ...]

    @property
    def binding(self) -> str:
        """The target that gives first."""
        return self.targets[0].target

    @property
    def half_width(self) -> float:
        """Half of the interval's width, relative."""
        return (self.high - self.low) / 2 / self.share if self.share > 0 else math.inf


def answer(levels: Sequence[Level], known: Known) -> Answer | None:
    """Return the capacity; None where no level says anything of it.

    The interval is that of the least of several numbers of which each has its distribution: the least is above a load
    where all of them are (taken as independent).
    """
    targets = sorted(estimates(levels, known), key=lambda one: one.value)
    if not targets:
        return None
    if targets[0].value <= 0:
        return Answer(0.0, 0.0, max(0.0, targets[0].interval[1]), tuple(targets))

    def below(load: float) -> float:
        return 1 - math.prod(1 - one.below(load) for one in targets)

    low, high = (_quantile(below, share, targets) for share in (TAIL, 1 - TAIL))
    return Answer(targets[0].value, min(low, targets[0].value), max(high, targets[0].value), tuple(targets))


def _quantile(below: Callable[[float], float], share: float, targets: Sequence[Target]) -> float:
    least = max(1e-9, min(one.interval[0] for one in targets) / 4)
    most = max(one.interval[1] for one in targets) * 4
    return float(brentq(lambda load: below(load) - share, least, most)) if below(least) < share < below(most) else least


def estimates(levels: Sequence[Level], known: Known) -> Iterator[Target]:
    """Yield the load at which each target is met just so."""
    sound = [one for one in levels if one.sound]
    if sound:
        yield from _processors(sound, known)
        host = used_line(sound, "host", Belief(0.0, OTHERS_DEVIATION))
        for name in (ALL_PAGES, *sorted({name for one in sound for name in one.pages} - {ALL_PAGES})):
            if name == ALL_PAGES or sum(one.pages[name].number for one in sound if name in one.pages) >= LEAST_PAGES:
                yield from _pages(sound, name, host, known)
    yield from brackets(levels, known)


def used_line(levels: Sequence[Level], what: str, background: Belief) -> Line:
    """Return the share of the cores that works (``what``: 'used' or 'host') as a line in the load that came (utilisation law).

    The variance of what is used at a given load grows with the load and falls with time: that of sums of independent
    demands. It is taken from the batches of all levels, about the ratio of each.
    """
    left, freedom = 0.0, 0
    for one in levels:
        ratio = one.mean(what) / one.came
        parts = [(getattr(batch, what) - ratio * batch.came) ** 2 / max(batch.came, one.came / 4) for batch in one.batches]
        left += sum(parts) * one.span.seconds / len(one.batches)
        freedom += len(one.batches) - 1
    spread = max(1e-12, left / max(1, freedom))
    points = [Point(one.came, one.mean(what), spread * one.came / one.span.seconds) for one in levels]
    return line(points, background, Belief(), min(FREEDOM_MOST, max(1, freedom)))


def _processors(levels: Sequence[Level], known: Known) -> Iterator[Target]:
    used = used_line(levels, "used", Belief(known.background, BACKGROUND_DEVIATION))
    room = known.cpu_limit - used.base
    if used.slope > 0 and room > 0 and any(one.mean("used") > 0 for one in levels):
        yield Estimate("processors", room / used.slope, math.sqrt(used.variance(-1 / room, -1 / used.slope)), used.freedom)


def _pages(levels: Sequence[Level], name: str, host: Line, known: Known) -> Iterator[Target]:
    """Yield where the p95 of a kind of pages meets the target: its logarithm is a line in the crowding at the processors."""
    inside = [one for one in levels if name in one.pages]
    if not inside or host.slope <= 0:
        return
    freedom = sum(9 if one.pages[name].interval.method == "batch quantiles" else 30 for one in inside)
    found = line(_crowded(inside, name, known.cores), Belief(), SLOPE, min(FREEDOM_MOST, freedom))
    wanted = (math.log(known.page_p95_ms) - found.base) / found.slope if found.slope > 0 else math.inf
    busy = busy_at(known.cores, wanted)
    load = (busy - host.base) / host.slope
    if busy >= FULL:
        return
    if load <= 0:
        yield Estimate(f"p95 of {name}", 0.0, 0.0, found.freedom)
        return
    by_wanted = 1 / steepness(known.cores, busy) / host.slope / load
    variance = by_wanted**2 * found.variance(-1 / found.slope, -wanted / found.slope)
    variance += host.variance(-1 / host.slope / load, -1 / host.slope)
    yield Estimate(f"p95 of {name}", load, math.sqrt(variance), min(found.freedom, host.freedom))


def _crowded(levels: Sequence[Level], name: str, cores: int) -> list[Point]:
    """Return the logarithms of p95 against crowding; the variance of each falls with the pages and grows with how much they wait for each other."""
    x = [crowding(cores, one.mean("host")) for one in levels]
    weights = [math.exp(2 * at) / one.pages[name].number for at, one in zip(x, levels, strict=True)]
    scale = float(np.mean([one.pages[name].error ** 2 / weight for one, weight in zip(levels, weights, strict=True)]))
    return [Point(at, math.log(one.pages[name].p95_ms), max(1e-8, scale * weight)) for at, one, weight in zip(x, levels, weights, strict=True)]


def brackets(levels: Sequence[Level], known: Known) -> Iterator[Bracket]:
    """Yield targets that were missed at a level and of which no line tells where they are met: errors, memory, real pages, a queue that grows without end."""
    missed = [(one, why) for one in levels if not one.faults for why in broken(one, known)]
    for why in dict.fromkeys(why for _, why in missed):
        high = min(load_of(one) for one, other in missed if other == why)
        held = [one.came for one in levels if one.sound and why not in broken(one, known) and one.came < high]
        yield Bracket(why, max(held, default=0.0), high)


def load_of(one: Level) -> float:
    """Return the load of a level: what came, or where too little of it was seen what was asked (shares of the plan's peak)."""
    return one.came if one.span.seconds >= SEEN_S and one.came > 0 else one.span.asked


def broken(one: Level, known: Known) -> list[str]:
    """Return what was surely missed at a level, of the targets that break rather than bend."""
    number = len(one.everything)
    errors = ["errors"] if one.failed >= LEAST_FAILED and share_low(one.failed, number) > known.rejected_limit else []
    memory = [found.target for found in one.judgements if found.target.startswith("memory of ") and found.answer == "missed"]
    ended = [one.span.ended] if one.span.ended and not errors else []
    return [*errors, *memory, *ended]


def reworded(found: Target, factor: float) -> Target:
    """Return an estimate in another unit: ``factor`` times the load."""
    if isinstance(found, Bracket):
        return replace(found, low=found.low * factor, high=found.high * factor)
    return replace(found, value=found.value * factor)
