"""A file whose bytes are no brief is refused by every command that reads one, and nothing is written."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cli import main
from tests.unit.sizing.briefs import PILOT, read

CASES = read(Path(__file__).with_name("bad_files.yaml").read_text(encoding="utf-8"))
GERMAN = PILOT.replace("company: ", "company: Müller & ", 1)


def content(case: dict[str, Any]) -> bytes:
    return base64.b64decode(case["base64"]) if "base64" in case else GERMAN.encode(case["how"], "replace")


@pytest.mark.parametrize("command", ["check", "size"])
@pytest.mark.parametrize("case", CASES, ids=[case["breaks"] for case in CASES])
def test_bytes_that_are_no_brief_are_refused(
    case: dict[str, Any], command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brief.yaml").write_bytes(content(case))
    assert main.run([command]) == 1
    found = capsys.readouterr()
    error, hint = found.err.splitlines()
    assert error.startswith("error: brief.yaml: ")
    assert case["says"] in error
    assert case["mend"] in hint
    assert [path.name for path in tmp_path.iterdir()] == ["brief.yaml"]
    assert "\x1b" not in error


@pytest.mark.parametrize("how", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_windows_makes_of_a_good_brief_is_still_one(
    how: str, ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brief.yaml").write_bytes(GERMAN.replace("\n", ends).encode(how))
    assert main.run(["check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("sign", ["\x1b[31m", "\x9b31m", "\u202e", "\u2028", "\ud800", "a\nb", "a\rb"])
def test_a_key_that_would_steer_the_terminal_is_shown_on_one_line(
    sign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brief.yaml").write_text(f"{GERMAN}\n{json.dumps(sign)}: 1\n")
    assert main.run(["check"]) == 1
    assert main.run(["check", "--json"]) == 1
    found = capsys.readouterr()
    assert found.err.count("\nhint: ") == 2
    assert len(found.err.splitlines()) == 4
    assert all(error.startswith("error: brief.yaml: ") for error in found.err.splitlines()[::2])
    assert json.loads(found.out)["problems"]
    assert [sign for sign in (found.out + found.err).replace("\n", "") if not sign.isprintable()] == []
