"""Which level comes next, and when the answer is known. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from loadtests.capacity.estimate import Answer, Known, broken, load_of
from loadtests.capacity.level import Level

FIRST = 0.6
"""Of the predicted capacity, and no more than its lower end: low enough to be below the knee where the prediction is half as much again too high."""
PLACES = (0.95, 1.02, 0.88, 1.0)
"""Of the estimate, in turn: the crossing is known best where levels lie on both sides of it, mostly below."""
APPROACH = 0.9
GROW = 1.6
"""A level is at most so much higher than the highest that came to its end: what is far from all levels is hardly known."""
BACK = 0.9
"""Below a level that broke or that the generator did not keep up with."""
LOWEST = 0.02
"""Of the first level: where even that is too much, nobody can be let in."""
PRECISE = 0.05
LEAST_LEVELS = 3
NEAR = 0.85
MOST_SUFFERED, MOST_STARVED, MOST_BROKEN = 2, 3, 2
SUFFERED = "real first pages were slower than the target"
DIVERGED = "more and more requests were under way"
DOWN = "requests fail at loads that were carried before, or at any"


@dataclass(frozen=True)
class Bounds:
    """Shares of the plan's peak: the ``first`` level, and the most that may be driven, ``because`` of something."""

    first: float
    most: float = math.inf
    because: str = ""


@dataclass(frozen=True)
class Next:
    """What comes: a level of ``share`` of the plan's peak; 0: the end, ``why``."""

    share: float
    why: str = ""


def following(levels: Sequence[Level], found: Answer | None, known: Known, bounds: Bounds) -> Next:
    """Return what comes after ``levels``, from which the capacity is ``found``."""
    why = _given_up(levels, known) or _answered(levels, found, bounds)
    if why:
        return Next(0.0, why)
    share = min(_wanted(levels, found, bounds), bounds.most, ceiling(levels))
    return Next(share) if share >= LOWEST * bounds.first else Next(0.0, "even the lowest load is too much")


def ceiling(levels: Sequence[Level]) -> float:
    """Return the share above which no level may lie: below all that broke, and that the generator did not keep up with more than once."""
    highest = max((one.came for one in levels if one.sound), default=0.0)
    starved = [load_of(one) for one in levels if one.faults and load_of(one) > highest]
    broke = [load_of(one) for one in levels if one.span.ended]
    return BACK * min([*broke, *(starved if len(starved) > 1 else [])], default=math.inf)


def _wanted(levels: Sequence[Level], found: Answer | None, bounds: Bounds) -> float:
    sound = [one for one in levels if one.sound]
    if not levels:
        return bounds.first
    if not sound:
        return load_of(levels[-1]) / 2
    if found is None:
        return GROW * max(one.came for one in sound)
    if found.share <= 0:
        return min(one.came for one in sound) / 2
    place = APPROACH if len(sound) == 1 else PLACES[(len(sound) - 2) % len(PLACES)]
    return min(place * found.share, GROW * max(one.came for one in sound))


def _answered(levels: Sequence[Level], found: Answer | None, bounds: Bounds) -> str:
    """Return why the answer is known; '' where it is not."""
    sound = [one for one in levels if one.sound]
    if found is None or len(sound) < LEAST_LEVELS:
        return ""
    near = any(NEAR * found.share <= one.came <= found.share / NEAR for one in sound)
    if near and found.half_width <= PRECISE:
        return f"the answer is known within ± {found.half_width:.1%}"
    at_most = [one for one in sound if one.span.asked >= BACK * bounds.most]
    if len(at_most) >= LEAST_LEVELS and found.low > bounds.most:
        return f"the capacity is above the most that may be driven: {bounds.because}"
    return ""


def _given_up(levels: Sequence[Level], known: Known) -> str:
    """Return why no level follows whatever is known; '' where one may."""
    if sum(one.span.ended == SUFFERED for one in levels) >= MOST_SUFFERED:
        return f"aborted: {SUFFERED}, twice"
    if in_a_row([bool(one.faults) for one in levels]) >= MOST_STARVED:
        return "the load generator was the bottleneck at every load that was tried"
    if down(levels, known):
        return DOWN
    return ""


def down(levels: Sequence[Level], known: Known) -> bool:
    """Tell whether the platform fails whatever the load: errors in two levels in a row, or at a load below one that was carried before."""
    failing = ["errors" in broken(one, known) for one in levels]
    carried = max((one.came for one, broke in zip(levels, failing, strict=True) if one.sound and not broke), default=0.0)
    return in_a_row(failing) >= MOST_BROKEN or (failing[-1:] == [True] and load_of(levels[-1]) < BACK * carried)


def in_a_row(these: Sequence[bool]) -> int:
    """Return how many of the last are true."""
    return len(list(takewhile(bool, reversed(these))))
