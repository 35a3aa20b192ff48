"""What a request costs where is said once, and as the sizing model counts it."""

import numpy as np
import pytest

from loadtests.costs import MS, costs, demands_ms, hits, opened, planned
from loadtests.steady.predicted import work_ms
from sizing.demands import CLASSES
from sizing.evidence import Values, evidence
from sizing.plan import Plan
from sizing.workload import opened as modelled
from tests.unit.sizing.asked import planned as plan_of


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of()


def test_what_the_cache_does_not_hold_comes_in_twice() -> None:
    assert costs("page_anonymous", asks=True, missed=0.25, connections=0.5) == {
        "frontdoor": {"demand.any.frontdoor": 1.25, "demand.any.connection": 0.5},
        "pagecache": {"demand.any.pagecache": 1.0},
        "blogs": {"demand.page_anonymous.php": 0.25},
        "database": {"demand.page_anonymous.database": 0.25},
    }
    assert costs("wiki_view", asks=False, missed=1.0, connections=0.0)["frontdoor"] == {"demand.any.frontdoor": 1.0}


def test_new_connections_are_those_of_the_model(plan: Plan) -> None:
    numbers = {one.name: np.array([one.value]) for one in plan.assumptions if one.name in {"pages_per_session", "session_minutes", "keep_alive"}}
    rates = np.array([[plan.peak.by_class[kind] for kind in CLASSES]])
    for kind, share in zip(CLASSES, modelled(Values(numbers, 1), rates)[0], strict=True):
        assert opened(plan, kind) == pytest.approx(float(share), rel=1e-6)
    assert 0.6 < opened(plan, "page_signed_in") < opened(plan, "wiki_view") < 1, "people think for a minute, connections are kept for half of one"
    assert opened(plan, "asset") == 0


def test_a_plan_that_counts_no_connections_has_none(plan: Plan) -> None:
    older = plan.model_copy(update={"assumptions": tuple(one for one in plan.assumptions if one.name != "keep_alive")})
    assert opened(older, "page_signed_in") == 0
    assert "demand.any.connection" not in planned(older, "page_signed_in", 0.0)["frontdoor"]


def test_the_work_of_a_request_is_the_sum_of_what_it_costs(plan: Plan) -> None:
    demands, found = demands_ms(plan), work_ms(plan)
    for kind in plan.peak.by_class:
        each = planned(plan, kind, hits(plan))
        assert found[kind] == pytest.approx(sum(times * demands.get(name, 0.0) for names in each.values() for name, times in names.items()))
    assert found["media_view"] < found["page_anonymous"] < found["upload"] < MS


def test_the_front_door_keeps_idle_connections_as_long_as_the_model_says(plan: Plan) -> None:
    assert plan.limits.frontdoor.keep_alive_ms == MS * evidence().quantity("keep_alive").value
