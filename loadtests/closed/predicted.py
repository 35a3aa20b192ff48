"""What the closed queueing model says of so many people: how much they ask for together. Pure."""

from loadtests.steady.predicted import background_cores, work_ms
from loadtests.steady.workload import Workload
from sizing.plan import Plan
from sizing.queueing import machine_repairman

MS_PER_S = 1000.0


def visit_s(workload: Workload) -> float:
    """Return how long a visit lasts on the mean where every answer comes at once: the time after each page, and after a sign-in."""
    return workload.think_time_s * (workload.pages + workload.signed_in * workload.sign_ins)


def at_once(workload: Workload) -> float:
    """Return how many people are there at once at a workload where every answer comes at once (Little, 1961)."""
    return workload.visits_per_second * visit_s(workload)


def most(workload: Workload, people: int) -> Workload:
    """Return what so many people ask for where every answer comes at once: never more."""
    return workload.scaled(people / at_once(workload))


def asked(plan: Plan, workload: Workload, people: int, cores: int) -> Workload:
    """Return what so many people ask for, at the platform that the plan speaks of, on ``cores``.

    The machine repairman (Palm, 1947), exact for any distributions where cores are shared: a person is away for the time of
    a visit and needs its processor time by the plan, of cores that the background leaves. Whatever else they wait for (disk,
    locks) is left out. Where the plan holds no demands, as if every answer came at once.
    """
    each = work_ms(plan)
    background = background_cores(plan) or 0.0
    left = max(1e-9, 1 - background / cores)
    demand_s = sum(rate * each.get(kind, 0.0) for kind, rate in workload.per_second.items()) / workload.visits_per_second / MS_PER_S / left
    visits = float(machine_repairman(people, visit_s(workload), demand_s, cores).throughput[0])
    return workload.scaled(visits / workload.visits_per_second)
