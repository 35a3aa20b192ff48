"""One deploy at a time: the script that holds the lock on a manager, run here."""

import subprocess
from pathlib import Path

from infra.cluster.claim import HELD, TAKEN, script


def begun(file: Path, who: str) -> subprocess.Popen[str]:
    return subprocess.Popen(["sh", "-c", script(who, str(file))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.close()
    process.wait(20)
    assert process.stdout
    process.stdout.close()


def test_the_second_is_told_who_is_at_work_and_goes_on_when_he_has_ended(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    first = begun(file, "anna on desk's left")
    assert said(first) == HELD
    second = begun(file, "ben")
    assert said(second).startswith(f"{TAKEN} anna on desk's left since ")
    ended(second)
    ended(first)
    third = begun(file, "ben")
    assert said(third) == HELD
    ended(third)


def test_the_lock_is_free_when_who_held_it_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    first = begun(file, "anna")
    assert said(first) == HELD
    ended(first)  # as sshd does when the connection is gone: the input ends
    again = begun(file, "anna")
    assert said(again) == HELD
    ended(again)
