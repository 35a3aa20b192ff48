"""What the plan says of the load that a test drives."""

from loadtests.steady.workload import Workload
from sizing.plan import Plan
from sizing.workload import CACHED, STATIC


def processors(plan: Plan, workload: Workload, cores: int) -> float | None:
    """Return the utilisation (0..1) of ``cores``; None where the plan holds no demands.

    By the utilisation law: the sum of rates times demands, and the background. The page cache answers what the plan says
    it does; the database's crowding is left out (it matters near saturation).
    """
    numbers = {one.name: one.value for one in plan.assumptions if isinstance(one.value, float | int)}
    background = numbers.get("background_cores")
    if background is None or not any(name.startswith("demand.") for name in numbers):
        return None
    hit = plan.response.hit_ratio.get("page cache", 0.0) if plan.response else 0.0

    def cpu_ms(kind: str) -> float:
        edge = sum(numbers.get(f"demand.any.{part}", 0.0) for part in (("frontdoor",) if kind in STATIC else ("frontdoor", "pagecache")))
        own = sum(numbers.get(f"demand.{kind}.{part}", 0.0) for part in ("php", "database", "nginx"))
        return edge + own * (1 - hit if kind in CACHED else 1.0)

    busy = sum(rate * cpu_ms(kind) / 1000 for kind, rate in workload.per_second.items()) * numbers.get("demand_scale", 1.0)
    return round((busy + background) / cores, 4)
