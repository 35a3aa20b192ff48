"""Every bad plan.json is refused by ``plan deploy`` with its place and the mend, and nothing is written."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cli import main
from infra import deployment
from tests.unit.sample_plan import SAMPLE
from tests.unit.sizing.briefs import put, read

CASES = read(Path(__file__).with_name("bad_plans.yaml").read_text(encoding="utf-8"))
GOOD = SAMPLE.model_dump_json(indent=1)
LARGE = {"NINES": "9" * 5000, "HUGE": '"' + "x" * 9_000_000 + '"', "DEEP": '{"a":' * 100_000}


def content(case: dict[str, Any]) -> bytes:
    if "base64" in case:
        return base64.b64decode(case["base64"])
    if "text" in case:
        return str(LARGE.get(case["text"], case["text"])).encode()
    if "head" in case:
        return GOOD[: case["head"]].encode()
    value = json.loads(GOOD)
    for path, new in case.get("set", {}).items():
        put(value, path, new)
    value.pop(case.get("remove"), None)
    return json.dumps(value).encode()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployment, "ROOT", tmp_path / "home")
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=[case["breaks"] for case in CASES])
def test_a_bad_plan_is_refused_where_it_is_wrong(case: dict[str, Any], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "plan.json").write_bytes(content(case))
    assert main.run(["deploy", "plan.json", "--yes"]) == 1
    found = capsys.readouterr()
    error, hint = found.err.splitlines()
    assert error.startswith(f"error: plan.json: {case['where']}".removesuffix(": "))
    assert case["says"] in error
    assert hint.startswith("hint: ")
    assert found.out == ""
    assert [path.name for path in home.iterdir()] == ["plan.json"]


def test_the_plan_that_the_cases_are_made_of_is_a_good_one(home: Path) -> None:
    (home / "plan.json").write_text(GOOD)
    assert deployment.read_plan(home / "plan.json") == SAMPLE


@pytest.mark.parametrize("path", [".", "/dev/zero", "missing.json"])
def test_what_is_no_file_is_refused_at_once(path: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["deploy", path, "--yes"]) == 1
    error, _ = capsys.readouterr().err.splitlines()
    assert path in error
    assert list(home.iterdir()) == []
