"""The capacity, and the demands of a calibration, in both results. Pure."""

from collections.abc import Iterator

from loadtests.calibrate.measured import Calibrated, DemandFound
from loadtests.capacity.measured import Capacity, Extent
from loadtests.compare.chance import of_intervals
from loadtests.compare.pair import Pair
from loadtests.measure.intervals import Interval

TOLD = 0.5
"""Of what was not known before: a number of which the measurement told less is mostly the plan's, in both."""


def capacities(before: Capacity, after: Capacity) -> Iterator[Pair]:
    """Yield the capacity, then the load up to which each target is met that both have."""
    if before.people and after.people:
        yield _people("capacity", before.people, after.people)
    there = {one.target: one.people for one in before.targets}
    for one in after.targets:
        if one.target in there:
            yield _people(f"{one.target} is met up to", there[one.target], one.people)


def _people(what: str, before: Extent, after: Extent) -> Pair:
    return Pair(what, "people", before.value, after.value, of_intervals(_interval(before), _interval(after)), larger_is_worse=False)


def _interval(one: Extent | DemandFound) -> Interval:
    return Interval(one.value, one.low, one.high, "as the result holds it")


def demands(before: Calibrated, after: Calibrated) -> Iterator[Pair]:
    """Yield one request of the plan's mix, then each number that both measured."""
    there = {one.name: one for one in _told(before)}
    for one in _told(after):
        if one.name in there:
            old = there[one.name]
            yield Pair(one.name, one.unit, old.value, one.value, of_intervals(_interval(old), _interval(one)))


def _told(found: Calibrated) -> list[DemandFound]:
    return [one for one in (*((found.mix,) if found.mix else ()), *found.numbers) if one.told >= TOLD]
