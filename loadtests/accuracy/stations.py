"""What a load takes at each station, by the plan's demands (utilisation law). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from loadtests.calibrate.rows import REST, SERVICES
from loadtests.steady.predicted import background_cores, speed
from sizing.plan import Plan
from sizing.workload import CACHED, STATIC, WIKI

PROCESSORS: Final = "processors"
"""The whole platform: all of its services."""
MS: Final = 1000.0
IDLE: Final = {"frontdoor": 0.11, "pagecache": 0.05, "blogs": 0.09, "wiki": 0.09, "database": 0.40, REST: 0.26}
"""Parts of the background, where the plan does not tell them (measured: a calibration's level without anybody, 2026-11-29, two cores)."""


@dataclass(frozen=True)
class Moves:
    """What moves with the load: the share that the page cache answers, and how many times its demand a request takes in the database."""

    hits: float
    database: float = 1.0


def at_peak(plan: Plan) -> Moves:
    """Return the plan's own, at its peak."""
    return Moves(plan.response.hit_ratio.get("page cache", 0.0) if plan.response else 0.0)


def cores(plan: Plan, rates: Mapping[str, float], looks: float, moves: Moves) -> dict[str, float]:
    """Return the cores that each station uses under ``rates`` (requests a second by class) and ``looks`` at first pages, and all together.

    Empty where the plan holds no demands. As ``sizing.network`` counts them: what is cached passes the front door twice where the
    cache does not hold it.
    """
    numbers = {one.name: float(one.value) for one in plan.assumptions if isinstance(one.value, float | int)}
    if not any(name.startswith("demand.") for name in numbers):
        return {}
    scale = numbers.get("demand_scale", 1.0) / speed(plan) / MS
    found = dict.fromkeys((*SERVICES, REST), 0.0)

    def add(station: str, rate: float, *names: str) -> None:
        found[station] += rate * scale * sum(numbers.get(f"demand.{name}", 0.0) for name in names)

    for kind, rate in rates.items():
        missed = rate * (1 - moves.hits) if kind in CACHED else rate
        add("frontdoor", rate + (missed if kind in CACHED else 0.0), "any.frontdoor")
        add("pagecache", rate if kind in CACHED else 0.0, "any.pagecache")
        add("wiki" if kind in WIKI else "blogs", missed, f"{kind}.nginx" if kind in STATIC else f"{kind}.php")
        add("database", missed * moves.database, f"{kind}.database")
    add("frontdoor", looks, "any.frontdoor")
    add("pagecache", looks, "any.pagecache")
    idle = background_cores(plan) or 0.0
    whole = {name: used + idle * IDLE[name] for name, used in found.items()}
    return {PROCESSORS: sum(whole.values()), **whole}
