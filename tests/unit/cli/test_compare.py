"""``plan test --compare`` and ``plan test report``: the answer first, exit codes, JSON, and nothing written where there is nothing to write."""

import json
from pathlib import Path

import pytest

from cli.main import run
from loadtests.compare.measured import Comparison
from tests.unit.loadtests.compare import runs


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    made = {"a": runs.run(1, rate=3), "b": runs.run(2, rate=3), "slow": runs.run(3, rate=3, slower={"page_signed_in": 1.5}), "other": runs.run(4)}
    return {name: one.model_dump_json() for name, one in made.items()}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: dict[str, str]) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "cut.json").write_text(texts["a"][:3000])
    (tmp_path / "plan.json").write_text('{"people": 400}')
    return tmp_path


def test_the_same_thing_twice_is_no_regression(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "--compare", "a.json", "b.json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("no regression: of ")
    assert said[1].startswith("  before: a.json (pilot, ")
    assert any(line.lstrip().startswith("p95 of page_signed_in") and line.endswith("may be chance") for line in said)


def test_a_regression_is_named_first_and_exits_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "--compare", "a.json", "slow.json"]) == 3
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("regression: p")
    assert "page_signed_in +" in said[0]
    assert any("worse: regression" in line for line in said)
    assert run(["test", "--compare", "slow.json", "a.json"]) == 0
    assert run(["test", "--compare", "a.json", "slow.json", "--least", "3"]) == 0


def test_json_answers_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "--compare", "a.json", "slow.json", "--json"]) == 3
    found = Comparison.model_validate_json(capsys.readouterr().out)
    assert found.verdict == "regression"
    assert found.schema_.version == 1
    assert any(one.regression for one in found.differences)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--compare", "a.json", "other.json"], 1, "other.json: was driven by another workload"),
        (["--compare", "a.json", "cut.json"], 1, "cut.json: is no JSON"),
        (["--compare", "plan.json", "a.json"], 1, "plan.json: is no result"),
        (["--compare", "a.json", "none.json"], 1, "none.json: no such file"),
        (["--compare", "a.json"], 2, "requires 2 arguments"),
        (["--compare", "a.json", "b.json", "--least", "-1"], 2, "--least"),
        (["--compare", "a.json", "b.json", "smoke"], 2, "stands alone"),
        (["--json", "smoke"], 2, "stands alone"),
        (["--json"], 2, "stands alone"),
        (["report", "cut.json"], 1, "cut.json: is no JSON"),
        (["report", "plan.json"], 1, "plan.json: is no result"),
        (["report", "a.json", "--output", "a.json"], 1, "is the result itself"),
        (["report", "a.json", "--output", "."], 1, "is a folder"),
        (["report", "a.json", "--output", "x" * 300], 1, "cannot be used: File name too long"),
        (["report", "circle"], 1, "circle: cannot be read"),
        (["report", "--output", "circle", "none.json"], 1, "none.json: no such file"),
        (["--compare", "a.json", "b.json", "--least", "nan"], 2, "--least"),
        (["report"], 1, "result.json: no such file"),
    ],
)
def test_nonsense_is_one_line_and_the_mend_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "circle").symlink_to("circle")
    assert run(["test", *arguments]) == code
    error, hint = capsys.readouterr().err.splitlines()
    assert words in error
    assert hint.startswith("hint: ")
    (folder / "circle").unlink()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_report_is_written_where_it_is_wanted(folder: Path, capsys: pytest.CaptureFixture[str], texts: dict[str, str]) -> None:
    (folder / "result.json").write_text(texts["a"])
    assert run(["test", "report"]) == 0
    assert run(["test", "report", "a.json", "--output", "other/page.html"]) == 0
    assert capsys.readouterr().out.split() == ["report.html", "other/page.html"]
    assert (folder / "report.html").read_text() == (folder / "other/page.html").read_text()
    assert "pilot: 3\u00a0times the plan&#39;s peak, passed" in (folder / "report.html").read_text()
    assert json.loads((folder / "result.json").read_text())["platform"] == "pilot"
