"""Work on the platform gives way to people."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runtime import behind
from runtime.errors import PlanError
from runtime.run import Completed

SHOW = """
import os, subprocess, sys
from pathlib import Path
from runtime import behind
behind.SYSTEMD = Path('/nonexistent')
os.setpriority(os.PRIO_PROCESS, 0, int(sys.argv[1]))
behind.people()
print(subprocess.run(['nice'], capture_output=True, text=True).stdout)
"""
OWN = os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.parametrize(("before", "after"), [(OWN, max(OWN, behind.NICE)), (19, 19)])
def test_what_is_started_afterwards_is_as_low_and_never_raised(before: int, after: int) -> None:
    done = subprocess.run([sys.executable, "-c", SHOW, str(before)], capture_output=True, text=True, check=True)
    assert int(done.stdout) == after


def test_where_systemd_keeps_groups_it_moves_into_one_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(behind, "SYSTEMD", tmp_path)
    monkeypatch.setattr(behind, "NICE", OWN)
    groups = tmp_path / "cgroup"
    groups.write_text("0::/session-1.scope")
    moved = threading.Timer(0.3, groups.write_text, (f"0::/system.slice/underdesk-{os.getpid()}.scope",))

    def begin(argv: list[str], **_: object) -> Completed:
        asked.append(argv)
        moved.start()
        return Completed(0, "", "")

    monkeypatch.setattr(behind, "CGROUP", groups)
    monkeypatch.setattr(behind, "run", begin)
    behind.people()
    assert "underdesk-" in groups.read_text(), "what is started now would stay outside"
    assert asked[0][:2] == ["busctl", "call"]
    assert str(os.getpid()) in asked[0]


def test_a_service_manager_that_is_away_stops_no_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def away(_argv: list[str], **_: object) -> None:
        raise PlanError("busctl is not installed")

    monkeypatch.setattr(behind, "SYSTEMD", tmp_path)
    monkeypatch.setattr(behind, "NICE", OWN)
    monkeypatch.setattr(behind, "run", away)
    behind.people()
