"""Searches at so many cores or replicas that never were."""

from dataclasses import replace
from functools import cache
from typing import Any

from loadtests.capacity.findings import outcome
from loadtests.capacity.measured import Capacity, Extent
from loadtests.capacity.verdict import NOT_REACHED, UNDECIDED
from loadtests.perform import Outcome
from loadtests.scale.findings import Searched
from loadtests.scale.findings import outcome as comes_to
from loadtests.scale.measured import Scale
from loadtests.scale.usl import Law
from tests.unit.loadtests.capacity.seen import facts
from tests.unit.loadtests.steady.peaks import plan

PEOPLE = 400


@cache
def base() -> Outcome:
    """A search on two cores."""
    return outcome(facts(1.4, 2.5, 2.7))


def extent(value: float, wide: float = 0.04) -> Extent:
    return Extent(value=value, low=value * (1 - wide), high=value * (1 + wide))


def through(law: Law, *numbers: int, wide: float = 0.04) -> dict[int, Extent]:
    return {number: extent(law.at(number), wide) for number in numbers}


def found(people: float, wide: float = 0.04, binding: str = "processors", busy: float = 0.9) -> Outcome:
    """What a search came to that found ``people``."""
    share = extent(people / PEOPLE, wide)
    whole = base().capacity
    assert isinstance(whole, Capacity)
    levels = tuple(one.model_copy(update={"share": share.value, "host_cpu": busy}) for one in whole.levels)
    told = whole.model_copy(update={"share": share, "people": extent(people, wide), "binding": binding, "levels": levels})
    if share.low >= 1:
        return replace(base(), verdict="passed", reasons=(), capacity=told)
    if share.high < 1:
        return replace(base(), verdict="failed", reasons=(NOT_REACHED,), capacity=told)
    return replace(base(), verdict="invalid", reasons=(UNDECIDED,), capacity=told)


def searched(number: int, people: float, *, apart: bool = True, faults: tuple[str, ...] = (), **more: Any) -> Searched:  # noqa: ANN401 - any of a search
    return Searched(number, tuple(range(number)), apart, round(people), faults, found(people, **more))


def scaled(*steps: Searched, **more: Any) -> Scale:  # noqa: ANN401 - any of the facts
    whole = told(*steps, **more).scale
    assert whole is not None
    return whole


def told(*steps: Searched, **more: Any) -> Outcome:  # noqa: ANN401 - any of the facts
    from loadtests.scale.findings import Facts  # noqa: PLC0415 - its name is another's, too

    assert plan().people == PEOPLE
    return comes_to(Facts(**{"plan": plan(), "by": "cores", "cores": 4, "searched": steps, **more}))
