"""``plan lab``: what it says, asks and refuses, on an engine that is none."""

import json
import shutil
from pathlib import Path

import pytest
import typer

from cli.main import run
from infra import live
from infra.lab import host, marked, model, operate, seen
from infra.lab.commands import LabHost
from infra.lab.room import Machine
from runtime.errors import PlanError
from tests.unit.lab.conftest import engine, labs
from tests.unit.lab.engine import Engine, left

__all__ = ["engine", "labs"]


@pytest.fixture
def lab(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The administrator at a machine of 4 cores."""
    monkeypatch.setattr(live, "need_administrator", lambda _: None)
    monkeypatch.setattr(seen, "machine", lambda: Machine(4, 16, 40))
    return engine


def up(*more: str) -> int:
    return run(["lab", "up", "--hosts", "3", "--cpus", "2", "--memory", "2", *more])


def test_up_answers_with_a_table_says_its_network_and_warns_of_timings(lab: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert up() == 0
    found = capsys.readouterr()
    lines = found.out.splitlines()
    assert lines[0] == "lab: 3 of 3 hosts on, in 10.213.0.0/24, nothing cut"
    assert lines[1].split() == ["host", "address", "power", "network", "engine", "cpus", "memory", "Debian"]
    assert lines[3].split() == ["lab2", "10.213.0.12", "on", "whole", "26.1.5", "2", "2", "GiB", "13"]
    assert "ssh -F " in lines[-1]
    assert "the hosts' 6 cores are 4 in truth: what is timed in a lab never calibrates anything" in found.err
    assert "cluster.yaml" in found.err.splitlines()[-1]
    assert len(lab.containers) == 3


def test_json_is_the_same_from_up_and_from_status(lab: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert up("--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert run(["lab", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert (first["schema"], first["name"], first["subnet"], first["cuts"]) == ({"version": 1}, "lab", "10.213.0.0/24", [])
    alone = {"name": "lab1", "address": "10.213.0.11", "power": "on", "network": "whole", "engine": "26.1.5", "cpus": 2.0, "memory_gib": 2.0, "debian": 13}
    assert first["hosts"][0] == alone
    assert Path(first["inventory"]).is_file()
    assert Path(first["ssh_config"]).is_file()
    assert len(lab.containers) == 3


def test_a_cut_is_said_with_its_mend_and_stands_in_the_status_until_it_is_healed(lab: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    up()
    capsys.readouterr()
    assert run(["lab", "cut", "lab1", "--from", "lab2", "--one-way", "out"]) == 0
    found = capsys.readouterr()
    assert found.out == "lab1 does not reach lab2; the other way works\n"
    assert "plan lab heal" in found.err
    assert run(["lab", "status"]) == 0
    assert "  cut: lab1 does not reach lab2; the other way works" in capsys.readouterr().out
    assert run(["lab", "status", "--check"]) == 3
    assert "hint: plan lab heal" in capsys.readouterr().err
    assert run(["lab", "heal", "lab2"]) == 0
    assert capsys.readouterr().out == "nothing is cut\n"
    assert run(["lab", "status", "--check"]) == 0
    assert lab.tables == {}


def test_a_killed_host_is_off_and_start_brings_it_back(lab: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    up()
    assert run(["lab", "kill", "lab2", "lab3"]) == 0
    found = capsys.readouterr()
    assert found.out.endswith("killed: lab2, lab3\n")
    assert "next: plan lab start lab2 lab3" in found.err
    assert run(["lab", "status", "--check"]) == 3
    assert "error: lab2: is off" in capsys.readouterr().err
    assert run(["lab", "start"]) == 0
    assert "on: lab2, lab3" in capsys.readouterr().out
    assert run(["lab", "kill", "--all"]) == 0
    assert not any(one["State"]["Running"] for one in lab.containers.values())


def test_a_command_runs_at_the_console_and_its_exit_code_is_the_answer(
    lab: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    up()
    asked = []

    def at_console(there: LabHost, argv: list[str], *_: object) -> int:
        asked.append((there.name, argv))
        return 7

    monkeypatch.setattr(host, "at_console", at_console)
    assert run(["lab", "run", "lab2", "--", "ls", "-l", "/root"]) == 7
    assert asked == [("underdesk-lab-lab2", ["ls", "-l", "/root"])]
    assert run(["lab", "kill", "lab2"]) == 0
    assert run(["lab", "run", "lab2", "--", "true"]) == 1
    assert "hint: plan lab start lab2" in capsys.readouterr().err
    assert len(lab.containers) == 3


def test_down_asks_and_takes_everything(lab: Engine, labs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    up()
    capsys.readouterr()
    assert run(["lab", "down"]) == 1
    assert "add --yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    assert run(["lab", "down"]) == 1
    assert len(lab.containers) == 3
    assert run(["lab", "down", "--yes"]) == 0
    assert (lab.containers, list(lab.networks), left(labs)) == ({}, ["bridge"], ["lab.lock"])
    capsys.readouterr()
    assert run(["lab", "down", "--yes"]) == 0
    assert capsys.readouterr().out == "of a lab lab nothing is here\n"


def test_one_host_goes_and_the_others_stay(lab: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    up()
    assert run(["lab", "down", "lab2", "--yes"]) == 0
    assert capsys.readouterr().out.endswith("removed: lab2\n")
    assert sorted(lab.containers) == ["underdesk-lab-lab1", "underdesk-lab-lab3"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["up", "--hosts", "0"], 1, ("--hosts: 0 hosts", "from 1 to 80")),
        (["up", "--hosts", "1000"], 1, ("--hosts: 1000 hosts", "from 1 to 80")),
        (["up", "--hosts", "many"], 2, ("--hosts", "plan lab up --help")),
        (["up", "--hosts", "7", "--memory", "8"], 1, ("7 hosts need 56.0 GiB of memory, 16.0 are available", "--memory 2.2 would fit")),
        (["up", "--cpus", "64"], 1, ("64 processors", "0.1 to 4")),
        (["up", "--subnet", "172.17.0.0/24"], 1, ("is taken: 172.17.0.0/16 is the engine's network bridge", "another")),
        (["up", "--debian", "11"], 1, ("Debian 11", "12 or 13")),
        (["up", "--name", "../etc"], 1, ("is no name of a lab", "for example: lab")),
        (["status"], 1, ("no lab is called lab", "plan lab up")),
        (["kill", "lab1"], 1, ("no lab is called lab", "plan lab up")),
        (["kill"], 2, ("which hosts?", "--all")),
        (["down", "lab1", "--yes"], 1, ("no lab is called lab", "plan lab up")),
        (["cut", "lab1", "--one-way", "up"], 2, ("'up' is no way", "in: ")),
    ],
)
def test_a_failure_is_one_line_and_the_mend_and_nothing_is_made(
    lab: Engine, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: tuple[str, str]
) -> None:
    assert run(["lab", *arguments]) == code
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ")
    assert words[0] in error
    assert hint.startswith("hint: ")
    assert words[1] in hint
    assert (lab.containers, list(lab.networks)) == ({}, ["bridge"])
    assert [path for path in left(model.LABS) if not path.endswith(".lock")] == []


@pytest.mark.parametrize("arguments", [["cut", "lab9"], ["cut", "lab1", "--from", "lab9"], ["kill", "lab9"], ["start", "lab9"], ["heal", "lab9"]])
def test_an_unknown_host_is_said_with_those_that_there_are(lab: Engine, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    up()
    capsys.readouterr()
    assert run(["lab", *arguments]) == 1
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert "has no host lab9" in error
    assert hint == "hint: there are: lab1, lab2, lab3"
    assert lab.tables == {}


def test_a_host_is_not_cut_from_itself(lab: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    up()
    assert run(["lab", "cut", "lab1", "lab2", "--from", "lab2"]) == 1
    assert "a host is not cut from itself" in capsys.readouterr().err
    assert lab.tables == {}


def test_without_an_engine_it_is_said_how_to_get_one(engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(live, "need_administrator", lambda _: None)
    assert run(["lab", "up"]) == 1
    assert "DOCKER_HOST: names an engine elsewhere" in capsys.readouterr().err
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert run(["lab", "up"]) == 1
    assert "hint: install it: apt-get install docker.io" in capsys.readouterr().err
    assert engine.asked == []


def test_who_is_not_the_administrator_is_told_so(lab: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(where: str) -> None:
        raise PlanError("needs the administrator's rights on this machine", where=where, hint="run it with sudo, or as root")

    monkeypatch.setattr(live, "need_administrator", refuse)
    for arguments in (["up"], ["down", "--yes"], ["kill", "lab1"], ["start"], ["cut", "lab1"], ["heal"], ["run", "lab1", "--", "true"]):
        assert run(["lab", *arguments]) == 1
        assert f"error: plan lab {arguments[0]}: needs the administrator's rights" in capsys.readouterr().err
    assert lab.asked == []


def test_an_interrupted_up_says_that_the_same_command_completes_it(lab: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    lab.interrupted_at = 8
    assert up() == 130
    assert "the same command run again completes" in capsys.readouterr().err
    assert up() == 0


def test_two_commands_at_once_on_one_lab_are_one_refusal(lab: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    up()
    capsys.readouterr()
    monkeypatch.setattr(operate, "kill", lambda *_: [str(run(["lab", "heal"]))])
    assert run(["lab", "kill", "lab1"]) == 0
    found = capsys.readouterr()
    assert "killed: 1" in found.out
    assert "another command works on this" in found.err
    assert len(lab.containers) == 3


def test_no_calibration_on_a_lab_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    mark = tmp_path / "lab-host"
    mark.touch()
    monkeypatch.setattr(marked, "MARK", mark)
    assert run(["calibrate"]) == 1
    assert "plan calibrate: this is a host of a lab" in capsys.readouterr().err
