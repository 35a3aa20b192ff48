"""From levels to the capacity: the load at which each target is met just so, and the least of these. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy.optimize import brentq

from loadtests.capacity.level import Level
from loadtests.capacity.line import TAIL, Belief, Bracket, Estimate, Line, Point, line
from loadtests.capacity.pages import FREEDOM_MOST, page_targets
from loadtests.measure.intervals import share_low
from loadtests.steady.measured import MEMORY

BACKGROUND_DEVIATION = 0.03
"""What works without anybody there is known to 3 % of the cores."""
OTHERS_DEVIATION = 0.1
"""What others on the host use, to 10 %."""
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
    """Return the capacity; None where no level says anything of it."""
    targets = list(estimates(levels, known))
    return least(targets) if targets else None


def least(targets: Sequence[Target]) -> Answer:
    """Return the least of ``targets``, one and more.

    The least is above a load where all are: the lower end is where that has a probability of 97.5 %, the targets being
    taken as independent. The upper end is the least of theirs: no target carries more than it does alone.
    """
    targets = sorted(targets, key=lambda one: one.value)
    first, high = targets[0].value, min(one.interval[1] for one in targets)
    if first <= 0:
        return Answer(0.0, 0.0, high, tuple(targets))

    def below(load: float) -> float:
        return 1 - math.prod(1 - one.below(load) for one in targets) - TAIL

    lowest = min(one.interval[0] for one in targets) / 2
    low = float(brentq(below, lowest, first)) if below(lowest) < 0 < below(first) else lowest
    return Answer(first, low, max(first, high), tuple(targets))


def estimates(levels: Sequence[Level], known: Known) -> Iterator[Target]:
    """Yield the load at which each target is met just so."""
    sound = [one for one in levels if one.sound]
    if sound:
        yield from _processors(sound, known)
        host = used_line(sound, "host", Belief(0.0, OTHERS_DEVIATION))
        yield from page_targets(sound, host, known.page_p95_ms, known.cores)
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
    memory = [found.target for found in one.judgements if found.target.startswith(MEMORY) and found.answer == "missed"]
    ended = [one.span.ended] if one.span.ended and not errors else []
    return [*errors, *memory, *ended]
