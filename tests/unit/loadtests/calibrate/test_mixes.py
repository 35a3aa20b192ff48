"""The mixes differ, say their rates truly, and stay within what the plan's own processors, the generator and the front door take."""

from collections import Counter
from itertools import takewhile

import pytest

from loadtests.calibrate.mixes import HIGH, MOST_PER_SECOND, busy_cores, dearer, mixes, rates
from loadtests.steady.schedule import actions
from loadtests.steady.workload import assumption, of_plan
from sizing.plan import Plan
from tests.unit.sizing.asked import desk, planned

SECONDS = 4000.0


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned()


def test_the_plans_own_rates_come_out_of_its_own_workload(plan: Plan) -> None:
    found = rates(of_plan(plan, 1.0), assumption(plan, "assets_on_platform"))
    assert found == pytest.approx(plan.peak.by_class, rel=1e-6)


def test_no_level_is_above_what_the_plan_allows(plan: Plan) -> None:
    for mix in mixes(plan):
        assert busy_cores(plan, mix.workload) <= 1.0001 * HIGH * assumption(plan, "cpu_limit") * plan.servers[0].cores
        assert mix.workload.requests_per_second <= 1.0001 * MOST_PER_SECOND
        assert 60 * mix.workload.per_second["sign_in"] <= 1.0001 * plan.limits.frontdoor.sign_ins_per_minute / 2


def test_a_machine_half_as_fast_is_driven_about_half_as_much() -> None:
    fast, slow = (mixes(planned(desk(speed=speed, cores=1)))[-1] for speed in (1.0, 0.5))
    assert slow.workload.requests_per_second == pytest.approx(fast.workload.requests_per_second / 2, rel=0.3)


def test_what_is_said_of_a_mix_is_what_comes(plan: Plan) -> None:
    for mix in mixes(plan)[2:7]:
        came = Counter(one.request_class for one in takewhile(lambda one: one.due_s < SECONDS, actions(mix.workload, 1)))
        for kind, rate in mix.workload.per_second.items():
            if kind in {"media_view", "asset"} or rate * SECONDS < 400:
                continue
            # an editor or a form is opened before a post or an edit; the schedule counts these with what follows
            first = {"page_signed_in": "post", "wiki_view": "wiki_edit"}.get(kind, "")
            assert came[kind] + came[first] == pytest.approx(rate * SECONDS, rel=0.15), (mix.words, kind)


def test_one_level_is_empty_and_every_class_comes_in_some_other(plan: Plan) -> None:
    found = mixes(plan)
    assert found[0].workload.requests_per_second < 1e-6
    assert all(any(mix.workload.per_second[kind] > 0.01 for mix in found) for kind in plan.peak.by_class)


def test_a_level_that_took_more_than_the_plan_says_is_known_by_how_much(plan: Plan) -> None:
    nobody, low = (mix.workload for mix in mixes(plan)[:2])
    background, busy = assumption(plan, "background_cores"), busy_cores(plan, low)
    assert dearer(plan, low, background + 2 * busy) == pytest.approx(2.0)
    assert dearer(plan, low, background + busy / 2) == 1.0
    assert dearer(plan, nobody, 0.5) == 1.0
