"""Locust runs bounded, and one that outlived its test is ended."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests import generator
from loadtests.generator import argv, check_processes, end_orphan
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
        "/v/bin/locust --headless --only-summary --loglevel WARNING --users 6 --spawn-rate 6 "
        f"--run-time 40s --stop-timeout 5 --exit-code-on-error 0 --locustfile {SMOKE.file} --underdesk-target /d/tests/target-x.json"
    )


def test_several_processes_meet_on_this_machines_loopback_and_are_known_by_the_same_target() -> None:
    words = " ".join(argv(replace(SMOKE, users=1, processes=3), Path("/v/bin/locust"), Path("/d/tests/target-x.json"), 4321))
    assert "--users 3 --spawn-rate 3 " in words
    assert words.endswith(
        "--processes 3 --master-bind-host 127.0.0.1 --master-bind-port 4321 --master-host 127.0.0.1 --master-port 4321"
        " --expect-workers-max-wait 20 --underdesk-target /d/tests/target-x.json"
    )


def test_processes_elsewhere_are_heard_by_one_here_that_drives_nothing_and_listens_on_loopback_alone() -> None:
    words = " ".join(argv(replace(SMOKE, users=1), Path("/v/bin/locust"), Path("/d/tests/target-x.json"), 4321, elsewhere=3))
    assert "--users 3 --spawn-rate 3 " in words
    assert "--processes" not in words
    assert words.endswith(
        "--master --master-bind-host 127.0.0.1 --master-bind-port 4321 --expect-workers 3 --expect-workers-max-wait 120"
        " --underdesk-target /d/tests/target-x.json"
    )


def test_the_port_at_which_they_meet_is_nobody_elses_and_can_be_listened_on() -> None:
    with generator._meeting() as port, socket.socket() as ours, socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind(("127.0.0.1", port))
        ours.listen()


@pytest.mark.parametrize("processes", [-1, 0, 5])
def test_processes_that_cannot_drive_or_would_wait_for_each_other_are_refused(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "cores", lambda: 4)
    check_processes(4)
    with pytest.raises(PlanError, match=f"is {processes}: ") as caught:
        check_processes(processes)
    assert (caught.value.where, caught.value.hint) == ("--processes", "give 1 to 4")


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
