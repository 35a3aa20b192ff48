"""Whole searches: real Locust, real TLS, a pretended platform on this machine's loopback."""

import os
import signal

import pytest

from loadtests.capacity.levels import Asked
from loadtests.capacity.run import bounds, capacity
from loadtests.measure.starvation import QUEUED
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Served
from tests.unit.loadtests.steady import peaks
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open

SECONDS = 40.0


def searched(pretended: PretendDeployment, seconds: float = SECONDS, requests: int = 10_000) -> Result:
    result = capacity(pretended, Asked(seconds, requests), lambda _: None)
    assert {path.name for path in (pretended.folder / "tests").iterdir()} == {"lock"}
    assert pretended.there == set()
    return result


def busy(result: Result) -> bool:
    """Tell whether others took the cores: then the honest answer is another."""
    return result.capacity is not None and result.capacity.generator.queued_mean > QUEUED


def test_levels_follow_each_other_in_one_process_and_the_first_is_taken_from_the_plan(pretended: PretendDeployment) -> None:
    result = searched(pretended)
    found = result.capacity
    assert found is not None
    assert len(found.levels) == 3, (result.reasons, found.stopped)
    assert [one.number for one in found.levels] == [1, 2, 3]
    assert found.levels[0].share_asked == pytest.approx(0.6 * pretended.plan.capacity.people / pretended.plan.people)
    assert all(one.requests > 20 for one in found.levels)
    assert result.requests >= sum(one.requests for one in found.levels)
    assert result.failures == 0
    assert found.predicted.people == pretended.plan.capacity.people
    assert result.exit_code == {"passed": 0, "failed": 3, "invalid": 1}[result.verdict]
    if not busy(result):
        for one in found.levels:
            assert one.share == pytest.approx(one.share_asked, rel=0.6)


def test_a_server_that_dies_midway_is_no_capacity_and_ends_the_search(pretended: PretendDeployment, mood: Mood) -> None:
    def die() -> None:
        mood.dead = True

    def drive() -> Result:
        mood.dead, mood.asked = False, 0
        when_open(mood, die, after=200)
        return searched(pretended, 300.0)

    result = again(drive, lambda result: result.verdict == "failed")
    assert result.duration_s < 150
    assert (result.verdict, result.exit_code) == ("failed", 3) or busy(result), result.reasons
    assert any("requests fail" in reason or "requests failed" in reason for reason in result.reasons) or busy(result)
    assert result.requests > 50


def test_ctrl_c_keeps_the_levels_so_far_and_does_not_pass(pretended: PretendDeployment, mood: Mood) -> None:
    when_open(mood, lambda: os.kill(os.getpid(), signal.SIGINT), after=400)
    result = searched(pretended, 300.0)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert "interrupted" in result.reasons
    assert result.capacity is not None
    assert result.capacity.stopped == "interrupted"
    assert result.capacity.levels


def test_the_first_level_is_no_higher_than_the_lower_end_of_the_prediction() -> None:
    made = peaks.plan()
    served = Served(people=made.people * 4, low=made.people * 2, high=made.people * 90, first_to_give="the processor")
    assert bounds(made.model_copy(update={"served": served})).first == pytest.approx(2.0)
    assert bounds(made.model_copy(update={"served": served.model_copy(update={"low": made.people * 3})})).first == pytest.approx(2.4)
    assert bounds(made.model_copy(update={"served": served.model_copy(update={"low": 1})})).first == pytest.approx(0.24)


def test_a_limit_of_requests_ends_the_search(pretended: PretendDeployment) -> None:
    result = searched(pretended, 300.0, 100)
    assert result.capacity is not None
    assert result.capacity.stopped == "the limit of 100 requests"


def test_wrong_credentials_are_the_answer_no(pretended: PretendDeployment, mood: Mood) -> None:
    mood.password = "another"  # noqa: S105 - of nobody
    result = searched(pretended)
    assert (result.verdict, result.exit_code, result.requests) == ("failed", 3, 0)
    assert "people cannot do what they come for" in result.reasons[0]
    assert result.capacity is None


def test_a_foreign_target_is_refused_before_anything_is_made(pretended: PretendDeployment) -> None:
    pretended.address = "203.0.113.5"
    with pytest.raises(PlanError, match="not an address of this deployment"):
        capacity(pretended, Asked(60.0, 100), lambda _: None)
    assert pretended.asked == []
