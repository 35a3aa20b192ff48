"""What a load takes at each station, by the plan's demands (utilisation law). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from loadtests.calibrate.rows import REST, SERVICES
from loadtests.costs import MS, costs, demands_ms, planned
from loadtests.steady.predicted import background_cores
from sizing.plan import Plan

PROCESSORS: Final = "processors"
"""The whole platform: all of its services."""
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

    Empty where the plan holds no demands.
    """
    demands = demands_ms(plan)
    if not demands:
        return {}
    found = dict.fromkeys((*SERVICES, REST), 0.0)
    paid = [(rate, planned(plan, kind, moves.hits)) for kind, rate in rates.items()]
    for rate, each in (*paid, (looks, costs("probe", asks=True, missed=0.0, connections=0.0))):
        for station, names in each.items():
            more = moves.database if station == "database" else 1.0
            found[station] += rate * more * sum(times * demands.get(name, 0.0) for name, times in names.items()) / MS
    idle = background_cores(plan) or 0.0
    whole = {name: used + idle * IDLE[name] for name, used in found.items()}
    return {PROCESSORS: sum(whole.values()), **whole}
