"""What ``plan test capacity`` says: how many people and what gives first, the prediction beside it, every level."""

from pathlib import Path

import pytest

from cli import capacity as words
from cli.main import run
from infra import deployment as deployments
from infra import live
from loadtests.capacity import run as running
from loadtests.capacity.findings import outcome
from loadtests.capacity.levels import Asked
from loadtests.perform import Outcome
from loadtests.verdict import Result
from tests.unit.cli.test_steady import Desk
from tests.unit.loadtests.capacity.seen import facts


def result(found: Outcome) -> Result:
    return Result(scenario="capacity", platform="pilot", started="2026-11-28T12:00:00+00:00", **{**vars(found), "driven": None})


def test_the_answer_comes_first_then_the_prediction_targets_and_levels() -> None:
    said = list(words.report(result(outcome(facts(1.4, 2.5, 2.7, starved=2)))))
    assert said[0].startswith("passed: 1,")
    assert "people (" in said[0]
    assert said[0].endswith("processors gives first")
    text = "\n".join(said)
    for part in (
        "with 95 % confidence",
        "of the plan's peak",
        "predicted by the plan: 900 people (-",
        "first to give: desk.cpu",
        "processors",
        "generator: not fine",
    ):
        assert part in text
    assert sum(line.lstrip()[:1] in {"1", "2", "3"} for line in said[1:]) == 3


def test_where_nothing_is_known_that_is_said() -> None:
    assert list(words.report(result(Outcome("invalid", ("nobody came",))))) == ["invalid: the capacity is not known", "  nobody came"]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    seen: list[Asked] = []

    def search(_: object, wanted: Asked, __: object) -> Result:
        seen.append(wanted)
        return result(outcome(facts(1.4, 2.5, 2.7)))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "load", lambda _name: Desk(tmp_path / "pilot"))
    monkeypatch.setattr(live, "engine_client", lambda: None)
    monkeypatch.setattr(running, "capacity", search)
    return seen


def test_the_limits_are_passed_on_and_the_result_is_written(asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "capacity"]) == 0
    assert run(["test", "capacity", "--duration", "60", "--requests", "500", "--processes", "2", "--json"]) == 0
    assert asked == [Asked(780.0, 100_000), Asked(60.0, 500, 2)]
    written = Result.model_validate_json(Path("result.json").read_text())
    assert written.schema_.version == 8
    assert written.capacity is not None
    assert "People carried" in Path("report.html").read_text()
    said = capsys.readouterr().out
    assert Result.model_validate_json(said[said.index("{") :]) == written


@pytest.mark.parametrize("nonsense", [["--duration", "5"], ["--duration", "soon"], ["--requests", "0"], ["--share", "0.5"]])
def test_nonsense_is_refused_before_anything_is_driven(asked: list[Asked], nonsense: list[str]) -> None:
    assert run(["test", "capacity", *nonsense]) == 2
    assert asked == []


def test_without_a_deployment_there_is_nothing_to_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "ROOT", tmp_path / "none")
    assert run(["test", "capacity"]) == 1
    assert "plan deploy" in capsys.readouterr().err
