"""Whole runs by several processes: real Locust, real TLS, a pretended platform on this machine's loopback."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from itertools import islice, takewhile
from pathlib import Path

import psutil
import pytest

from loadtests import generator
from loadtests.capacity.levels import Asked as Limits
from loadtests.capacity.levels import LevelRun, in_levels, turns
from loadtests.generator import end_orphan, processes_of
from loadtests.measure.histogram import decode
from loadtests.perform import Outcome
from loadtests.scenarios.registry import CAPACITY, Scenario
from loadtests.steady.order import Order, Stage
from loadtests.steady.record import Record
from loadtests.steady.run import Asked, steady
from loadtests.steady.schedule import actions, scheduled
from loadtests.steady.tape import Sample
from loadtests.steady.watch import Watch
from loadtests.verdict import Result
from runtime.errors import PlanError
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open

SHARE, SECONDS = 3.0, 5.0
INTENDED = {"page_anonymous", "page_signed_in", "wiki_view", "feed", "search", "sign_in", "comment", "upload"}
"""Classes whose requests are always the first of an action: they are due when the schedule says."""
PREPARED = 3
"""People of the pretended platform who sign in before the test: a reader, an author, an editor."""


@pytest.fixture(autouse=True)
def _many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "cores", lambda: 8)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Watch, Path]]:
    """Every run so far, with its target."""
    found: list[tuple[Watch, Path]] = []
    drive = Watch.drive

    def kept(self: Watch, target: Path) -> None:
        found.append((self, target))
        drive(self, target)

    monkeypatch.setattr(Watch, "drive", kept)
    return found


def driven(pretended: PretendDeployment, processes: int, seconds: float = SECONDS, requests: int = 10_000) -> Result:
    result = steady(pretended, Asked(SHARE, seconds, requests, processes), lambda _: None)
    assert {path.name for path in (pretended.folder / "tests").iterdir()} == {"lock"}
    return result


def heard(runs: list[tuple[Watch, Path]]) -> bool:
    """Tell whether all processes were heard of to the end of the last run: where the machine stands still for seconds they are not."""
    return not runs[-1][0].record.faults


def intended(samples: list[Sample], begin: float) -> Counter[tuple[str, float]]:
    return Counter((sample.request_class, round(sample.at - begin, 5)) for sample in samples if sample.request_class in INTENDED)


def planned(order: Order, begin: float) -> Counter[tuple[str, float]]:
    first = {"wiki_edit": "wiki_view", "post": "page_signed_in"}
    due = takewhile(lambda action: action.due_s <= order.limit_s, scheduled(order))
    return Counter((first.get(action.request_class, action.request_class), round((begin + action.due_s) - begin, 5)) for action in due)


@pytest.mark.parametrize("processes", [1, 3])
def test_everything_of_the_schedule_is_asked_once_at_its_moment_whatever_the_processes(
    processes: int, pretended: PretendDeployment, mood: Mood, runs: list[tuple[Watch, Path]]
) -> None:
    def drive() -> Result:
        mood.signed_in = 0
        return driven(pretended, processes)

    result = again(drive, lambda _: heard(runs))
    run, _ = runs[-1]
    record, found = run.record, result.measured
    assert found is not None
    begin = record.began("open")
    assert begin is not None
    assert intended(record.samples, begin) == planned(run.order, begin)
    assert result.failures == 0, [sample for sample in record.samples if sample.kind][:3]
    assert found.generator.processes == processes
    assert {beat.process for beat in record.beats} == ({0, 1, 2, 3} if processes > 1 else {1})
    assert mood.signed_in == PREPARED + sum(sample.request_class == "sign_in" for sample in record.samples), "nobody signs in for each process"
    for part in result.classes:
        assert sum(decode(text).count for text in part.histograms.values()) == part.requests
    assert [turn.phase for turn in record.turns].count("open") == 1
    assert [turn.phase for turn in record.turns].count("done") == 1


def whose(target: Path) -> tuple[psutil.Process, list[psutil.Process]]:
    """The process that hears all others, and those who drive."""
    every = [psutil.Process(pid) for pid in processes_of(target)]
    first = next(one for one in every if one.ppid() == os.getpid())
    return first, [one for one in every if one != first]


def ended_by(deed: Callable[[Watch, Path], None], pretended: PretendDeployment, mood: Mood, runs: list[tuple[Watch, Path]]) -> Result:
    """The result of a run in which ``deed`` is done midway; all processes are gone then."""
    mood.asked = 0
    when_open(mood, lambda: deed(*runs[-1]), after=80)
    result = driven(pretended, 3, 120.0)
    assert processes_of(runs[-1][1]) == []
    assert result.requests > 10
    assert result.measured is not None
    return result


def test_processes_that_die_or_stand_still_midway_prove_nothing_and_take_all_with_them(
    pretended: PretendDeployment, mood: Mood, runs: list[tuple[Watch, Path]]
) -> None:
    def deed(_: Watch, target: Path) -> None:
        one, other = whose(target)[1][:2]
        one.kill()
        other.suspend()

    result = ended_by(deed, pretended, mood, runs)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert sum("of 3 of the load generator ended midway" in reason for reason in result.reasons) >= 2
    assert result.duration_s < 60


def test_the_one_that_hears_all_others_does_not_leave_them_behind(pretended: PretendDeployment, mood: Mood, runs: list[tuple[Watch, Path]]) -> None:
    result = ended_by(lambda _, target: whose(target)[0].kill(), pretended, mood, runs)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert any("did not come to its end" in reason for reason in result.reasons)


def test_an_orphan_is_all_of_its_processes(pretended: PretendDeployment, mood: Mood, runs: list[tuple[Watch, Path]]) -> None:
    assert ended_by(lambda _, target: end_orphan(target), pretended, mood, runs).verdict == "invalid"


def test_ctrl_c_ends_all_and_keeps_what_was_measured(pretended: PretendDeployment, mood: Mood, runs: list[tuple[Watch, Path]]) -> None:
    result = again(lambda: ended_by(lambda *_: os.kill(os.getpid(), signal.SIGINT), pretended, mood, runs), lambda _: heard(runs))
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert result.measured is not None
    assert result.measured.stopped == "interrupted"
    assert heard(runs)


def test_the_limit_of_requests_holds_for_all_together(pretended: PretendDeployment, runs: list[tuple[Watch, Path]]) -> None:
    result = again(lambda: driven(pretended, 3, 120.0, 90), lambda _: heard(runs))
    assert result.measured is not None
    assert result.measured.stopped == "the limit of 90 requests"
    assert result.duration_s < 60


def test_wrong_credentials_are_the_answer_no_and_nobody_waits_for_them(pretended: PretendDeployment, mood: Mood) -> None:
    mood.password = "another"  # noqa: S105 - of nobody
    result = driven(pretended, 3)
    assert (result.verdict, result.exit_code, result.requests) == ("failed", 3, 0)
    assert "people cannot do what they come for" in result.reasons[0]


def test_processes_that_cannot_drive_are_refused_before_anything_is_made(pretended: PretendDeployment) -> None:
    for processes in (0, 9):
        with pytest.raises(PlanError, match=f"is {processes}: "):
            driven(pretended, processes)
    with pytest.raises(PlanError, match="is 9: "):
        in_levels(pretended, CAPACITY, Limits(30.0, 100, 9), lambda _: None, lambda *_: pytest.fail("begun"))
    assert pretended.asked == []
    assert not (pretended.folder / "tests").exists()


class TwoLevels(LevelRun):
    """Two levels of two seconds."""

    def look(self, record: Record, now: float) -> None:
        begun = turns(record.turns, "level")
        if now - begun.get(2, now) > 2:
            self.halt("enough")
        elif now - begun.get(1, now) > 2 and 2 not in begun:
            self.tell(Stage(number=2, share=2 * SHARE))

    def outcome(self) -> Outcome:
        return Outcome("invalid", ())


def test_levels_begin_and_end_for_all_together(pretended: PretendDeployment, runs: list[tuple[Watch, Path]]) -> None:
    def begin(scenario: Scenario, order: Order, stage: Path) -> TwoLevels:
        run = TwoLevels(pretended, scenario, order, lambda _: None, stage=stage)
        run.tell(Stage(number=1, share=SHARE))
        return run

    again(lambda: in_levels(pretended, CAPACITY, Limits(60.0, 10_000, 3), lambda _: None, begin), lambda _: heard(runs))
    run, target = runs[-1]
    begun, over = turns(run.record.turns, "level"), turns(run.record.turns, "level over")
    assert begun.keys() == over.keys() == {1, 2}
    assert run.record.began("done") is not None
    assert begun[2] > over[1]
    for number, share in ((1, SHARE), (2, 2 * SHARE)):
        here = [sample for sample in run.record.samples if begun[number] <= sample.at < begun.get(number + 1, float("inf"))]
        seen = {at for _, at in intended(here, begun[number])}
        level = actions(run.order.workload.scaled(share), run.order.seed + number)
        due = {round((begun[number] + action.due_s) - begun[number], 5) for action in islice(level, 2000)}
        assert seen <= due
        assert len(seen) > 10
    assert processes_of(target) == []
