"""The command line: exit codes, one line and the mend, data apart from narration, nothing heavy before it is needed."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli import main
from tests.unit.sizing.briefs import PILOT, ROOT

EXAMPLE = str(ROOT / "examples/pilot.yaml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("UNDERDESK_DEBUG", raising=False)
    return tmp_path


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    found = capsys.readouterr()
    assert found.out == Path(__file__).with_name("help.txt").read_text(encoding="utf-8")
    assert found.err == ""


def test_every_command_of_the_list_has_its_module() -> None:
    assert [name for name in main.COMMANDS if not (ROOT / f"cli/{name.replace('-', '_')}.py").exists()] == []


def test_help_imports_nothing_heavy() -> None:
    heavy = "pydantic,ruamel,rich,jinja2,docker,pulumi,grpc,locust,ansible,sizing,infra,loadtests"
    code = f"import sys; from cli.main import run; run(['--help']); sys.exit(','.join(name for name in '{heavy}'.split(',') if name in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_size_answers_on_stdout_narrates_on_stderr_and_writes_the_plan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE]) == 0
    found = capsys.readouterr()
    assert found.out.startswith("One desk is enough for 400 people; this box carries about ")
    assert "The first thing to give is " in found.out
    assert "plan deploy" in found.err
    assert "plan deploy" not in found.out
    assert json.loads((folder / "plan.json").read_text())["inputs"]["path"] == EXAMPLE


def test_size_json_is_the_plan_that_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made == json.loads((folder / "plan.json").read_text())
    assert {"schema", "inputs", "people", "peak", "servers", "limits", "binding", "capacity", "assumptions"} <= set(made)
    assert all({"value", "unit", "source"} <= set(item) for item in made["assumptions"])


def test_a_what_if_writes_nothing_unless_told_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, "--people", "3000000", "--draws", "100"]) == 0
    assert "need" in capsys.readouterr().out
    assert not (folder / "plan.json").exists()
    assert main.run(["size", EXAMPLE, "--people", "3000000", "--draws", "100", "--output", "then.json"]) == 0
    assert json.loads((folder / "then.json").read_text())["people"] == 3000000


def test_check_says_what_is_not_used_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["check", EXAMPLE]) == 0
    found = capsys.readouterr()
    assert "400 people in 4 groups, 4 blogs, 1 wiki" in found.out
    assert "integration: " in found.out
    assert "plan size" in found.err


def test_check_json_tells_problems_and_unused_parts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["check", EXAMPLE, "--json"]) == 0
    good = json.loads(capsys.readouterr().out)
    assert (good["schema"], good["ok"], good["people"], good["problems"]) == ({"version": 1}, True, 400, [])
    assert "purpose" in [item["path"] for item in good["not_used_yet"]]
    (folder / "bad.yaml").write_text(PILOT.replace("people: 200", "people: none"))
    assert main.run(["check", "bad.yaml", "--json"]) == 1
    bad = json.loads(capsys.readouterr().out)
    assert (bad["ok"], [item["where"] for item in bad["problems"]]) == (False, ["bad.yaml: audience[0].people"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["size", "missing.yaml"], 1, ("missing.yaml: no such file", "plan init")),
        (["check", "missing.yaml"], 1, ("missing.yaml: no such file", "plan init")),
        (["check", "."], 1, ("cannot be read", "plan init")),
        (["check", "binary.yaml"], 1, ("is not UTF-8", "save it as UTF-8")),
        (["size", "bad.yaml"], 1, ("bad.yaml: name: is no name", "small letter")),
        (["size", "hard.yaml"], 3, ("no number of servers reaches 0.1 ms", "above")),
        (["size", EXAMPLE, "--people", "0"], 1, ("--people: 0 people", "from 1")),
        (["size", EXAMPLE, "--people", "many"], 2, ("--people", "plan size --help")),
        (["size", EXAMPLE, "--output", "/proc/plan.json"], 1, ("cannot write", "folder")),
        (["size", "--frob"], 2, ("--frob", "plan size --help")),
        (["frobnicate"], 2, ("No such command", "plan --help")),
        (["init", "there.yaml"], 1, ("there.yaml: is there already", "--force")),
        (["init"], 1, ("nobody is there to answer", "--company")),
    ],
)
def test_a_failure_is_one_line_and_the_mend(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: tuple[str, str]) -> None:
    (folder / "bad.yaml").write_text(PILOT.replace("name: pilot ", "name: PILOT ", 1))
    (folder / "hard.yaml").write_text(PILOT.replace("page_p95_ms: 500", "page_p95_ms: 0.1"))
    (folder / "there.yaml").write_text("mine")
    (folder / "binary.yaml").write_bytes(b"\x80\x81")
    before = sorted(folder.iterdir())
    assert main.run(arguments) == code
    found = capsys.readouterr()
    error, hint = found.err.splitlines()
    assert error.startswith("error: ")
    assert words[0] in error
    assert hint.startswith("hint: ")
    assert words[1] in hint
    assert "Traceback" not in found.out + found.err
    assert sorted(folder.iterdir()) == before


def test_every_problem_of_a_brief_gets_its_two_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.yaml").write_text(PILOT.replace("people: 200", "people: -1").replace("cores: 2", "cores: two"))
    assert main.run(["size", "bad.yaml"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["error:", "hint:"] * 2


def test_a_bug_is_one_line_and_a_file_with_the_details(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sizing.size.made", lambda *_: 1 / 0)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert main.run(["size", EXAMPLE]) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert "this is a bug: ZeroDivisionError" in error
    details = Path(hint.split(" in ")[1].split(";")[0])
    assert "Traceback" in details.read_text()
    assert not (folder / "plan.json").exists()


def test_the_details_of_a_bug_are_shown_when_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERDESK_DEBUG", "1")
    monkeypatch.setattr("sizing.size.made", lambda *_: 1 / 0)
    assert main.run(["size", EXAMPLE]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_with_130_and_a_clear_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sizing.size.made", interrupt)
    assert main.run(["size", EXAMPLE]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_polite_kill_ends_with_143_and_the_same_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sizing.size.made", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert main.run(["size", EXAMPLE]) == 143
    assert "interrupted" in capsys.readouterr().err


def test_init_writes_a_brief_that_checks_and_sizes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--company", 'A "quoted": company', "--administrator-mail", "me@firm.test", "--purpose", "to talk", "--people", "30", "--cores", "2"]
    assert main.run(["init", *said, "--memory-gib", "8", "--disk-gib", "60", "--time-zone", "Europe/Berlin"]) == 0
    assert capsys.readouterr().out == "brief.yaml\n"
    assert (folder / "brief.yaml").read_text().count("#") > 40
    assert main.run(["check"]) == 0
    assert main.run(["size"]) == 0
    assert (folder / "plan.json").exists()


def test_init_refuses_what_check_would_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["init", "--company", "C", "--administrator-mail", "nobody", "--purpose", "p", "--people", "30"]) == 1
    assert "administrator_mail" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("number", "mend"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "writable"), (errno.EACCES, "sudo"), (errno.EIO, "dmesg")])
def test_what_the_machine_lacks_is_no_bug(number: int, mend: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number), "/some/place")

    monkeypatch.setattr("sizing.size.made", fail)
    assert main.run(["size", EXAMPLE]) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error == f"error: /some/place: {os.strerror(number).lower()}"
    assert mend in hint
    assert list(folder.iterdir()) == []
