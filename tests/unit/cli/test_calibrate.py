"""What ``plan calibrate`` says and writes: the answer first; measurements beside what was observed; nothing where it proved nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli import calibrate_words as words
from cli.main import run
from infra import deployment as deployments
from infra import fingerprint, live
from loadtests.calibrate import run as running
from loadtests.calibrate.findings import outcome
from loadtests.capacity.levels import Asked
from loadtests.perform import Outcome
from loadtests.verdict import Result
from sizing.calibration import MEASURED, parse
from sizing.plan import Plan
from tests.model.calibrated import World
from tests.unit.loadtests.remembered import RememberedDeployment
from tests.unit.sizing.asked import planned
from tests.unit.sizing.briefs import PILOT
from tests.unit.sizing.test_observed import observed

TAGS = {"blogs": "trixie-1", "wiki": "trixie-2"}


def result(found: Outcome) -> Result:
    return Result(scenario="calibrate", platform="pilot", started="2026-11-29T02:00:00+00:00", **{**vars(found), "driven": None})


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned()


@pytest.fixture(scope="module")
def passed(plan: Plan) -> Outcome:
    return outcome(World(4, off=1.5, plan=plan, seconds=120.0).facts())


@pytest.fixture
def told(passed: Outcome, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Asked | Outcome]:
    """What is asked; the last Outcome in it is what a run comes to."""
    seen: list[Asked | Outcome] = [passed]

    def drive(_: object, wanted: Asked, __: object) -> Result:
        seen.append(wanted)
        return result(next(one for one in reversed(seen) if isinstance(one, Outcome)))

    desk = RememberedDeployment(tmp_path / "pilot")
    monkeypatch.setattr(RememberedDeployment, "plan", property(lambda _: plan))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "load", lambda _name: desk)
    monkeypatch.setattr(live, "engine_client", lambda: None)
    monkeypatch.setattr(running, "calibrate", drive)
    monkeypatch.setattr(fingerprint, "ran", lambda _: TAGS)
    monkeypatch.setattr(fingerprint, "as_of", lambda _: {})
    monkeypatch.setattr(fingerprint, "now", lambda _name, _moments: TAGS)
    return seen


def test_the_answer_comes_first_then_every_demand_and_level(passed: Outcome) -> None:
    said = list(words.report(result(passed)))
    assert said[0].startswith("passed: a request of the plan's mix takes ")
    assert "times what the plan says" in said[0]
    text = "\n".join(said)
    for part in (*MEASURED, "95 % interval", "readers of the wiki", "the plan's mix, high", "stopped: every mix was driven", "real first pages"):
        assert part in text


def test_where_nothing_is_known_that_is_said() -> None:
    assert list(words.report(result(Outcome("invalid", ("nobody came",))))) == ["invalid: nothing was measured", "  nobody came"]


def test_the_limits_are_passed_on_and_the_file_is_written_beside_what_was_observed(told: list[Asked | Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    before = {"schema": {"version": 1}, "observations": observed(zipf_exponent=(0.7, 0.8, 0.9)).model_dump(mode="json")}
    Path("calibration.json").write_text(json.dumps(before))
    assert run(["calibrate"]) == 0
    assert "written: calibration.json; next: plan size" in capsys.readouterr().err
    assert run(["calibrate", "--duration", "90", "--requests", "500", "--processes", "2", "--output", "other.json", "--json"]) == 0
    assert told[1:] == [Asked(480.0, 100_000), Asked(90.0, 500, 2)]
    held = parse(Path("calibration.json").read_text())
    assert held.schema_.version == 3
    assert held.observations is not None
    assert held.observations.numbers["zipf_exponent"].value == 0.8
    assert held.measurements is not None
    assert set(held.measurements.numbers) == set(MEASURED)
    assert held.measurements.run == "2026-11-29T02:00:00+00:00"
    assert held.measurements.images == TAGS
    assert held.measurements.machine.name == "desk"
    said = capsys.readouterr().out
    assert Result.model_validate_json(said[said.index("{") :]) == Result.model_validate_json(Path("result.json").read_text())


@pytest.mark.parametrize(("verdict", "code"), [("invalid", 1), ("failed", 3)])
def test_where_it_proved_nothing_nothing_is_written(told: list[Asked | Outcome], passed: Outcome, verdict: str, code: int) -> None:
    told.append(replace(passed, verdict=verdict, reasons=("why",)))  # type: ignore[arg-type]
    assert run(["calibrate"]) == code
    assert not Path("calibration.json").exists()
    assert Path("result.json").exists()


def test_plan_size_uses_it_and_says_so(told: list[Asked | Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    Path("brief.yaml").write_text(PILOT, encoding="utf-8")
    assert run(["calibrate"]) == 0
    capsys.readouterr()
    assert run(["size", "--draws", "100", "--explain"]) == 0
    said = capsys.readouterr().out
    measured = json.loads(Path("calibration.json").read_text())["measurements"]
    assert f"Calibrated: {len(MEASURED) + len(measured['variations'])} numbers were measured by load on " in said
    assert "a request of the mix that was measured" in said
    made = json.loads(Path("plan.json").read_text())
    assert made["inputs"]["measured"]["same"] is True
    assert len(told) == 2


def test_another_version_of_the_platform_is_refused_and_no_plan_is_written(
    told: list[Asked | Outcome], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("brief.yaml").write_text(PILOT, encoding="utf-8")
    assert run(["calibrate"]) == 0
    monkeypatch.setattr(fingerprint, "now", lambda _name, _moments: {**TAGS, "blogs": "trixie-9"})
    assert run(["size", "--draws", "100"]) == 1
    error = capsys.readouterr().err
    assert "calibration.json: measurements: another version of the platform was measured: blogs differ" in error
    assert "plan calibrate" in error
    assert not Path("plan.json").exists()
    assert len(told) == 2


@pytest.mark.parametrize("nonsense", [["--duration", "5"], ["--duration", "7200"], ["--requests", "0"], ["--share", "0.5"]])
def test_nonsense_is_refused_before_anything_is_driven(told: list[Asked | Outcome], nonsense: list[str]) -> None:
    assert run(["calibrate", *nonsense]) == 2
    assert len(told) == 1


@pytest.mark.parametrize(("output", "why"), [("result.json", "the result itself"), (".", "is a folder")])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_driven(
    output: str, why: str, told: list[Asked | Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["calibrate", "--output", output]) == 1
    assert why in capsys.readouterr().err
    assert len(told) == 1


def test_without_a_deployment_there_is_nothing_to_calibrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "ROOT", tmp_path / "none")
    assert run(["calibrate"]) == 1
    assert "plan deploy" in capsys.readouterr().err
