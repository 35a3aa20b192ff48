"""What the plan says of the load that a test drives."""

from loadtests.steady.workload import Workload
from sizing.plan import Plan
from sizing.workload import CACHED, STATIC


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
    cores = _numbers(plan).get("background_cores")
    return None if cores is None else cores / speed(plan)


def speed(plan: Plan) -> float:
    """Return the score of a core of the plan's machine, against which its demands are told; 1 where none is stated."""
    return plan.servers[0].speed or 1.0


def work_ms(plan: Plan) -> dict[str, float]:
    """Return the processor time (ms) of one request of each class of the peak; empty where the plan holds no demands."""
    numbers = _numbers(plan)
    if not any(name.startswith("demand.") for name in numbers):
        return {}
    hit = plan.response.hit_ratio.get("page cache", 0.0) if plan.response else 0.0

    def cpu_ms(kind: str) -> float:
        edge = sum(numbers.get(f"demand.any.{part}", 0.0) for part in (("frontdoor",) if kind in STATIC else ("frontdoor", "pagecache")))
        own = sum(numbers.get(f"demand.{kind}.{part}", 0.0) for part in ("php", "database", "nginx"))
        return edge + own * (1 - hit if kind in CACHED else 1.0)

    return {kind: cpu_ms(kind) * numbers.get("demand_scale", 1.0) / speed(plan) for kind in plan.peak.by_class}


def _numbers(plan: Plan) -> dict[str, float]:
    return {one.name: one.value for one in plan.assumptions if isinstance(one.value, float | int)}
