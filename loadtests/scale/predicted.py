"""What the plan says of so many cores or replicas, scaled from what it says of the whole: where a search begins. Pure."""

import math

from loadtests.capacity.findings import of_load
from loadtests.scale.measured import By
from loadtests.steady.predicted import background_cores
from loadtests.steady.workload import assumption
from sizing.plan import Plan, Served

LEAST_ROOM = 0.1
"""Of the limit: what works without anybody there never leaves less than this for people."""
FARTHEST = 10.0


def factor(plan: Plan, by: By, number: int, hosts: int = 0) -> float:
    """Return how much of the plan's capacity so many carry.

    Of cores: the room that the limit of the processors leaves beside what works without anybody there (utilisation law). Of replicas:
    their part, and no more than all, since they share one machine; where each has one of ``hosts`` (0: they share one) that is their part, too.
    """
    if by == "replicas":
        return min(1.0, number / (hosts or max(plan.limits.blogs.replicas, plan.limits.wiki.replicas)))
    return _room(plan, number) / _room(plan, plan.servers[0].cores)


def _room(plan: Plan, cores: int) -> float:
    limit = assumption(plan, "cpu_limit") * cores
    return max(LEAST_ROOM * limit, limit - (background_cores(plan) or 0.0))


def served(plan: Plan, times: float) -> Served:
    """Return what the plan says of a load test, so many times."""
    said = of_load(plan)
    low, middle, high = (max(1, round(value * times)) for value in (said.low, said.people, said.high))
    return Served(people=middle, low=low, high=high, first_to_give=said.first_to_give)


def learnt(measured: float, predicted: int) -> float:
    """Return how many times the plan's number a step measured: the next one begins from there."""
    return min(FARTHEST, max(1 / FARTHEST, measured / predicted)) if measured > 0 and math.isfinite(measured) else 1.0
