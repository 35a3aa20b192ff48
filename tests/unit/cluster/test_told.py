"""A host is asked what differs from what it was told: by its own Python, with what modules of Ansible wrote down."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.seen import told
from infra.inventory.assign import Question, place
from tests.unit.cluster.of_ansible import program
from tests.unit.inventory_examples import equal, inventory

ROOT = Path(__file__).resolve().parents[3]


def cluster(hosts: int = 3) -> Cluster:
    found, plan = inventory(hosts), equal(hosts)
    return Cluster(plan, found, place(Question(found, plan)))


def tell(module: str, *, check: bool = False, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - the module's own arguments
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**wanted, "_ansible_check_mode": check}})
    done = subprocess.run(program(module), input=arguments, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def compared(monkeypatch: pytest.MonkeyPatch, folder: Path, *names: str) -> dict[str, list[str]]:
    """Return what a Python without anything but its own library says."""
    monkeypatch.setattr(told, "FOLDER", str(folder))
    done = subprocess.run([sys.executable, "-I", "-S", "-"], input=told.program(names), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_what_was_written_does_not_differ_and_what_somebody_changed_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, key, json_file = tmp_path / "ours.conf", tmp_path / "login.defs", tmp_path / "daemon.json"
    key.write_text("A 1\n")
    wanted: dict[str, Any] = {
        "files": [{"path": str(path), "content": "a = 1\n"}, {"path": str(tmp_path / "key"), "content": "SECRET", "mode": "0600", "secret": True}],
        "values": [{"path": str(key), "key": "A", "value": "2"}],
        "keys": [{"path": str(json_file), "values": {"live": True}}],
        "blocks": [{"path": str(tmp_path / "hosts"), "name": "underdesk", "content": "10.0.0.1 one"}],
        "only": [{"folder": str(tmp_path / "only"), "names": ["a"]}],
        "gone": [str(tmp_path / "gone")],
        "packages": ["no-such-package|nor-this"],
        "accounts": ["nobody", "no-such-account"],
        "told": str(tmp_path / "told" / "base"),
    }
    tell("settings", **wanted)
    lacking = ["package no-such-package: not installed", "account no-such-account: not there"]
    assert compared(monkeypatch, tmp_path / "told", "base") == {"base": lacking}
    path.write_text("a = 2\n")
    key.write_text("A 1\n")
    json_file.write_text("{}")
    (tmp_path / "hosts").write_text("")
    (tmp_path / "only").mkdir()
    for name in ("only/b", "gone"):
        (tmp_path / name).touch()
    (tmp_path / "key").chmod(0o644)
    expected = [str(path), str(tmp_path / "key"), f"{key}: A", f"{tmp_path}/hosts: underdesk", str(json_file), f"{tmp_path}/gone: is there and should not be"]
    assert compared(monkeypatch, tmp_path / "told", "base") == {"base": [*expected, f"{tmp_path}/only/b: is there and should not be", *lacking]}


def test_no_secret_stands_in_what_is_remembered(tmp_path: Path) -> None:
    tell("settings", files=[{"path": str(tmp_path / "key"), "content": "SECRET", "secret": True}], told=str(tmp_path / "told" / "front-door"))
    remembered = tmp_path / "told" / "front-door"
    assert "SECRET" not in remembered.read_text()
    assert (remembered.stat().st_mode & 0o777, remembered.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_comparison_tells_nothing_and_who_was_never_told_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tell("settings", check=True, files=[{"path": str(tmp_path / "a"), "content": "a"}], told=str(tmp_path / "told"))
    tell("folders", check=True, folders=[{"path": str(tmp_path / "b"), "owner": "0", "group": "0", "mode": "0700"}], told=str(tmp_path / "told"))
    assert compared(monkeypatch, tmp_path, "told") == {"told": ["no deploy has told it"]}


def test_a_file_that_is_no_json_is_said_and_no_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    tell("settings", keys=[{"path": str(path), "values": {"live": True}}], told=str(tmp_path / "told"))
    path.write_text("{")
    assert "mend it by hand" in compared(monkeypatch, tmp_path, "told")["told"][0]


def test_a_folder_that_belongs_to_somebody_else_differs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = {"path": str(tmp_path / "data"), "owner": str(os.getuid()), "group": str(os.getgid()), "mode": "0750"}
    tell("folders", folders=[folder], told=str(tmp_path / "told"))
    assert compared(monkeypatch, tmp_path, "told") == {"told": []}
    (tmp_path / "data").chmod(0o755)
    assert compared(monkeypatch, tmp_path, "told") == {"told": [str(tmp_path / "data")]}


def test_every_name_that_playbooks_tell_is_asked_and_no_other() -> None:
    told_by = "".join(path.read_text() for path in (ROOT / "playbooks").rglob("*.yml"))
    asked = {name for host in cluster().reach for name in told.names(cluster(), host)} | {"arbitrator"}
    assert {name for name in told_by.split(f"{told.FOLDER}/")[1:] for name in [name.split()[0].strip('"')]} == asked


def test_a_host_is_asked_what_its_roles_are_told() -> None:
    two = cluster(2)
    assert all("arbitrator" not in told.names(two, host) for host in two.reach)
    assert "front-door" in told.names(two, "node-1")


@pytest.mark.parametrize("torn", ["", "{", '{"files": 3}'])
def test_what_is_remembered_and_torn_is_said_and_keeps_nobody_from_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, torn: str) -> None:
    tell("settings", files=[{"path": str(tmp_path / "a"), "content": "a"}], told=str(tmp_path / "told" / "base"))
    (tmp_path / "told" / "ssh").write_text(torn)
    found = compared(monkeypatch, tmp_path / "told", "base", "ssh")
    assert found["base"] == []
    assert found["ssh"][0].startswith(("no deploy has told it", "cannot be compared"))


def test_a_folder_in_the_place_of_a_file_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tell("settings", files=[{"path": str(tmp_path / "a"), "content": "a", "over": "b"}], told=str(tmp_path / "told"))
    (tmp_path / "a").unlink()
    (tmp_path / "a").mkdir()
    assert "cannot be compared" in compared(monkeypatch, tmp_path, "told")["told"][0]


def on_hosts(monkeypatch: pytest.MonkeyPatch, **said: str) -> None:
    """Let hosts run a shell command instead of their Python, by name with _ for -."""
    monkeypatch.setattr(told, "ssh", lambda reach, _folder, _words: ["/bin/sh", "-c", f"cat >/dev/null; {said[reach.name.replace('-', '_')]}"])


def test_one_that_does_not_say_keeps_nobody_from_saying_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on_hosts(monkeypatch, node_1="echo closed >&2; exit 255", node_2="echo rubbish", node_3='echo \'{"ssh": ["/etc/a"], "base": []}\'')
    found, unseen = told.differences(cluster(), tmp_path)
    assert [(str(change), change.what) for change in found] == [("node-3: who comes in over SSH", ("/etc/a",))]
    assert (len(unseen), "node-1" in unseen[0], "closed" in unseen[0], "node-2" in unseen[1]) == (2, True, True, True)


def test_a_host_that_was_told_nothing_is_one_line_and_is_told_by_the_next_deploy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nothing = 'echo \'{"ssh": ["no deploy has told it"], "base": ["no deploy has told it"]}\''
    on_hosts(monkeypatch, node_1=nothing, node_2="echo '{\"ssh\": []}'", node_3='echo \'{"ssh": ["/etc/a"]}\'')
    assert [change.task for change in told.differences(cluster(), tmp_path)[0]] == [told.EVERYTHING, "who comes in over SSH"]
    assert [str(change) for change in told.stale(cluster(), tmp_path)] == ["node-1: remember what it is told", "node-3: remember what it is told"]
