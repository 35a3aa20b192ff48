"""Whole runs: real Locust, real TLS, a pretended platform on this machine's loopback."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.measure.starvation import QUEUED
from loadtests.scenarios.registry import STEADY
from loadtests.steady import run
from loadtests.steady.record import Record
from loadtests.steady.run import Asked, steady
from loadtests.steady.tape import Sample, Turn, read
from loadtests.steps.failures import SHORT
from loadtests.verdict import Result
from runtime.errors import PlanError
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open

SHARE, SECONDS = 3.0, 8.0


def driven(pretended: PretendDeployment, seconds: float = SECONDS, requests: int = 10_000, share: float = SHARE) -> Result:
    result = steady(pretended, Asked(share, seconds, requests), lambda _: None)
    left = {path.name for path in (pretended.folder / "tests").iterdir()}
    assert left == {"lock"}
    assert pretended.there == set()
    return result


def busy(result: Result) -> bool:
    """Tell whether others took the cores: then the honest answer is that the generator was late, and these tests have no other."""
    return result.measured is not None and result.measured.generator.queued_mean > QUEUED


def passed(result: Result) -> bool:
    """Tell whether it passed; that one passes whose generator was late is wrong each time."""
    assert result.verdict != "passed" or (result.measured and not result.measured.generator.faults)
    return result.verdict == "passed"


def test_a_peak_is_driven_measured_and_passed_and_a_stall_of_the_server_shows_in_the_tail(pretended: PretendDeployment, mood: Mood) -> None:
    def stall() -> None:
        mood.awake = time.monotonic() + 1.5

    def drive() -> Result:
        mood.asked = 0
        when_open(mood, stall)
        return driven(pretended)

    result = again(drive, passed)
    found = result.measured
    assert found is not None
    if busy(result) and not passed(result):
        return
    assert passed(result), result.reasons
    assert result.failures == 0, [part for part in result.classes if part.failed]
    assert "time limit" in found.stopped
    assert result.requests / result.duration_s == pytest.approx(sum(found.workload.per_second.values()), rel=0.5)
    assert max(slow.waited_ms for slow in found.slow) >= 750, "some fifteen requests should have come in the stall's first half"
    assert found.probe.requests >= 2


def test_every_connection_that_is_opened_is_told_once(pretended: PretendDeployment, mood: Mood, monkeypatch: pytest.MonkeyPatch) -> None:
    told, take, prepared = [], Record.take, [0]

    def taken(record: Record, text: str) -> None:
        told.append(read(text))
        if isinstance(told[-1], Turn) and told[-1].phase == "open":
            prepared[0] = mood.connections
        take(record, text)

    def drive() -> Result:
        told.clear()
        mood.connections = mood.asked = 0
        return driven(pretended)

    monkeypatch.setattr(Record, "take", taken)
    result = again(drive, passed)
    if busy(result) and not passed(result):
        return
    assert passed(result), result.reasons
    opened = sum(one.connections for one in told if isinstance(one, Sample))
    assert 0.9 * (mood.connections - prepared[0]) - 3 <= opened <= mood.connections, "all but those of the last answers"
    assert opened > 10
    assert opened < mood.asked, "a visit keeps its own"


def test_a_generator_that_is_starved_is_told(pretended: PretendDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STEADY", replace(STEADY, file=Path(__file__).with_name("scenario_starved.py")))
    result = driven(pretended)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert "the load generator was the bottleneck" in result.reasons[0]


def test_a_generator_without_a_socket_left_is_told_and_the_platform_is_not_blamed(pretended: PretendDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STEADY", replace(STEADY, file=Path(__file__).with_name("scenario_short.py")))
    result = driven(pretended)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert "files that it may open" in " ".join(result.reasons)
    told = {failure.kind: failure.first for part in result.classes for failure in part.failures}
    assert SHORT in told, told


def test_a_limit_of_requests_ends_the_run(pretended: PretendDeployment) -> None:
    result = driven(pretended, 60.0, 60)
    assert result.measured is not None
    assert result.measured.stopped == "the limit of 60 requests"
    assert result.verdict == "invalid"


def test_wrong_credentials_are_the_answer_no(pretended: PretendDeployment, mood: Mood) -> None:
    mood.password = "another"  # noqa: S105 - of nobody
    result = driven(pretended)
    assert (result.verdict, result.exit_code, result.requests) == ("failed", 3, 0)
    assert "people cannot do what they come for" in result.reasons[0]


def test_a_server_that_dies_midway_ends_the_run_early_with_what_was_measured(pretended: PretendDeployment, mood: Mood) -> None:
    def die() -> None:
        mood.dead = True

    def drive() -> Result:
        mood.dead, mood.asked = False, 0
        when_open(mood, die)
        return driven(pretended, 120.0)

    result = again(drive, lambda result: result.verdict == "failed")
    assert (result.verdict, result.exit_code) == ("failed", 3) or busy(result), result.reasons
    assert result.duration_s < 60
    assert result.requests > 50
    assert result.measured is not None


def test_ctrl_c_keeps_what_was_measured_and_does_not_pass(pretended: PretendDeployment, mood: Mood) -> None:
    when_open(mood, lambda: os.kill(os.getpid(), signal.SIGINT))
    result = driven(pretended, 120.0)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert result.measured is not None
    assert result.measured.stopped == "interrupted"
    assert result.requests > 30
    assert not any("did not come to its end" in reason for reason in result.reasons), "its last answers were to be waited for"


def test_a_foreign_target_is_refused_before_anything_is_made(pretended: PretendDeployment) -> None:
    pretended.address = "203.0.113.5"
    with pytest.raises(PlanError, match="not an address of this deployment"):
        steady(pretended, Asked(1.0, 10.0, 100), lambda _: None)
    assert pretended.asked == []
