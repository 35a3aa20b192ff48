"""From a record to the answer: reached, not reached, undecided, and never a false 'passed'."""

from dataclasses import replace

import pytest

from loadtests.capacity.findings import outcome
from loadtests.steady.record import Record
from loadtests.steady.tape import Turn
from sizing.plan import Served
from tests.unit.loadtests.capacity.seen import USED, facts
from tests.unit.loadtests.programs.said import run as said
from tests.unit.loadtests.steady.peaks import BEGIN, plan


def test_a_platform_that_carries_more_than_the_peak_passes_and_says_how_many_people_that_is() -> None:
    found = outcome(facts(1.4, 2.5, 2.7))
    assert (found.verdict, found.reasons) == ("passed", ())
    seen = found.capacity
    assert seen is not None
    assert seen.share is not None
    assert seen.people is not None
    assert seen.binding == "processors"
    assert seen.share.value == pytest.approx(0.7 / USED, rel=0.06)
    assert seen.people.value == pytest.approx(seen.share.value * plan().people, rel=1e-3)
    assert seen.share.low < seen.share.value < seen.share.high
    assert seen.predicted.people == 900
    assert seen.predicted.error == pytest.approx(900 / seen.people.value - 1, abs=1e-3)
    assert [one.verdict for one in seen.levels] == ["met"] * 3
    for one, share in zip(seen.levels, (1.4, 2.5, 2.7), strict=True):
        assert one.share == pytest.approx(share, rel=0.03)
        assert one.utilisation == pytest.approx(share * USED, rel=0.05)


def test_the_prediction_beside_it_is_that_of_the_load_and_what_fills_before_is_said() -> None:
    served = Served(people=2000, low=600, high=5000, first_to_give="the processor")
    found = outcome(replace(facts(1.4, 2.5, 2.7), plan=plan().model_copy(update={"served": served}))).capacity
    assert found is not None
    assert found.people is not None
    assert (found.predicted.people, found.predicted.low, found.predicted.first_to_give) == (2000, 600, "the processor")
    assert found.predicted.error == pytest.approx(2000 / found.people.value - 1, abs=1e-3)
    assert any("900 people: no load test sees that" in note for note in found.notes)


def test_a_platform_that_carries_less_than_the_peak_is_the_answer_no() -> None:
    larger = plan().model_copy(update={"peak": plan().peak.model_copy(update=peak_times(4.0))})
    found = outcome(replace(facts(1.4, 2.5, 2.7), plan=larger))
    assert found.verdict == "failed"
    assert "the plan's peak is not reached: processors gives first" in found.reasons[0]


def peak_times(factor: float) -> dict[str, object]:
    peak = plan().peak
    return {
        "by_class": {name: rate * factor for name, rate in peak.by_class.items()},
        "requests_per_second": peak.requests_per_second * factor,
        "sessions_per_hour": peak.sessions_per_hour * factor,
    }


def test_an_interval_that_holds_the_peak_is_undecided_and_not_passed() -> None:
    near = plan().model_copy(update={"peak": plan().peak.model_copy(update=peak_times(0.7 / USED))})
    found = outcome(replace(facts(1.4, 2.5, 2.7), plan=near))
    assert found.verdict == "invalid"
    assert "undecided" in found.reasons[0]
    assert "--duration" in found.reasons[0]


def test_a_capacity_that_no_level_came_near_is_called_an_extrapolation_and_does_not_pass() -> None:
    found = outcome(facts(0.4, 0.5, 0.5))
    assert found.verdict == "invalid"
    assert "no more than" in found.reasons[0]
    assert found.capacity is not None
    assert any("extrapolation" in note for note in found.capacity.notes)


def test_a_level_in_which_the_generator_lagged_is_left_out_and_said() -> None:
    found = outcome(facts(1.4, 2.5, 2.7, starved=2))
    assert found.verdict == "passed"
    assert found.capacity is not None
    assert [one.verdict for one in found.capacity.levels] == ["met", "invalid", "met"]
    assert any("bottleneck at level 2" in note for note in found.capacity.notes)
    lagging = outcome(facts(1.4, starved=1))
    assert lagging.verdict == "invalid"
    assert "the load generator was the bottleneck" in lagging.reasons[0]


def test_requests_that_fail_below_the_capacity_are_the_answer_no() -> None:
    found = outcome(facts(1.4, 2.5, 1.0, failing=3))
    assert found.verdict == "failed"
    assert any("503 instead of 200" in reason for reason in found.reasons)
    above = outcome(facts(1.4, failing=1))
    assert above.verdict == "invalid"
    assert "undecided: errors gives at" in above.reasons[0]


def test_requests_that_fail_above_all_that_was_carried_bound_the_capacity() -> None:
    found = outcome(facts(1.4, 1.6, 2.0, failing=3))
    assert found.verdict == "passed"
    assert found.capacity is not None
    assert found.capacity.binding == "errors"
    assert found.capacity.people is not None
    assert 1.6 * plan().people * 0.97 < found.capacity.people.value < 2.0 * plan().people
    assert found.capacity.targets[0].method == "bracket"


def test_what_you_ended_and_what_never_ended_does_not_pass_and_keeps_its_levels() -> None:
    stopped = outcome(facts(1.4, 2.5, 2.7, stopped="interrupted"))
    assert (stopped.verdict, stopped.reasons) == ("invalid", ("interrupted",))
    assert stopped.capacity is not None
    died = outcome(facts(1.4, 2.5, 2.7, done=False))
    assert died.verdict == "invalid"
    assert died.capacity is not None
    assert len(died.capacity.levels) == 3


def test_nobody_who_could_act_is_the_answer_no_and_no_record_is_invalid() -> None:
    empty = replace(facts(), record=Record(turns=[Turn(BEGIN, "refused", "no link to 'action=logout'")]))
    assert outcome(empty).verdict == "failed"
    assert outcome(replace(facts(), record=Record(), stopped="", words="No module named locust")).reasons == (
        "the load generator did not come to its end: No module named locust",
    )


def test_what_was_full_at_the_highest_level_is_said() -> None:
    seen = facts(0.8, 1.4, 2.5)
    full = said(180, busy=4.0, waiting=3.0)
    found = outcome(replace(seen, platform=seen.platform.model_copy(update={"programs": full}))).capacity
    assert found is not None
    assert "at level 3, the highest: the blogs' PHP pool of 4 was full at 48% of the looks; up to 3 waited" in found.notes
    assert found.platform.programs == full
