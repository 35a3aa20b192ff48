"""Locust runs bounded, and one that outlived its test is ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests import generator
from loadtests.generator import argv, end_orphan
from loadtests.scenarios.registry import SMOKE
from runtime.errors import PlanError

WAITING = "import signal, sys; {}print('up', flush=True); signal.pause()"


def _orphan(target: Path, before: str = "") -> "subprocess.Popen[str]":
    program = [sys.executable, "-c", WAITING.format(before), "--headless", "--underdesk-target", str(target)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_the_command_line_is_bounded_in_people_and_time_and_holds_no_secret() -> None:
    words = " ".join(argv(SMOKE, Path("/v/bin/locust"), Path("/d/tests/target-x.json")))
    assert words == (
        f"/v/bin/locust --headless --only-summary --loglevel WARNING --locustfile {SMOKE.file} --users 6 --spawn-rate 6 "
        "--run-time 40s --stop-timeout 5 --exit-code-on-error 0 --underdesk-target /d/tests/target-x.json"
    )


def test_an_orphan_is_ended_and_its_neighbour_is_not(tmp_path: Path) -> None:
    orphan, neighbour = _orphan(tmp_path / "target-a.json"), _orphan(tmp_path / "target-b.json")
    end_orphan(tmp_path / "target-a.json")
    assert orphan.wait(5) != 0
    assert neighbour.poll() is None
    neighbour.kill()
    neighbour.wait(5)


def test_an_orphan_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = _orphan(tmp_path / "target-a.json", "signal.signal(signal.SIGTERM, signal.SIG_IGN); ")
    end_orphan(tmp_path / "target-a.json", patience_s=2)
    assert deaf.wait(5) == -9


def test_an_orphan_that_nothing_ends_is_named_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(generator, "processes_of", lambda _target: [4_000_000])
    monkeypatch.setattr(os, "kill", lambda _pid, number: told.append(number))
    with pytest.raises(PlanError, match="cannot be ended \\(process 4000000\\)") as caught:
        end_orphan(tmp_path / "target-a.json", patience_s=0)
    assert told == [signal.SIGTERM, signal.SIGKILL]
    assert "plan test clean" in caught.value.hint
