"""The answer: reached or not and with how many, where it stops gaining and why, and what is no answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.scale.measured import Scale
from loadtests.scale.verdict import gains, reached, stopped, stops
from tests.unit.loadtests.scale.made import extent, scaled, searched, told


def test_the_smallest_step_that_surely_reaches_the_peak_is_the_answer() -> None:
    found = told(searched(1, 250), searched(2, 480), searched(3, 700))
    assert (found.verdict, found.reasons) == ("passed", ())
    assert found.scale is not None
    assert found.scale.reached_with == 2
    assert reached(found.scale).startswith("yes, the plan's peak of 400 people is reached with 2 cores: it carries 480 people (461 to 499")


def test_a_capacity_that_only_may_be_enough_is_not() -> None:
    found = told(searched(1, 220), searched(2, 405))
    assert found.verdict == "failed"
    assert "with 2 cores the platform carries 101% of it (97% to 105%), then processors gives" in found.reasons[0]
    assert found.scale is not None
    assert (
        reached(found.scale) == "no, the plan's peak of 400 people is not surely reached with up to 2 cores; by the curve 3 cores would reach it (extrapolated)"
    )


def test_where_no_number_would_do_that_is_said() -> None:
    whole = scaled(searched(1, 100), searched(2, 102), searched(3, 101))
    assert whole.reached_by_fit is None
    assert reached(whole).endswith("by the curve no number up to 12 cores surely would")


def test_a_step_between_two_that_were_tried_may_do_by_the_curve() -> None:
    whole = scaled(searched(1, 200), searched(8, 1500), searched(4, 760))
    assert whole.reached_with == 4
    assert reached(whole).endswith("by the curve 3 cores may do")


def test_a_step_that_was_not_what_it_should_be_counts_for_nothing() -> None:
    found = told(searched(1, 250), searched(2, 900, faults=("blogs was started anew meanwhile",)))
    assert found.verdict == "failed"
    assert "2 cores: blogs was started anew meanwhile" in found.reasons
    assert found.scale is not None
    assert (found.scale.reached_with, found.scale.fit, found.scale.stops_at) == (None, None, None)
    assert found.scale.steps[1].people is not None
    assert found.scale.notes[0] == "one step alone (1 core): nothing is fitted"


def test_nothing_known_and_what_you_ended_is_no_answer() -> None:
    nothing = told(searched(1, 250, faults=("no engine",)))
    assert (nothing.verdict, nothing.reasons) == ("invalid", ("1 core: no engine",))
    assert nothing.scale is not None
    assert reached(nothing.scale) == "it is not known whether the plan's peak of 400 people is reached"
    ended = told(searched(1, 900), ended="interrupted")
    assert (ended.verdict, ended.reasons) == ("invalid", ("interrupted",))
    assert ended.scale is not None
    assert told().verdict == "invalid"
    assert told().scale is None


@settings(deadline=None, max_examples=15)
@given(people=st.lists(st.floats(50, 5000), min_size=2, max_size=4), more=st.floats(1.0, 3.0))
def test_laws_hold_for_any_steps(people: list[float], more: float) -> None:
    steps = [searched(number, value) for number, value in enumerate(people, 1)]
    whole, turned = scaled(*steps), scaled(*reversed(steps))
    assert (whole.reached_with, whole.stops_at, whole.reached_by_fit, whole.fit) == (turned.reached_with, turned.stops_at, turned.reached_by_fit, turned.fit)
    larger = scaled(*(searched(number, value * more) for number, value in enumerate(people, 1)))
    for smaller, with_more in ((whole.reached_with, larger.reached_with), (whole.reached_by_fit, larger.reached_by_fit)):
        assert smaller is None or (with_more is not None and with_more <= smaller)
    assert (whole.fit is None) == ("no curve goes through these steps" in whole.notes), "so steep that a single one would carry any load"
    for point in whole.fit.points if whole.fit else ():
        assert point.people.low <= point.people.value <= point.people.high


def test_more_replicas_than_the_database_has_connections_for_are_a_note() -> None:
    whole = scaled(searched(1, 250), searched(9, 255), by="replicas")
    assert any("the plan's database takes" in note for note in whole.notes)
    assert not any("the plan's database takes" in note for note in scaled(searched(1, 250), by="replicas").notes)


def test_a_gain_within_chance_is_none() -> None:
    found = gains({1: extent(100), 2: extent(190), 3: extent(200), 4: extent(202, 0.001)})
    assert [found[number].gains for number in (1, 2, 3)] == [True, False, False]
    assert found[1].value == pytest.approx(0.9)
    assert 0.75 < found[1].low < 0.9 < found[1].high < 1.1
    assert stops(found) == 2
    assert gains({1: extent(100)}) == {}


def test_a_sure_gain_of_less_than_a_twentieth_is_none_either() -> None:
    assert gains({1: extent(100, 0.001), 2: extent(104, 0.001)})[1].gains is False
    assert gains({1: extent(100, 0.001), 2: extent(106, 0.001)})[1].gains is True


def bend(by: str, here: dict[str, object], there: dict[str, object]) -> Scale:
    return scaled(searched(1, 500, **here), searched(2, 505, **there), by=by)  # type: ignore[arg-type]


def test_replicas_that_share_busy_cores_bring_none_and_that_is_why() -> None:
    whole = bend("replicas", {"apart": False, "busy": 0.9}, {"apart": False, "busy": 0.92})
    assert stopped(whole).startswith(
        "stops gaining at 1 replica, because processors gives first; the machine's 4 cores are busy (92% with 2): replicas share them"
    )
    assert stopped(whole).endswith("the load generator shares the machine's cores")


def test_a_generator_that_takes_of_the_cores_from_here_on_is_named() -> None:
    whole = bend("cores", {}, {"apart": False})
    assert "all 2 cores are busy (90%); with 2 the load generator shares the platform's cores" in stopped(whole)
    assert any("with 2 cores, and had its own otherwise" in note for note in whole.notes)


def test_idle_cores_are_not_what_is_missing() -> None:
    whole = bend("cores", {"binding": "p95 of all pages", "busy": 0.3}, {"binding": "errors", "busy": 0.2})
    assert (
        stopped(whole)
        == "stops gaining at 1 core, because p95 of all pages gives first (with 2 cores: errors); the cores are not what is missing: 20% of them worked"
    )


def test_where_every_step_gains_the_last_is_named_and_no_reason() -> None:
    whole = scaled(searched(1, 100), searched(2, 190), searched(3, 280))
    assert (whole.stops_at, whole.because) == (None, "")
    assert stopped(whole) == "gains up to 3 cores, the most that were tried"
    assert stopped(scaled(searched(1, 100))) == ""


def test_what_failed_below_its_capacity_reaches_nothing() -> None:
    one = searched(1, 900)
    assert one.outcome is not None
    from dataclasses import replace  # noqa: PLC0415 - of this test alone

    failing = replace(one, outcome=replace(one.outcome, verdict="failed", reasons=("31 of 900 requests failed at loads within the capacity",)))
    found = told(failing)
    assert found.verdict == "invalid"
    assert "31 of 900 requests failed" in found.reasons[0]


def test_the_curve_goes_beyond_the_steps_and_says_what_two_do_not_tell() -> None:
    whole = scaled(searched(1, 100), searched(2, 180))
    assert whole.fit is not None
    assert (whole.fit.coherence, whole.fit.most) == (None, None)
    assert [point.number for point in whole.fit.points] == [1, 2, 3, 4]
    assert any("kappa is not told" in note for note in whole.notes)
    three = scaled(searched(1, 100, wide=0.002), searched(2, 160, wide=0.002), searched(3, 170, wide=0.002))
    assert three.fit is not None
    assert three.fit.coherence is not None
    assert three.fit.most is not None
    assert three.fit.most.low <= three.fit.most.value <= three.fit.most.high < 5
