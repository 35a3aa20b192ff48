"""What the plan says of the load that a test drives."""

from loadtests import costs
from loadtests.steady.workload import Workload
from sizing.plan import Plan


def processors(plan: Plan, workload: Workload, cores: int) -> float | None:
    """Return the utilisation (0..1) of ``cores``; None where the plan holds no demands.

    By the utilisation law: the sum of rates times demands, and the background. The page cache answers what the plan says
    it does; the database's crowding is left out (it matters near saturation).
    """
    background, each = background_cores(plan), work_ms(plan)
    if background is None or not each:
        return None
    busy = sum(rate * each[kind] / 1000 for kind, rate in workload.per_second.items())
    return round((busy + background) / cores, 4)


def background_cores(plan: Plan) -> float | None:
    """Return the cores that work without anybody there; None where the plan does not say."""
    cores = next((one.value for one in plan.assumptions if one.name == "background_cores"), None)
    return float(cores) / costs.speed(plan) if isinstance(cores, float | int) else None


def work_ms(plan: Plan) -> dict[str, float]:
    """Return the processor time (ms) of one request of each class of the peak; empty where the plan holds no demands."""
    return costs.work_ms(plan, plan.peak.by_class, costs.hits(plan))
