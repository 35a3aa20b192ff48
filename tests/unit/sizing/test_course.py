"""What the plan tells of its week and of the hour around a mail agrees with its worst moments."""

import numpy as np
import pytest

from sizing.course import BEFORE
from sizing.demands import CLASSES
from sizing.plan import Plan
from sizing.question import Answer, Question
from sizing.reading import validated
from sizing.size import made
from tests.unit.sizing.briefs import changed

PEOPLE = 4000


@pytest.fixture(scope="module", params=[None, PEOPLE])
def answer(request: pytest.FixtureRequest) -> Answer:
    return Answer(Question(validated(changed({"discovery.waves": 2})), "brief.yaml", request.param, draws=100))


@pytest.fixture(scope="module")
def plan(answer: Answer) -> Plan:
    return made(answer)


def test_crowd_and_others_make_up_the_announcements_worst_five_minutes(answer: Answer, plan: Plan) -> None:
    told, moment = plan.announcement, answer.case.workload.moments[1]
    assert told is not None
    assert told.crowd is not None
    assert told.others is not None
    for number, kind in enumerate(CLASSES):
        assert told.crowd.by_class[kind] + told.others.by_class[kind] == pytest.approx(float(moment.rates[0, number]), rel=1e-4), kind
        assert told.crowd.by_class[kind] == pytest.approx(float(moment.crowd[0, number]), rel=1e-4), kind
    assert told.crowd.factors[BEFORE] == told.others.factors[BEFORE] == 1.0
    assert len(told.crowd.factors) == len(told.others.factors) == 12
    assert sum(told.crowd.by_class.values()) / told.requests_per_second == pytest.approx(told.crowd_share, rel=1e-3)
    burst = float(answer.case.values["burst_factor"][0])
    assert told.crowd.sessions_per_hour + told.others.sessions_per_hour / burst == pytest.approx(float(moment.visits[0]), rel=1e-4)


def test_the_crowd_rises_and_falls_and_is_nowhere_negative(plan: Plan) -> None:
    assert plan.announcement is not None
    assert plan.announcement.crowd is not None
    factors = np.array(plan.announcement.crowd.factors)
    assert np.all(factors >= 0)
    assert factors[-1] < factors[BEFORE]
    assert factors[0] < factors[BEFORE]


def test_the_weeks_worst_hour_is_the_worst_ordinary_moment_without_its_burst(answer: Answer, plan: Plan) -> None:
    week, moment = plan.week, answer.case.workload.moments[0]
    assert week is not None
    assert len(week.factors) == 168
    burst = float(answer.case.values["burst_factor"][0])
    for number, kind in enumerate(CLASSES):
        assert week.by_class[kind] * burst == pytest.approx(float(moment.rates[0, number]), rel=1e-4), kind
    assert week.sessions_per_hour == pytest.approx(float(moment.visits[0]), rel=1e-4)
    assert week.factors.count(1.0) >= 1
    assert min(week.factors) >= 0


def test_a_week_holds_as_many_requests_as_its_working_days(answer: Answer, plan: Plan) -> None:
    """The mean working day's requests, times the working days of a week: 340 of 400 people work five of them, 60 six."""
    whole, moment = answer.case.workload, answer.case.workload.moments[0]
    assert plan.week is not None
    daily = float(np.sum(whole.daily[0])) * float(whole.adoption[0, moment.month] * whole.growth[0, moment.month])
    assert sum(plan.week.factors) * sum(plan.week.by_class.values()) * 3600 == pytest.approx((340 * 5 + 60 * 6) / 400 * daily, rel=1e-3)


def test_a_plan_of_an_earlier_version_is_still_read(plan: Plan) -> None:
    told = plan.model_dump(mode="json")
    del told["week"], told["announcement"]["crowd"], told["announcement"]["others"]
    found = Plan.model_validate(told)
    assert found.week is None
    assert found.announcement is not None
    assert found.announcement.crowd is None
