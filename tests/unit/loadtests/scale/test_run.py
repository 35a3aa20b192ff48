"""A whole test of scaling: steps in turn, learnt from, within the time; what was comes back, whatever happens."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from loadtests.capacity import run as search
from loadtests.capacity.findings import Ground
from loadtests.capacity.levels import Asked as Limits
from loadtests.perform import Outcome
from loadtests.scale import confine, run
from loadtests.scale.predicted import factor, served
from loadtests.scale.run import Asked, asked, default_steps, ready, scale
from loadtests.verdict import Result
from runtime.errors import PlanError
from tests.unit.loadtests.scale.made import found
from tests.unit.loadtests.scale.test_confine import BOTH, Desk, desk

__all__ = ["desk"]
WANTED = Asked("cores", (1, 2), 600.0, 1_000_000)


@dataclass
class Searching:
    """Stands for the search: remembers what it was asked and where, and comes to what it is told."""

    people: dict[int, float] = field(default_factory=lambda: {1: 250.0, 2: 480.0})
    seen: list[tuple[Limits, Ground, set[int]]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def __call__(self, _: object, __: object, limits: Limits, ___: object, ground: Ground) -> Outcome:
        self.seen.append((limits, ground, os.sched_getaffinity(0)))
        self.meanwhile()
        return found(self.people[len(self.seen)])


@pytest.fixture
def searching(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Searching:
    made = Searching()
    assert desk.engine.there
    monkeypatch.setattr(search, "search", made)
    return made


def driven(desk: Desk, wanted: Asked) -> Result:
    before, affinity = desk.engine.state(), os.sched_getaffinity(0)
    result = scale(desk, wanted, lambda _: None)
    assert desk.engine.state() == before
    assert not confine.left(desk)
    assert desk.there == set()
    assert os.sched_getaffinity(0) == affinity
    return result


def test_each_step_is_searched_within_its_cores_and_everything_is_as_it_was(desk: Desk, searching: Searching) -> None:
    result = driven(desk, WANTED)
    assert (result.scenario, result.verdict, result.exit_code) == ("scale", "passed", 0)
    assert result.scale is not None
    assert [(one.number, one.cores, one.faults) for one in result.scale.steps] == [(1, (0,), ()), (2, BOTH, ())]
    assert result.scale.reached_with == 2
    assert [ground.cores for _, ground, _ in searching.seen] == [(0,), BOTH]
    assert result.requests == sum(one.capacity is not None and found(250.0).requests for one in result.scale.steps)
    assert Result.model_validate_json(result.model_dump_json()) == result


def test_the_generator_keeps_off_the_platforms_cores_where_there_are_others(desk: Desk, searching: Searching) -> None:
    result = driven(desk, WANTED)
    mine = os.sched_getaffinity(0)
    assert result.scale is not None
    for (_, ground, ran_on), step in zip(searching.seen, result.scale.steps, strict=True):
        others = mine - set(ground.cores)
        assert ran_on == (others or mine)
        assert step.apart == ground.apart == bool(others)


def test_steps_share_the_time_and_what_is_left_of_the_requests(desk: Desk, searching: Searching) -> None:
    result = driven(desk, WANTED)
    first, second = (limits for limits, _, _ in searching.seen)
    assert first.limit_s == pytest.approx((600 - run.REMOVE_S) / 2 - run.AROUND_S, abs=5)
    assert second.limit_s > 2 * first.limit_s - run.AROUND_S - 60  # a search that took no time leaves it to the next
    assert second.most_requests == 10**6 - result.requests // 2


def test_a_search_begins_at_the_plans_prediction_for_the_step_and_learns_from_the_one_before(desk: Desk, searching: Searching) -> None:
    searching.people = {1: 500.0, 2: 600.0}
    driven(desk, WANTED)
    (_, one, _), (_, two, _) = searching.seen
    assert one.begins == one.said == served(desk.plan, factor(desk.plan, "cores", 1))
    assert one.said is not None
    assert two.said is not None
    assert two.begins is not None
    assert two.begins.people == pytest.approx(two.said.people * 500 / one.said.people, rel=0.01)
    assert one.said.people < two.said.people


def test_an_engine_that_stops_answering_makes_the_step_invalid_and_what_was_comes_back(desk: Desk, searching: Searching) -> None:
    def fail() -> None:
        raise PlanError("the generator is not there")

    searching.meanwhile = fail
    result = driven(desk, WANTED)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert result.reasons == ("1 core: the generator is not there", "2 cores: the generator is not there")


def test_a_service_that_is_restarted_meanwhile_makes_that_step_invalid(desk: Desk, searching: Searching) -> None:
    def restart() -> None:
        if len(searching.seen) == 1:
            del desk.engine.there["wiki"]
            desk.engine.start("wiki", "pilot-wiki")
            desk.engine.there["new"] = replace(desk.engine.there.pop("wiki"), id="new")

    searching.meanwhile = restart
    result = scale(desk, WANTED, lambda _: None)
    assert result.scale is not None
    assert [one.faults for one in result.scale.steps] == [("pilot-wiki was started anew meanwhile",), ()]
    assert {one.cores for one in desk.engine.there.values()} == {BOTH}


@pytest.mark.parametrize("problem", [KeyboardInterrupt, RuntimeError])
def test_whatever_ends_it_puts_back_what_was(desk: Desk, searching: Searching, problem: type[BaseException]) -> None:
    before = desk.engine.state()

    def end() -> None:
        raise problem

    searching.meanwhile = end
    if problem is KeyboardInterrupt:
        result = scale(desk, WANTED, lambda _: None)
        assert (result.verdict, result.reasons) == ("invalid", ("interrupted",))
    else:
        with pytest.raises(problem):
            scale(desk, WANTED, lambda _: None)
    assert desk.engine.state() == before
    assert not confine.left(desk)


def test_where_nobody_hears_any_more_what_was_comes_back_all_the_same(desk: Desk, searching: Searching) -> None:
    before = desk.engine.state()

    def gone(line: str) -> None:
        if confine.left(desk):
            raise BrokenPipeError(line)

    with pytest.raises(BrokenPipeError):
        scale(desk, WANTED, gone)
    assert searching.seen == []
    searching.meanwhile = lambda: (_ for _ in ()).throw(BrokenPipeError("gone"))
    with pytest.raises(BrokenPipeError):
        scale(desk, WANTED, lambda _: None)
    assert desk.engine.state() == before
    assert not confine.left(desk)


def test_a_search_that_was_interrupted_ends_the_test_and_is_told(desk: Desk, searching: Searching, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*asked: object) -> Outcome:
        whole = searching(*asked)  # type: ignore[arg-type]
        return replace(whole, verdict="invalid", reasons=("interrupted",))

    monkeypatch.setattr(search, "search", interrupted)
    result = driven(desk, WANTED)
    assert (result.verdict, result.reasons[0]) == ("invalid", "interrupted")
    assert len(searching.seen) == 1
    assert result.scale is not None


def test_what_cannot_be_put_back_never_passes(desk: Desk, searching: Searching) -> None:
    def stick() -> None:
        desk.engine.stuck = "pilot-wiki"

    searching.meanwhile = stick
    result = scale(desk, replace(WANTED, steps=(1,)), lambda _: None)
    assert (result.verdict, result.exit_code) == ("failed", 3)
    assert "pilot-wiki may not use the cores" in result.reasons[-1]
    assert confine.left(desk)
    with pytest.raises(PlanError, match="still as an interrupted test"):
        scale(desk, WANTED, lambda _: None)


def test_replicas_are_scaled_step_by_step(desk: Desk, searching: Searching) -> None:
    many: list[int] = []
    searching.meanwhile = lambda: many.append(desk.engine.wanted["pilot-blogs"])
    result = driven(desk, replace(WANTED, by="replicas", steps=(1, 2)))
    assert many == [1, 2]
    assert result.scale is not None
    assert all(not one.cores and not one.apart for one in result.scale.steps)


def test_while_a_test_runs_another_is_refused(desk: Desk, searching: Searching) -> None:
    said: list[str] = []

    def another() -> None:
        try:
            scale(desk, WANTED, lambda _: None)
        except PlanError as problem:
            said.append(str(problem))

    def meanwhile() -> None:
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()

    searching.meanwhile = meanwhile
    driven(desk, WANTED)
    assert len(said) == 2
    assert all("another command works on this deployment" in one for one in said)


@pytest.mark.parametrize(
    ("by", "steps", "words"),
    [
        ("servers", "", "is none of cores, replicas"),
        ("cores", "2,1", "are no steps"),
        ("cores", "1,1", "are no steps"),
        ("cores", "0,1", "are no steps"),
        ("cores", "one", "are no steps"),
        ("cores", "1,,2", "are no steps"),
        ("cores", "-1", "are no steps"),
        ("cores", "٣", "are no steps"),
        ("cores", "99999999999", "are no steps"),
        ("cores", ",".join(str(number) for number in range(1, 18)), "are no steps"),
    ],
)
def test_nonsense_is_refused(by: str, steps: str, words: str) -> None:
    with pytest.raises(PlanError, match=words) as problem:
        asked(by, steps, 900.0, 10)
    assert problem.value.exit_code == 1
    assert problem.value.hint


def test_steps_that_are_not_there_and_times_that_are_too_short_are_refused(desk: Desk, searching: Searching) -> None:
    assert searching.seen == []
    assert ready(desk, asked("cores", "", 900.0, 10)).steps == (1, 2)
    assert ready(desk, asked("replicas", "", 900.0, 10)).steps == (1, 2, 3)
    with pytest.raises(PlanError, match="the platform may use 2"):
        ready(desk, asked("cores", "1,3", 900.0, 10))
    with pytest.raises(PlanError, match="the front door of this plan knows 4"):
        ready(desk, asked("replicas", "1,5", 900.0, 10))
    with pytest.raises(PlanError, match=r"2 steps need 2\.8 minutes at least"):
        ready(desk, asked("cores", "1,2", 60.0, 10))
    assert not confine.left(desk)


def test_replicas_that_the_memory_may_not_hold_are_refused(desk: Desk, searching: Searching, monkeypatch: pytest.MonkeyPatch) -> None:
    assert searching.seen == []
    monkeypatch.setattr(run, "_available_mib", lambda: 10)
    with pytest.raises(PlanError, match="10 are free"):
        ready(desk, asked("replicas", "1,2", 900.0, 10))


def test_the_usual_steps_end_with_all_there_are() -> None:
    assert [default_steps("cores", there) for there in (1, 2, 3, 4, 6, 16)] == [(1,), (1, 2), (1, 2, 3), (1, 2, 4), (1, 3, 6), (4, 8, 16)]
    assert [default_steps("replicas", there) for there in (1, 4)] == [(1,), (1, 2, 3)]
