"""What a deployment's folder says of a backend of the company's, and whose a lock there is."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from infra import backend

URL = "s3://state/platform?region=eu-central-1"
SAID = """error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.
  s3://state: .pulumi/locks/organization/underdesk/pilot/9c5d.json: created by {} (pid {}) at 2026-01-02T03:04:05Z"""


def lock(user: str, host: str, process: int) -> tuple[backend.Holder, ...]:
    return backend.holders(SAID.format(f"{user}@{host}", process))


@pytest.fixture(autouse=True)
def _who(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "bert")


def ended() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_the_folder_says_where_the_state_is(tmp_path: Path) -> None:
    assert backend.company(tmp_path) == ""
    backend.announce(tmp_path, URL)
    assert (backend.company(tmp_path), backend.moving(tmp_path)) == ("", URL)
    backend.note(tmp_path, URL)
    assert (backend.company(tmp_path), backend.moving(tmp_path)) == (URL, "")
    assert (tmp_path / backend.NOTE).stat().st_mode & 0o777 == 0o600
    backend.note(tmp_path, "")
    backend.note(tmp_path, "")
    assert backend.company(tmp_path) == ""


def test_nothing_is_noted_of_a_change_where_the_folder_has_the_state(tmp_path: Path) -> None:
    assert not backend.begin(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_somebody_else_is_never_ours(tmp_path: Path) -> None:
    backend.note(tmp_path, URL)
    assert backend.begin(tmp_path)
    assert not backend.left_behind(tmp_path, lock("anna", "desk-of-anna", 4711))
    assert not backend.left_behind(tmp_path, ())
    assert not backend.left_behind(tmp_path, lock("anna", socket.gethostname(), ended()))


def test_a_lock_of_ours_is_left_behind_unless_its_process_lives(tmp_path: Path) -> None:
    backend.note(tmp_path, URL)
    assert backend.left_behind(tmp_path, lock("bert", socket.gethostname(), ended()))
    assert not backend.left_behind(tmp_path, lock("bert", socket.gethostname(), os.getpid()))
    assert not backend.left_behind(tmp_path, (*lock("bert", socket.gethostname(), ended()), *lock("anna", "desk-of-anna", 4711)))


def test_a_lock_of_an_engineer_whose_change_has_not_ended_is_left_behind_until_one_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend.note(tmp_path, URL)
    with monkeypatch.context() as there:
        there.setattr("getpass.getuser", lambda: "anna")
        there.setattr("socket.gethostname", lambda: "desk-of-anna")
        backend.begin(tmp_path)
    backend.begin(tmp_path)
    backend.begin(tmp_path)
    assert (tmp_path / backend.UNDER_WAY).read_text().split() == ["anna@desk-of-anna", f"bert@{socket.gethostname()}"]
    assert backend.left_behind(tmp_path, lock("anna", "desk-of-anna", 1))
    backend.end(tmp_path)
    assert not backend.left_behind(tmp_path, lock("anna", "desk-of-anna", 1))
