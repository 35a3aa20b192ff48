import os
import stat
import sys
from pathlib import Path

import pytest

from runtime import files
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.run import run


def test_a_failed_write_leaves_the_old_content_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.json"
    files.write(path, "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PlanError, match="No space left"):
        files.write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_private(tmp_path: Path) -> None:
    files.write(tmp_path / "secret", "x", files.PRIVATE)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_reading_what_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"\xff\xfe")
    with pytest.raises(PlanError, match="not UTF-8"):
        files.read(tmp_path / "b")


def test_a_second_command_on_the_same_deployment_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    with lock(tmp_path / "l"), pytest.raises(PlanError, match=str(os.getpid())), lock(tmp_path / "l"):
        pass
    with lock(tmp_path / "l"):
        pass


def test_a_failing_command_says_what_it_printed() -> None:
    with pytest.raises(PlanError) as caught:
        run([sys.executable, "-c", "import sys; sys.exit('because')"])
    assert "because" in caught.value.hint


def test_a_command_that_hangs_is_ended_with_its_children() -> None:
    with pytest.raises(PlanError, match="did not end within"):
        run([sys.executable, "-c", "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import signal; signal.pause()'])"], timeout_s=0.5)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(PlanError, match="no-such-program is not installed"):
        run(["no-such-program"])


def test_lines_are_handed_over_and_input_arrives() -> None:
    lines: list[str] = []
    done = run([sys.executable, "-c", "print(input()); print('b')"], stdin="a\n", on_line=lines.append)
    assert lines == ["a", "b"]
    assert done.stdout == "a\nb\n"
