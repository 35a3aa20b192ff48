"""Two machines agree on the time, or the test is refused."""

import json
from collections.abc import Callable

import pytest

from loadtests.elsewhere.clock import ASKED, Offset, checked, measured
from runtime.errors import PlanError


class World:
    """A clock here and one that is ``ahead_s`` of it, with a way there and one back that take what they take."""

    def __init__(self, ahead_s: float, ways: list[tuple[float, float]]) -> None:
        self.at, self.ahead_s, self.ways = 1000.0, ahead_s, iter(ways)

    def now(self) -> float:
        return self.at

    def ask(self, text: str) -> str:
        assert json.loads(text) == {"ask": "clock"}
        there, back = next(self.ways)
        self.at += there
        said = json.dumps({"at": self.at + self.ahead_s})
        self.at += back
        return said


@pytest.mark.parametrize("ahead_s", [-0.3, 0.0, 0.7])
def test_the_offset_is_told_as_well_as_the_quickest_answer_allows(ahead_s: float) -> None:
    world = World(ahead_s, [(0.5, 0.01), (0.004, 0.002), *[(0.05, 0.3)] * (ASKED - 2)])
    found = measured(world.ask, world.now)
    assert found.within_s == pytest.approx(0.003)
    assert abs(found.ahead_s - ahead_s) <= found.within_s


@pytest.mark.parametrize(
    ("offset", "said"),
    [(Offset(1.5, 0.01), "1.5 s ahead of"), (Offset(-2.0, 0.01), "2.0 s behind"), (Offset(0.0, 0.2), "cannot be told better than ± 200 ms")],
)
def test_a_clock_that_nobody_keeps_or_nobody_can_tell_is_refused(offset: Offset, said: str) -> None:
    with pytest.raises(PlanError, match=said) as caught:
        checked("load-1", offset)
    assert caught.value.where == "load-1"


def test_a_clock_that_is_off_a_little_is_taken_into_account() -> None:
    assert checked("load-1", Offset(-0.8, 0.001)) == Offset(-0.8, 0.001)


@pytest.mark.parametrize(("later", "moved"), [(Offset(0.01, 0.02), 0.0), (Offset(0.5, 0.02), 0.47), (Offset(-0.5, 0.02), 0.47)])
def test_a_clock_has_moved_only_as_far_as_that_is_sure(later: Offset, moved: float) -> None:
    assert Offset(0.0, 0.01).moved(later) == pytest.approx(moved)


def test_a_test_reads_the_commands_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from loadtests.steps import clock  # noqa: PLC0415 - of scenarios

    now: Callable[[], float] = lambda: 5000.0  # noqa: E731 - a clock that stands
    monkeypatch.setattr("loadtests.steps.clock.time.time", now)
    monkeypatch.setattr(clock, "ahead_s", 0.25)
    assert clock.now() == 4999.75
