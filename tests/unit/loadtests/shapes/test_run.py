"""Whole shapes: real Locust, real TLS, a pretended platform on this machine's loopback."""

import os
import signal

import pytest

from loadtests.measure.starvation import QUEUED
from loadtests.shapes import run
from loadtests.shapes.run import Asked, Jump
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan
from tests.unit.loadtests.shapes.shaped import ANNOUNCEMENT, WEEK
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open

SPIKE = Jump(base=1.2, to=3.4, lasts_s=4.0)


@pytest.fixture
def told(pretended: PretendDeployment, monkeypatch: pytest.MonkeyPatch) -> PretendDeployment:
    """A deployment whose plan tells its announcement and its week."""
    whole = pretended.plan
    found = Plan.model_validate(whole.model_dump() | {"announcement": ANNOUNCEMENT.model_dump(), "week": WEEK.model_dump()})
    monkeypatch.setattr(PretendDeployment, "plan", property(lambda _: found))
    return pretended


def nothing_left(pretended: PretendDeployment) -> None:
    assert {path.name for path in (pretended.folder / "tests").iterdir()} == {"lock"}
    assert pretended.there == set()


def busy(result: Result) -> bool:
    """Tell whether others took the cores: then the honest answer is that the generator was late, and these tests have no other."""
    return result.measured is not None and result.measured.generator.queued_mean > QUEUED


def fine(result: Result) -> bool:
    """Tell whether it passed; that one passes whose generator was late is wrong each time."""
    assert result.verdict != "passed" or (result.measured and not result.measured.generator.faults)
    return result.verdict == "passed"


def test_a_spike_is_driven_part_by_part_and_recovered_from(pretended: PretendDeployment) -> None:
    result = again(lambda: run.spike(pretended, Asked(1.0, 30.0, 10_000), SPIKE, lambda _: None), fine)
    nothing_left(pretended)
    assert result.shape is not None
    assert [part.name for part in result.shape.parts] == ["base before", "jump", "base after"][: len(result.shape.parts)]
    assert sum(part.requests for part in result.shape.parts) == result.requests
    if busy(result) and not fine(result):
        return
    assert fine(result), result.reasons
    assert result.shape.whole
    assert result.failures == 0, [part for part in result.classes if part.failed]
    before, jump, after = result.shape.parts
    calm = (before.requests + after.requests) / (before.seconds + after.seconds)
    assert jump.per_second_planned == pytest.approx(SPIKE.to / SPIKE.base * before.per_second_planned, rel=1e-3)
    assert jump.per_second == pytest.approx(jump.per_second_planned, rel=0.6)
    assert calm == pytest.approx(before.per_second_planned, rel=0.5)
    assert jump.per_second > 1.5 * calm
    assert result.shape.recovery_s is not None


def test_the_crowd_of_a_mail_comes_beside_everyone_else(told: PretendDeployment) -> None:
    def whole(result: Result) -> bool:
        return result.shape is not None and result.shape.whole and result.failures == 0

    result = again(lambda: run.announcement(told, Asked(0.4, 24.0, 10_000), lambda _: None), whole)
    nothing_left(told)
    if busy(result) and not whole(result):
        return
    assert whole(result), result.reasons
    assert result.shape is not None
    assert result.shape.crowd is not None
    parts = {part.name: part for part in result.shape.parts}
    assert len(parts) == 12
    quiet, rush = ([one for name, one in parts.items() if name.startswith("-") is early] for early in (True, False))
    assert sum(one.requests for one in rush) / len(rush) > 1.2 * sum(one.requests for one in quiet) / len(quiet)


def test_ctrl_c_keeps_what_was_measured_and_does_not_pass(pretended: PretendDeployment, mood: Mood) -> None:
    when_open(mood, lambda: os.kill(os.getpid(), signal.SIGINT))
    result = run.spike(pretended, Asked(1.0, 120.0, 10_000), SPIKE, lambda _: None)
    nothing_left(pretended)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert result.shape is not None
    assert not result.shape.whole
    assert any("spike was not driven to its end: interrupted" in reason for reason in result.reasons)
    assert result.requests > 30


def test_a_platform_that_dies_in_the_base_ends_the_shape_at_once(pretended: PretendDeployment, mood: Mood) -> None:
    def die() -> None:
        mood.dead = True

    def drive() -> Result:
        mood.dead, mood.asked = False, 0
        when_open(mood, die)
        return run.soak(pretended, Asked(1.0, 300.0, 10_000), lambda _: None)

    result = again(drive, lambda result: result.verdict == "failed")
    nothing_left(pretended)
    assert (result.verdict, result.exit_code) == ("failed", 3) or busy(result), result.reasons
    assert result.duration_s < 90
    assert result.shape is not None
    assert not result.shape.whole


def test_nothing_is_made_where_the_shape_cannot_be_driven(pretended: PretendDeployment) -> None:
    with pytest.raises(PlanError, match="no mail goes to everyone"):
        run.announcement(pretended, Asked(1.0, 60.0, 100), lambda _: None)
    with pytest.raises(PlanError, match="sign-ins a minute"):
        run.spike(pretended, Asked(1.0, 60.0, 100), Jump(0.5, 50.0, None), lambda _: None)
    pretended.address = "203.0.113.5"
    with pytest.raises(PlanError, match="not an address of this deployment"):
        run.soak(pretended, Asked(1.0, 60.0, 100), lambda _: None)
    assert pretended.asked == []
