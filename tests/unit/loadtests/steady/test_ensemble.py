"""What several processes come to together: one moment for all, one limit for all, one word for each phase, and nobody gone unnoticed."""

from loadtests.steady.ensemble import Ensemble
from loadtests.steady.order import Stage
from loadtests.steady.tape import Turn


def three(most: int = 100) -> Ensemble:
    return Ensemble(3, most)


def test_nobody_goes_on_before_all_have_come_and_then_all_at_one_moment() -> None:
    found = three()
    for number in (0, 2):
        found.come(number, "level 7")
        assert found.complete() == []
    found.come(1, "level 7")
    assert found.complete() == ["level 7"]
    assert found.begin("level 7", 5.0) == Turn(5.0, "level", "7")
    assert found.state.moments == {"level 7": 5.0}
    assert found.complete() == []


def test_who_is_through_or_gone_is_not_waited_for() -> None:
    found = three()
    found.come(0, "open")
    found.over.add(1)
    assert found.complete() == []
    found.lose({2}, 1.0)
    assert found.complete() == ["open"]


def test_the_limit_of_requests_is_that_of_all_together() -> None:
    found = three(100)
    for number, asked in ((0, 40), (1, 40), (0, 59)):
        found.count(number, asked)
        assert not found.state.halted
    found.count(2, 1)
    assert found.state.halted


def test_a_phase_is_told_once_a_fault_by_whose_it_is_and_the_end_when_all_have_it() -> None:
    found = three()
    told = [found.told(number, Turn(float(number), "ending")) for number in (2, 0, 1)]
    assert told == [Turn(2.0, "ending"), None, None]
    assert [found.told(0, Turn(1.0, "level over", level)) for level in ("1", "2", "1")] == [Turn(1.0, "level over", "1"), Turn(1.0, "level over", "2"), None]
    assert found.told(1, Turn(1.0, "fault", "KeyError: x")) == Turn(1.0, "fault", "process 2 of 3: KeyError: x")
    assert [found.told(number, Turn(9.0, "done")) for number in range(3)] == [None, None, Turn(9.0, "done")]


def test_alone_everything_is_told_as_it_is() -> None:
    found = Ensemble(1, 100)
    for turn in (Turn(1.0, "preparing"), Turn(2.0, "fault", "KeyError: x"), Turn(3.0, "done")):
        assert found.told(0, turn) == turn


def test_people_who_cannot_act_end_it_for_all() -> None:
    found = three()
    assert found.told(0, Turn(1.0, "refused", "wrong password")) == Turn(1.0, "refused", "wrong password")
    assert found.state.halted


def test_who_is_gone_is_named_once_and_the_others_end() -> None:
    found = three()
    assert found.lose(set(), 1.0) == []
    assert not found.state.halted
    assert [turn.reason for turn in found.lose({1}, 1.0)] == ["process 2 of 3 of the load generator ended midway"]
    assert found.state.halted
    assert found.lose({1}, 2.0) == []
    assert not found.through
    found.over |= {0, 2}
    assert found.through


def test_who_goes_at_the_end_is_not_missed_and_who_goes_as_the_last_ends_it() -> None:
    found = three()
    found.over |= {0, 1}
    assert found.lose({0, 1}, 1.0) == []
    for number in (0, 1):
        assert found.told(number, Turn(2.0, "done")) is None
    assert [turn.phase for turn in found.lose({2}, 3.0)] == ["fault", "done"]


def test_a_message_that_did_not_come_is_missed() -> None:
    found = three()
    assert [found.hear(number, serial, 1.0) for serial in (1, 2) for number in (0, 1, 2)] == [None] * 6
    assert found.hear(1, 5, 7.0) == Turn(7.0, "fault", "process 2 of 3: 2 of its messages were lost")
    assert found.hear(1, 6, 8.0) is None


def test_a_level_is_told_to_all() -> None:
    found = three()
    found.begin_stage(Stage(number=2, share=0.5))
    found.halt()
    assert found.state.stage.number == 2
    assert found.state.halted


def test_who_ends_before_its_time_takes_the_others_along() -> None:
    found = three()
    found.told(0, Turn(1.0, "fault", "fell over"))
    found.end(0)
    assert found.state.halted, "the others would drive on, and nobody would look at real pages"
    healthy = three()
    healthy.told(0, Turn(1.0, "done"))
    healthy.end(0)
    assert not healthy.state.halted
    assert healthy.over == {0}
