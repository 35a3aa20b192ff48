"""``plan status --inventory`` and its like: what is said, in which order, and with which exit code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import cluster_status
from cli.main import run
from infra.cluster.playing import Change
from infra.cluster.seen import condition as condition_
from infra.cluster.seen.looks import Looked, Running
from infra.cluster.standing import Standing
from tests.unit.cluster.test_condition import DOOR, MOVING, SERVES, there

ASKED = ["status", "--inventory", "cluster.yaml"]


def looked_at(monkeypatch: pytest.MonkeyPatch, standing: Standing, looked: Looked) -> None:
    """Have the command find this."""

    @contextmanager
    def found(_path: Path, _name: str) -> Iterator[Standing]:
        yield standing

    monkeypatch.setattr(cluster_status, "looked", found)
    monkeypatch.setattr(condition_, "look", lambda _there: looked)


@pytest.fixture
def lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster of which a host is lost, another has the address, and a file was changed by hand."""
    standing = there(tmp_path, "node-1", "node-3", database=SERVES, door=DOOR, addresses=[MOVING])
    looked_at(monkeypatch, standing, Looked({"blogs": Running(1, 3, ("node-2",))}, hosts=[Change("node-2", "Write settings", ("/etc/a",))]))


@pytest.mark.usefixtures("lost")
def test_a_lost_host_comes_first_with_what_is_lost_and_what_runs_where_follows(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ASKED) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "sample on hq: 2 hosts lost, 3 things not well, 1 differences from the last deploy, 1 things not seen"
    assert lines[1].startswith("LOST node: does not answer")
    assert "front door: 1 of 2 left: people come in by node-2" in lines
    assert "blogs 1 of 3 run: node-2" in lines
    assert "database 1 of 3 serve: node-2 (written to)" in lines
    assert f"address {MOVING}: node-2" in lines
    assert "differs node-2: Write settings: /etc/a" in lines
    assert "left node-9 was deployed and is in the inventory no more; the next deploy takes leave of it" in lines
    assert any(line.startswith("deployed never to the end, plan 000000000000") for line in lines)


@pytest.mark.usefixtures("lost")
def test_check_exits_3_and_says_every_problem_with_its_mend(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASKED, "--check"]) == 3
    said = capsys.readouterr().err
    assert "does not answer" in said
    assert "1 differences from the last deploy" in said
    assert said.count("hint:") >= 5 or said.count("→") >= 5


@pytest.mark.usefixtures("lost")
def test_json_says_the_same_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASKED, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == {"version": 1}
    assert (answer["hosts"]["node-1"]["answers"], answer["hosts"]["node-2"]["answers"]) == (False, True)
    assert answer["services"]["blogs"] == {"running": 1, "wanted": 3, "hosts": ["node-2"], "said": ""}
    assert answer["hosts_drift"] == [{"host": "node-2", "task": "Write settings", "what": ["/etc/a"]}]
    assert len(answer["problems"]) == 7


def test_a_cluster_that_is_well_is_as_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    standing = there(tmp_path, database=SERVES, door=DOOR)
    told = standing.tells.told["node-1"].model_copy(update={"addresses": (MOVING,)})
    standing.tells.told["node-1"] = told  # type: ignore[index]
    looked_at(monkeypatch, standing, Looked({"blogs": Running(3, 3)}))
    assert run([*ASKED, "--check"]) == 0
    assert capsys.readouterr().out.startswith("sample on hq: as deployed\n")


def test_data_of_a_cluster_is_not_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["destroy", "--inventory", "cluster.yaml", "--delete-data", "sample", "--yes"]) == 2
    assert "data of a cluster is not deleted by this version" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "rollback", "destroy"])
def test_an_inventory_that_is_not_there_is_one_line_and_no_traceback(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--inventory", str(tmp_path / "cluster.yaml")]) == 1
    assert "cluster.yaml" in capsys.readouterr().err
