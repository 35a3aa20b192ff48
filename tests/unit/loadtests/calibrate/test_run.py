"""Whole calibrations: real Locust, real TLS, a pretended platform in this process, whose processor time stands for that of its blogs."""

import os
import signal
import time
from dataclasses import dataclass

import pytest

from loadtests.accounts import Reading
from loadtests.calibrate import mixes as choosing
from loadtests.calibrate import run as calibrating
from loadtests.calibrate.run import DONE, calibrate
from loadtests.capacity.levels import Asked
from loadtests.measure.starvation import QUEUED
from loadtests.steady import eyes
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Assumption, Plan, Server
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.peaks import BY_CLASS
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open

BETWEEN_S = 4.0  # more than a level's end takes where the machine stands still in each; nobody waits for what is not needed
SECONDS = 38.0 + 8 * BETWEEN_S
MACHINE = Server(role="desk", count=1, cores=2, memory_gib=8, disk_gib=60)


@dataclass
class Account:
    """What the kernel would say of a service."""

    role: str
    limit_bytes: int = 0

    def read(self) -> Reading:
        return Reading(time.process_time() if self.role == "blogs" else 0.0, 1 << 20, 0, 0, 0, 0)


@pytest.fixture
def small(pretended: PretendDeployment, monkeypatch: pytest.MonkeyPatch) -> PretendDeployment:
    """The pretended platform with accounts, on one machine, driven gently."""
    told = pretended.plan
    demands = tuple(
        Assumption(name=f"demand.{kind}.{'nginx' if kind in {'media_view', 'asset'} else 'php'}", value=5.0, unit="ms", source="test") for kind in BY_CLASS
    )
    others = tuple(one for one in told.assumptions if not one.name.startswith("demand."))
    plan = told.model_copy(update={"assumptions": (*others, *demands), "servers": (MACHINE,)})
    monkeypatch.setattr(PretendDeployment, "plan", property(lambda _: plan))
    monkeypatch.setattr(eyes, "containers", lambda *_: {"blogs": ["blogs"], "wiki": ["wiki"]})
    monkeypatch.setattr(eyes, "whole_account", Account)
    monkeypatch.setattr(choosing, "MOST_PER_SECOND", 8.0)
    monkeypatch.setattr(calibrating, "BETWEEN_S", BETWEEN_S)
    return pretended


def calibrated(small: PretendDeployment, seconds: float = SECONDS, requests: int = 10_000) -> Result:
    result = calibrate(small, Asked(seconds, requests), lambda _: None)
    assert {path.name for path in (small.folder / "tests").iterdir()} == {"lock"}
    assert small.there == set()
    return result


def busy(result: Result) -> bool:
    """Tell whether others took the cores: then the honest answer is another."""
    return result.calibrated is not None and result.calibrated.generator.queued_mean > QUEUED


def test_every_mix_is_driven_in_one_process_and_the_demands_are_told(small: PretendDeployment) -> None:
    result = again(lambda: calibrated(small), lambda result: result.verdict == "passed")
    found = result.calibrated
    assert found is not None
    assert found.stopped == DONE, result.reasons
    assert [one.number for one in found.levels] == list(range(1, 9))
    assert result.duration_s <= SECONDS + 5
    assert found.levels[0].requests == 0
    assert sum(one.requests for one in found.levels[1:]) > 60
    assert result.failures == 0
    numbers = {one.name: one for one in found.numbers}
    assert set(numbers) == {f"demand.{kind}.{'nginx' if kind in {'media_view', 'asset'} else 'php'}" for kind in BY_CLASS} | {"background_cores"}
    assert numbers["demand.page_anonymous.php"].requests == 0, "the page cache said that it had them"
    assert numbers["demand.page_signed_in.php"].requests > 0
    assert all(0 < one.low <= one.value <= one.high for one in numbers.values())
    assert result.verdict == "passed" or busy(result), result.reasons


def test_ctrl_c_proves_nothing_and_what_was_measured_is_told(small: PretendDeployment, mood: Mood) -> None:
    when_open(mood, lambda: os.kill(os.getpid(), signal.SIGINT), after=100)
    result = calibrated(small, 90.0)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert "interrupted" in result.reasons
    assert result.calibrated is not None
    assert result.calibrated.levels


def test_a_platform_that_dies_ends_it_and_proves_nothing(small: PretendDeployment, mood: Mood) -> None:
    def die() -> None:
        mood.dead = True

    when_open(mood, die, after=150)
    result = calibrated(small, 90.0)
    assert result.duration_s <= 90 + 5
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert result.calibrated is not None
    assert any(one.ended for one in result.calibrated.levels) or busy(result)


def test_wrong_credentials_are_the_answer_no(small: PretendDeployment, mood: Mood) -> None:
    mood.password = "another"  # noqa: S105 - of nobody
    result = calibrated(small)
    assert (result.verdict, result.exit_code, result.requests) == ("failed", 3, 0)
    assert "people cannot do what they come for" in result.reasons[0]


def test_several_machines_are_refused_before_anything_is_made(small: PretendDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    plan: Plan = small.plan.model_copy(update={"servers": (MACHINE.model_copy(update={"count": 3}),)})
    monkeypatch.setattr(PretendDeployment, "plan", property(lambda _: plan))
    with pytest.raises(PlanError, match="3 servers; a calibration measures one"):
        calibrate(small, Asked(60.0, 100), lambda _: None)
    assert small.asked == []
