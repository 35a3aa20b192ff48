"""The levels of a calibration: mixes that differ so that each class's demand shows, none above what the plan allows. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loadtests import costs
from loadtests.steady.predicted import background_cores
from loadtests.steady.workload import SECONDS_PER_MINUTE, SIGNED_IN_ONLY, Workload, assumption, of_plan
from sizing.demands import CLASSES
from sizing.plan import Plan

LOW, HIGH = 0.3, 0.55
"""Of the load that fills the processors up to their limit: well below the knee, where CPU time is the demand and not yet what crowding adds."""
MOST_PER_SECOND = 30.0
"""Requests of one level; one generator process beside the platform kept to its times with as many in the searches for the capacity."""
LEAST_BUSY = 0.05
"""Cores: with less, what comes and goes by itself would be taken for the load."""
NOBODY = 1e-9
"""Of the plan's peak: no one comes in years."""
QUIET_PART = 0.5
PLAN_LOW, PLAN_HIGH = "the plan's mix, low", "the plan's mix, high"
PLANS = frozenset({PLAN_LOW, PLAN_HIGH})
PAGES = 4.0
"""Of a visit in the special mixes: requests of one kind follow each other."""
WRITING = {"comment": 0.5, "post": 0.25, "upload": 0.12}
SEEKING = {"search": 0.6, "feed": 0.3, "wiki_edit": 0.15}
"""Times for each page. More edits of few test pages would meet each other (edit conflicts), and those are failures."""


@dataclass(frozen=True)
class Mix:
    """A level: its name in words, what people do in it, and its length in parts of the others'."""

    words: str
    workload: Workload
    part: float = 1.0


def mixes(plan: Plan) -> tuple[Mix, ...]:
    """Return the levels in their order; raises PlanError where the plan does not tell its peak."""
    return tuple(_mixes(plan))


def _mixes(plan: Plan) -> Iterator[Mix]:
    peak = of_plan(plan, 1.0)
    high = peak.scaled(_most(plan, peak))
    yield Mix("nobody", peak.scaled(NOBODY), QUIET_PART)
    yield Mix(PLAN_LOW, high.scaled(LOW / HIGH))
    yield Mix("readers who are not signed in", _alike(plan, peak, signed_in=0.0, wiki=0.0))
    yield Mix("readers who are signed in", _alike(plan, peak, signed_in=1.0, wiki=0.0))
    yield Mix("readers of the wiki", _alike(plan, peak, signed_in=0.0, wiki=1.0))
    yield Mix("writers", _alike(plan, peak, signed_in=1.0, wiki=0.0, between=WRITING, sign_ins=0.5))
    yield Mix("who searches, follows and edits the wiki", _alike(plan, peak, signed_in=1.0, wiki=0.5, between=SEEKING, sign_ins=0.3))
    yield Mix(PLAN_HIGH, high)


def _alike(  # noqa: PLR0913 - what people do
    plan: Plan, peak: Workload, *, signed_in: float, wiki: float, between: Mapping[str, float] | None = None, sign_ins: float = 0.0
) -> Workload:
    """Return people who all do the same, as many as may come."""
    told = peak.model_copy(
        update={
            "pages": PAGES,
            "signed_in": signed_in,
            "wiki": wiki,
            "sign_ins": sign_ins,
            "between": dict.fromkeys(peak.between, 0.0) | dict(between or {}),
        }
    )
    alike = told.model_copy(update={"per_second": rates(told, assumption(plan, "assets_on_platform"))})
    return alike.scaled(_most(plan, alike))


def rates(workload: Workload, assets: float) -> dict[str, float]:
    """Return the requests a second by class that ``workload`` means; ``assets`` styles and scripts come to a fresh browser."""
    pages, signed_in = workload.pages, workload.signed_in
    each = {kind: pages * times * (signed_in if kind in SIGNED_IN_ONLY else 1.0) for kind, times in workload.between.items()}
    each |= {
        "page_anonymous": pages * (1 - workload.wiki) * (1 - signed_in),
        "page_signed_in": pages * (1 - workload.wiki) * signed_in + each["post"],
        "wiki_view": pages * workload.wiki + each["wiki_edit"],
        "sign_in": signed_in * workload.sign_ins,
        "media_view": pages * workload.pictures,
        "asset": workload.fresh * assets,
    }
    return {kind: workload.visits_per_second * each[kind] for kind in CLASSES}


def _most(plan: Plan, workload: Workload) -> float:
    """Return how many times ``workload`` may come: up to ``HIGH`` of the processors' limit by the plan's own demands, and what generator and front door take.

    The page cache is counted as empty: what it holds makes the load less, never more.
    """
    busy = busy_cores(plan, workload)
    room = HIGH * assumption(plan, "cpu_limit") * plan.servers[0].cores - (background_cores(plan) or 0.0)
    asked = workload.per_second["sign_in"] * SECONDS_PER_MINUTE
    signs = plan.limits.frontdoor.sign_ins_per_minute / 2 / asked if asked else math.inf
    return min(max(0.0, room) / busy if busy else math.inf, MOST_PER_SECOND / workload.requests_per_second, signs)


def busy_cores(plan: Plan, workload: Workload) -> float:
    """Return the cores that ``workload`` takes by the plan's own demands, the page cache counted as empty."""
    return sum(workload.per_second[kind] * each / 1000 for kind, each in costs.work_ms(plan, workload.per_second, 0.0).items())


def dearer(plan: Plan, workload: Workload, used: float) -> float:
    """Return how many times what the plan says ``workload`` took, ``used`` cores being busy with it; 1 where that is little, less or not known."""
    busy = busy_cores(plan, workload)
    return max(1.0, (used - (background_cores(plan) or 0.0)) / busy) if busy >= LEAST_BUSY else 1.0
