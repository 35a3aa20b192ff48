"""A test of scaling as what it is: a search for the capacity at each step, of the plan with so many cores or replicas. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from loadtests.accuracy.prediction import Asked
from loadtests.capacity.measured import Capacity
from loadtests.scale.measured import By, Step
from loadtests.scale.verdict import counted
from loadtests.verdict import Result
from sizing.plan import Plan


def steps(asked: Asked, result: Result) -> Iterator[tuple[Asked, Result]]:
    """Yield the searches of a test of scaling, each with the plan as it was confined; any other result as it is."""
    found = result.scale
    if found is None:
        yield asked, result
        return
    for step in found.steps:
        if step.capacity is not None and not step.faults:
            yield _kept(asked, found.by, step.number), _search(result, step, step.capacity, f"{result.scenario}: {counted(step.number, found.by)}")


def _kept(asked: Asked, by: By, number: int) -> Asked:
    """Return the plan, and its model where it can be asked, with ``number`` cores or replicas."""
    plan = confined(asked.plan, by, number)
    return replace(asked, plan=plan, model=asked.model.kept_to(plan) if asked.model else None)


def confined(plan: Plan, by: By, number: int) -> Plan:
    """Return ``plan`` with so many cores, or so many replicas of blogs and wiki."""
    if by == "cores":
        return plan.model_copy(update={"servers": (plan.servers[0].model_copy(update={"cores": number}), *plan.servers[1:])})
    web = {role: getattr(plan.limits, role).model_copy(update={"replicas": number}) for role in ("blogs", "wiki")}
    return plan.model_copy(update={"limits": plan.limits.model_copy(update=web)})


def _search(result: Result, step: Step, found: Capacity, scenario: str) -> Result:
    """Return the search of one step as a result of its own; a generator with cores of its own took none of the platform's."""
    levels = tuple(one.model_copy(update={"generator": one.generator.model_copy(update={"cpu_mean": 0.0})}) for one in found.levels)
    seconds = max((one.open_at + one.warm_up_s + one.measured_s for one in found.levels), default=0.0) - min((one.open_at for one in found.levels), default=0.0)
    told = found.model_copy(update={"levels": levels}) if step.apart else found
    return result.model_copy(update={"scenario": scenario, "capacity": told, "scale": None, "duration_s": seconds})
