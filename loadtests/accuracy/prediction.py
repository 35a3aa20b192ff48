"""What a plan predicts at the load that came. Pure."""

from dataclasses import dataclass
from math import exp
from typing import Final

from loadtests.accuracy.binding import planned
from loadtests.accuracy.cases import Case
from loadtests.accuracy.model import Beside, Model
from loadtests.accuracy.record import Numbers
from loadtests.accuracy.stations import PROCESSORS, at_peak, cores
from loadtests.capacity.crowding import crowding
from loadtests.capacity.findings import of_load
from sizing.figures import rounded
from sizing.plan import Plan
from sizing.workload import PAGES

BY_MODEL: Final = "the plan's model, solved at this load"


@dataclass(frozen=True)
class Asked:
    """A plan and, where it can be asked, its model; ``why_not`` is why it cannot."""

    plan: Plan
    model: Model | None = None
    why_not: str = ""

    @property
    def words(self) -> str:
        """How it is asked."""
        return BY_MODEL if self.model else f"the plan's peak, moved by the crowding of the cores ({self.why_not})"


def predicted(asked: Asked, case: Case) -> Numbers:
    """Return what the plan says of what the case measured, at the load that came."""
    if case.measured.people is not None:
        if asked.model is None:
            said = of_load(asked.plan)
            return Numbers(people=said.people, binding=planned(said.first_to_give))
        most = asked.model.most(Beside(case.load.generator_cores / case.load.share if case.load.share else 0.0, case.load.others_cores))
        return Numbers(people=rounded(most.share * asked.plan.people), binding=planned(most.first_to_give))
    load, whole = case.load, asked.plan.servers[0].cores
    if asked.model is None:
        moves, p95 = at_peak(asked.plan), _moved(asked.plan, case)
    else:
        answered = asked.model.at(load.per_second, load.generator_cores + load.others_cores)
        moves, p95 = answered.moves, answered.p95_ms
    used = cores(asked.plan, load.per_second, load.looks_per_second, moves)
    return Numbers(
        utilisation={name: rounded(used[name] / whole) for name in case.measured.utilisation if name in used},
        p95_ms={name: rounded(p95[name]) for name in case.measured.p95_ms if name in p95},
        page_cache_hits=rounded(moves.hits),
    )


def _moved(plan: Plan, case: Case) -> dict[str, float]:
    """Return the plan's p95 at its peak, moved by how much less or more requests wait for each other at the load that came."""
    whole = plan.servers[0].cores
    peak, here = (cores(plan, rates, looks, at_peak(plan)).get(PROCESSORS) for rates, looks in _loads(plan, case))
    if peak is None or here is None:
        return {}
    longer = exp(crowding(whole, (here + case.load.generator_cores + case.load.others_cores) / whole) - crowding(whole, peak / whole))
    return {kind: value * longer for kind, value in plan.response_p95_ms.items() if kind in PAGES}


def _loads(plan: Plan, case: Case) -> tuple[tuple[dict[str, float], float], tuple[dict[str, float], float]]:
    return (plan.peak.by_class, 0.0), (case.load.per_second, case.load.looks_per_second)
