"""What is believed of the demands before anything was measured: the plan's numbers, and how far they may be off elsewhere. Pure."""

import math
from collections.abc import Iterable

from loadtests.calibrate.regression import Belief, Prior
from loadtests.calibrate.rows import REST, SERVICES, WIKI_STYLES
from loadtests.costs import MS, demands_ms
from loadtests.steady.predicted import background_cores
from sizing.evidence import NORMAL_95
from sizing.plan import Plan

OWN = 0.4
"""Of a demand: how far the company's own pages, plugins and versions move one class against the others (assumption)."""
BACKGROUND = 3.0
"""Of a service's part of the background, which is little: the level without arrivals tells it."""
STYLES_TIMES, STYLES = 5.0, 2.0
"""PHP makes the wiki's styles: some times the work of a file (assumption)."""
COMMON = ("demand_scale", "score_error")
"""What is the same for all demands: the company's pages, and how well a score tells the machine."""
LEAST_BACKGROUND = 0.01


def belief(plan: Plan, services: Iterable[str]) -> Belief:
    """Return the demands (seconds of a core of this machine) and backgrounds (cores) that the plan stands on."""
    demands = {name: Prior(value / MS, OWN) for name, value in demands_ms(plan).items()}
    if "demand.asset.nginx" in demands:
        demands[WIKI_STYLES] = Prior(STYLES_TIMES * demands["demand.asset.nginx"].value, STYLES)
    groups = sorted({*SERVICES, REST, *services})
    each = max(LEAST_BACKGROUND, background_cores(plan) or 0.0) / len(groups)
    return Belief(demands, dict.fromkeys(groups, Prior(each, BACKGROUND)), _common(plan))


def _common(plan: Plan) -> float:
    """Return the relative standard deviation of the factor that all demands share, from the plan's own intervals (5 % to 95 %)."""
    widths = [
        math.log(one.high / one.low) / 2 / NORMAL_95
        for one in plan.assumptions
        if one.name in COMMON and one.low is not None and one.high is not None and one.low
    ]
    return math.hypot(*widths) or OWN
