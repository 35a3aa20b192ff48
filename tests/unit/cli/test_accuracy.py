"""``plan accuracy``: results become rows once, errors stand in the members that are asked for, and what does not fit changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from loadtests.verdict import Result
from sizing.plan import Plan
from tests.unit.loadtests.accuracy import made
from tests.unit.sizing.briefs import PILOT

BROKEN: dict[str, tuple[tuple[str, ...], Any]] = {
    "later-version.json": (("schema", "version"), 99),
    "torn.json": (("measured", "platform", "host_cpu"), []),
    "endless.json": (("duration_s",), float("nan")),
    "negative.json": (("measured", "generator", "cpu_mean"), -1.0),
    "local.json": (("started",), "2026-11-29T06:00:00"),
}


def changed(result: Result, change: tuple[tuple[str, ...], Any]) -> str:
    """The text of a result in which one member says something else."""
    told = json.loads(result.model_dump_json())
    inner, (path, value) = told, change
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return json.dumps(told)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made.plan()


@pytest.fixture
def there(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with brief, plan and two results."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brief.yaml").write_text(PILOT, encoding="utf-8")
    inputs = plan.inputs.model_copy(update={"path": str(tmp_path / "brief.yaml")})
    (tmp_path / "plan.json").write_text(plan.model_copy(update={"inputs": inputs}).model_dump_json(), encoding="utf-8")
    (tmp_path / "later.json").write_text(made.calibrated(plan).model_dump_json(), encoding="utf-8")
    (tmp_path / "result.json").write_text(made.steady(plan, off={"wiki": 1.25}).model_dump_json(), encoding="utf-8")
    (tmp_path / "search.json").write_text(made.capacity(plan, 50_000, levels=(made.level(plan),)).model_dump_json(), encoding="utf-8")
    return tmp_path


def answered(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:  # noqa: ANN401 - JSON
    capsys.readouterr()
    assert run(["accuracy", *argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_members_are_those_that_are_asked_for(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accuracy", "result.json", "search.json", "--plan", "later.json"]) == 0
    told = answered(capsys)
    for name in ("capacity_error", "utilisation_error", "p95_latency_error"):
        assert {"median", "p90", "n", "noise_floor"} <= set(told[name])
        assert told[name]["n"] > 0
    for row in told["rows"]:
        assert {"shape", "load", "predicted", "measured", "calibrated_on", "held_out", "noise_floor"} <= set(row)
        assert row["calibrated_on"] == {"at": made.EARLIER, "machine": made.MACHINE}
        assert row["held_out"] is True
    assert len(told["rows"]) == 3
    assert told["schema"] == {"version": 1}
    assert (there / "accuracy.json").exists()


def test_the_same_run_is_not_added_twice(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accuracy", "result.json", "search.json"]) == 0
    assert "written: accuracy.json: 3 added" in capsys.readouterr().err
    before = (there / "accuracy.json").read_bytes()
    assert run(["accuracy", "search.json", "result.json", "result.json"]) == 0
    assert "unchanged: accuracy.json: 0 added, 3 there already" in capsys.readouterr().err
    assert (there / "accuracy.json").read_bytes() == before
    assert run(["accuracy", "result.json", "--configuration", "page cache\n off"]) == 0
    assert "written: accuracy.json: 0 added, 1 told anew" in capsys.readouterr().err
    assert [(row["scenario"], row["configuration"]) for row in answered(capsys)["rows"]] == [("capacity", ""), ("capacity", ""), ("steady", "page cache off")]


@pytest.mark.usefixtures("there")
def test_the_answer_is_a_line_for_each_case_and_each_error_beside_what_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accuracy", "result.json", "search.json", "--plan", "later.json"]) == 0
    said = capsys.readouterr()
    assert "p95 is the plan's at its peak, moved by the crowding" in said.err
    assert "3 cases that the calibration did not see:" in said.out
    assert "capacity: not reached: " in said.out
    assert "asked 5%, nine of ten within 10%" in said.out
    assert "\n    wiki: " in said.out
    assert sum(line.lstrip().startswith("2026-11-29T06:00") for line in said.out.splitlines()) == 3


def test_a_plan_whose_brief_is_there_is_asked_itself(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = answered(capsys, "result.json")
    assert told["rows"][0]["predicted_by"] == "the plan's model, solved at this load"
    assert told["rows"][0]["calibrated_on"] is None
    assert told["utilisation_error"] == {"median": None, "p90": None, "n": 0, "noise_floor": None, "within_noise": 0}
    assert told["uncalibrated"]["by_station"]["wiki"]["median"] == pytest.approx(0.2, abs=1e-3)
    text = (there / "accuracy.json").read_text()
    assert str(there) not in text


@pytest.mark.parametrize("path", ["", "gone.yaml", "a\0b", "x" * 300])
def test_a_plan_whose_brief_cannot_be_read_is_asked_at_its_peak(there: Path, plan: Plan, capsys: pytest.CaptureFixture[str], path: str) -> None:
    lost = plan.model_copy(update={"inputs": plan.inputs.model_copy(update={"path": path})})
    (there / "plan.json").write_text(lost.model_dump_json(), encoding="utf-8")
    assert "the brief that it was made from cannot be read" in answered(capsys, "result.json")["rows"][0]["predicted_by"]


def test_without_a_result_the_file_is_summarised_and_not_touched(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accuracy", "result.json", "--file", "kept.json"]) == 0
    (there / "plan.json").unlink()
    before = (there / "kept.json").read_bytes()
    assert run(["accuracy", "--file", "kept.json"]) == 0
    assert "plans that were not calibrated (1 cases)" in capsys.readouterr().out
    assert (there / "kept.json").read_bytes() == before


@pytest.mark.parametrize(("since", "cases"), [("2026-11-29T06:00", 3), ("2026-11-29T06:00:00+00:00", 3), ("2026-11-29T08:30:00+02:00", 0), ("2026-11-30", 0)])
def test_runs_from_before_a_moment_stay_in_the_file_and_are_not_summed_up(there: Path, capsys: pytest.CaptureFixture[str], since: str, cases: int) -> None:
    assert run(["accuracy", "result.json", "search.json", "--plan", "later.json", "--since", since]) == 0
    assert answered(capsys, "--since", since)["cases"] == cases
    assert len(json.loads((there / "accuracy.json").read_text(encoding="utf-8"))["rows"]) == 3


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ([], "accuracy.json: no such file"),
        (["none.json"], "none.json: no such file"),
        (["brief.yaml"], "brief.yaml: is no JSON of a result"),
        (["plan.json"], "is no result of a test"),
        (["invalid.json"], "invalid and proves nothing"),
        (["result.json", "invalid.json"], "invalid and proves nothing"),
        (["result.json", "--plan", "result.json"], "result.json"),
        (["result.json", "--plan", "other.json"], "another brief"),
        (["result.json", "--file", "result.json"], "is a result itself"),
        (["result.json", "--file", "plan.json"], "is the plan itself"),
        (["result.json", "--file", "."], "is a folder"),
        (["result.json", "--file", "brief.yaml"], "brief.yaml: is no JSON"),
        (["circle"], "circle: cannot be read"),
        (["result.json", "--file", "x" * 300], "cannot be used: File name too long"),
        (["later-version.json"], "schema version 99"),
        (["torn.json"], "columns of different lengths"),
        (["endless.json"], "is no JSON of a result"),
        (["negative.json"], "holds a number that no test measures: generator_cores -1"),
        (["local.json"], "does not tell when the test began"),
        (["result.json", "--since", "yesterday"], "'yesterday' is no moment"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_mend_and_nothing_is_written(
    argv: list[str], why: str, there: Path, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    (there / "invalid.json").write_text(made.steady(plan, verdict="invalid", reasons=("starved",)).model_dump_json(), encoding="utf-8")
    (there / "other.json").write_text(
        plan.model_copy(update={"inputs": plan.inputs.model_copy(update={"digest": "e" * 64})}).model_dump_json(), encoding="utf-8"
    )
    for name, changes in BROKEN.items():
        (there / name).write_text(changed(made.steady(plan), changes), encoding="utf-8")
    (there / "circle").symlink_to("circle")
    before = {path.name: path.read_bytes() for path in there.iterdir() if path.name != "circle"}
    assert run(["accuracy", *argv]) == 1
    said = capsys.readouterr()
    assert why in said.err
    assert "hint:" in said.err
    assert "bug" not in said.err
    assert {path.name: path.read_bytes() for path in there.iterdir() if path.name != "circle"} == before
    assert (there / "circle").is_symlink()


def test_what_no_file_can_hold_in_the_words_of_a_configuration_is_replaced(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accuracy", "result.json", "result.json", "--configuration", "cache \udcff off"]) == 0
    assert "written: accuracy.json: 1 added" in capsys.readouterr().err
    assert answered(capsys)["rows"][0]["configuration"] == "cache ? off"
    assert (there / "accuracy.json").exists()
