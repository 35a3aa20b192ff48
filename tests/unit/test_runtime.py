import os
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime import exchange, files
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.run import run

ROOT = Path(__file__).resolve().parents[2]


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


def test_a_write_is_on_the_disk_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, settled = tmp_path / "plan.json", []
    monkeypatch.setattr(os, "fsync", lambda handle: settled.append((stat.S_ISDIR(os.fstat(handle).st_mode), path.exists())))
    files.write(path, "new")
    assert settled == [(False, False), (True, True)]


def test_a_private_file_is_private(tmp_path: Path) -> None:
    files.write(tmp_path / "secret", "x", files.PRIVATE)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_what_cannot_be_a_name_is_refused_and_a_circle_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be used") as caught:
        files.refuse_special(tmp_path / ("x" * 300))
    assert caught.value.hint
    circle, link, file = (tmp_path / name for name in ("circle", "link", "file"))
    circle.symlink_to(circle)
    link.symlink_to(file)
    assert files.same(link, file)
    assert files.same(tmp_path / "." / "file", file)
    assert not files.same(circle, file)


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


DEAF = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); signal.pause()"
DAEMON = """
import os, signal
heard, said = os.pipe()
if os.fork():
    os.read(heard, 1)
    os._exit(3)
os.setsid()
print(os.getpid(), flush=True)
os.write(said, b".")
signal.pause()
"""
PARENT = "import signal, subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]]); signal.pause()"


def gone(pid: int) -> bool:
    """Wait for the end of a process that is nobody's child here."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 5)[0])
    finally:
        os.close(handle)


def test_an_interrupt_ends_a_grandchild_that_does_not_listen() -> None:
    seen: list[int] = []

    def interrupt(line: str) -> None:
        seen.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([sys.executable, "-c", PARENT, DEAF], on_line=interrupt)
    assert gone(seen[0])


def test_a_daemon_that_holds_the_pipes_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "REST_S", 0.3)
    done = run([sys.executable, "-c", DAEMON], check=False)
    assert done.returncode == 3
    os.kill(int(done.stdout), signal.SIGKILL)


def test_a_child_ends_when_we_are_killed() -> None:
    ours = f"from runtime.run import run; run([{sys.executable!r}, '-c', 'import os, signal; print(os.getpid(), flush=True); signal.pause()'], on_line={{}})"
    with subprocess.Popen([sys.executable, "-c", ours.format("lambda line: print(line, flush=True)")], cwd=ROOT, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        child = int(killed.stdout.readline())
        killed.kill()
    assert gone(child)


def test_much_is_said_both_ways_at_once() -> None:
    echo = "import sys; [(print(line, end=''), print(line, end='', file=sys.stderr)) for line in sys.stdin]"
    much = "ä line of text\r\n" * 30_000 + "the end"
    lines: list[str] = []
    errors: list[str] = []
    done = run([sys.executable, "-X", "utf8", "-c", echo], stdin=much, on_line=lines.append, on_error_line=errors.append)
    assert done.stdout == done.stderr == much.replace("\r\n", "\n")
    assert lines == errors == done.stdout.split("\n")


def test_a_command_that_does_not_read_is_no_failure() -> None:
    assert run([sys.executable, "-c", "import os; os.close(0)"], stdin="x" * 1_000_000).returncode == 0


def test_a_missing_program_is_named() -> None:
    with pytest.raises(PlanError, match="no-such-program is not installed"):
        run(["no-such-program"])


def test_lines_are_handed_over_and_input_arrives() -> None:
    lines: list[str] = []
    done = run([sys.executable, "-c", "print(input()); print('b')"], stdin="a\n", on_line=lines.append)
    assert lines == ["a", "b"]
    assert done.stdout == "a\nb\n"


def test_who_hears_an_error_may_end_the_program() -> None:
    def enough(line: str) -> None:
        raise LookupError(line)

    began = time.monotonic()
    with pytest.raises(LookupError, match="no use"):
        run([sys.executable, "-c", "import sys, time; print('no use', file=sys.stderr, flush=True); time.sleep(60)"], on_error_line=enough)
    assert time.monotonic() - began < 30


def test_a_lock_in_a_folder_that_is_not_ours_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanError, match="cannot be locked"), lock(tmp_path / "file" / "lock"):
        pass


def test_what_is_too_much_for_memory_goes_from_file_to_file(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"line\n" * 200_000)
    done = run(["cat"], stdin=source, stdout=target)
    assert target.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert done.stdout == ""


def test_a_file_that_cannot_be_opened_or_filled_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be opened") as caught:
        run(["cat"], stdout=tmp_path / "nowhere" / "target")
    assert caught.value.hint
