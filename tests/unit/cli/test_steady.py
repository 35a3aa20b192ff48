"""What ``plan test steady`` says: the verdict first, then each target, the classes beside the plan, what the platform did."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli import steady as words
from cli.main import run
from infra import deployment as deployments
from infra import live
from loadtests.closed import run as closed
from loadtests.perform import Outcome
from loadtests.steady import run as running
from loadtests.steady.findings import outcome
from loadtests.steady.run import Asked
from loadtests.steady.run import steady as really
from loadtests.verdict import Result
from sizing.plan import Plan
from tests.unit.loadtests.programs.said import run as programs_said
from tests.unit.loadtests.remembered import RememberedDeployment
from tests.unit.loadtests.steady.peaks import beats, facts, order, plan, probes


def result(found: Outcome) -> Result:
    return Result(scenario="steady", platform="pilot", started="2026-11-28T12:00:00+00:00", **{**vars(found), "driven": None})


def test_the_answer_comes_first_then_targets_classes_and_what_happened() -> None:
    found = facts()
    found.record.probes.extend(probes(20.0, 30.0))
    said = list(words.report(result(outcome(found))))
    assert said[0].startswith("passed: ")
    text = "\n".join(said)
    for part in (
        "p95 of all pages",
        "1,000 ms",
        "processors",
        "predicted",
        "memory of blogs",
        "page_signed_in",
        "stopped: the answer is known",
        "cores used, of 2",
    ):
        assert part in text
    assert "note: this machine has 2 cores, the plan's servers have 4" in text


def test_a_run_without_figures_says_why_and_no_more() -> None:
    assert list(words.report(result(Outcome("invalid", ("nobody came",))))) == ["invalid: 0 requests, 0 failed, 0 s", "  nobody came"]


class Desk(RememberedDeployment):
    """A deployment of 400 people whose plan tells its peak."""

    @property
    def plan(self) -> Plan:
        return plan().model_copy(update={"platform": super().plan.platform})


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    seen: list[Asked] = []

    def drive(_: object, wanted: Asked, __: object) -> Result:
        seen.append(wanted)
        return result(outcome(facts()))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "load", lambda _name: Desk(tmp_path / "pilot"))
    monkeypatch.setattr(live, "engine_client", lambda: None)
    monkeypatch.setattr(running, "steady", drive)
    return seen


def test_the_load_is_a_share_of_the_peak_or_so_many_people(asked: list[Asked]) -> None:
    assert run(["test", "steady"]) == 0
    assert run(["test", "steady", "--share", "0.5", "--duration", "60", "--requests", "500", "--processes", "2"]) == 0
    assert run(["test", "steady", "--people", "800"]) == 0
    assert asked == [Asked(1.0, 900.0, 100_000), Asked(0.5, 60.0, 500, 2), Asked(2.0, 900.0, 100_000)]
    assert Result.model_validate_json(Path("result.json").read_text()).verdict == "passed"
    assert "pilot: the plan&#39;s peak, passed" in Path("report.html").read_text()


def test_several_processes_are_told_with_their_cores() -> None:
    found = facts()
    found.record.beats.extend(beats(120, process=2))
    assert "generator: 2 processes, 24% of a core together, 99 of 100 arrivals" in "\n".join(words.report(result(outcome(found))))


@pytest.mark.parametrize("processes", ["0", "-1", "100000"])
def test_processes_that_cannot_drive_are_refused(
    processes: str, asked: list[Asked], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "steady", really)
    assert run(["test", "steady", "--processes", processes]) == 1
    said = capsys.readouterr().err
    assert f"--processes is {processes}: " in said or f"--processes: is {processes}: " in said
    assert "give 1 to " in said
    assert not Path("result.json").exists()
    assert asked == []


def test_people_at_once_are_asked_for_by_their_number(asked: list[Asked], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[object] = []
    found = replace(facts(), order=order().model_copy(update={"people": 30}))

    def drive(_: object, wanted: object, __: object) -> Result:
        seen.append(wanted)
        measured = outcome(found).measured
        assert measured is not None
        told = measured.model_copy(update={"closed": closed.told_of(plan(), found.order)})
        return result(replace(outcome(found), measured=told)).model_copy(update={"scenario": "closed"})

    monkeypatch.setattr(closed, "closed", drive)
    assert run(["test", "steady", "--closed", "30", "--duration", "60"]) == 0
    assert (seen, asked) == ([closed.Asked(30, 60.0, 100_000)], [])
    said = capsys.readouterr().out
    for part in ("closed: 30 people at once", "the closed model says", "a slow platform is asked for less"):
        assert part in said
    assert "times from the send" in Path("report.html").read_text()


@pytest.mark.parametrize("other", [["--share", "2"], ["--people", "800"]])
def test_people_at_once_and_a_share_of_the_peak_are_refused(other: list[str], asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "steady", "--closed", "30", *other]) == 1
    assert "give one of them" in capsys.readouterr().err
    assert asked == []


def test_both_at_once_are_refused(asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "steady", "--people", "800", "--share", "2"]) == 1
    assert "give one of them" in capsys.readouterr().err
    assert asked == []


def test_a_disk_that_takes_no_result_takes_no_answer_away(asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    Path("result.json").mkdir()
    assert run(["test", "steady"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("passed: ")
    assert "result.json" in said.err
    assert len(asked) == 1


def test_a_request_that_never_came_is_called_so() -> None:
    found = facts()
    never = replace(found.record.samples[0], kind="timeout", waited_ms=60_000.0)
    found.record.samples.extend([never] * 200)
    assert "never" in "\n".join(words.report(result(outcome(found))))


def test_what_was_full_inside_is_said_and_what_was_not_is_not() -> None:
    seen = facts()
    platform = seen.platform.model_copy(update={"programs": programs_said(120, busy=4.0, waiting=12.0).model_copy(update={"notes": ("wiki told nothing",)})})
    text = "\n".join(words.report(result(outcome(replace(seen, platform=platform)))))
    assert "inside: the blogs' PHP pool of 4 was full at 50% of the looks; up to 12 waited" in text
    assert "note: wiki told nothing" in text
    assert "inside:" not in "\n".join(words.report(result(outcome(seen))))
