"""What counts as not in force: by what hosts answer."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from infra.cluster import session
from infra.cluster.cluster import Cluster
from infra.cluster.verify import platform as verify
from infra.inventory.assign import Question, place
from runtime.errors import PlanError
from tests.unit.inventory_examples import equal, inventory

SSHD = "".join(f"{key} {value}\n" for key, value in verify.SSHD.items())
ENGINE: dict[str, Any] = {"swarm": {"LocalNodeState": "active", "NodeAddr": "10.20.0.11"}, "security": ["name=no-new-privileges"], "version": "26.1.5"}
NAMES = "10.20.0.11 node-1\n10.20.0.12 other node-2\n10.20.0.13 node-3\n"


class Answers(BaseBackend):  # type: ignore[misc]  # testinfra has no types
    """Answers by the first word that a command has in it."""

    NAME = "answers"

    def __init__(self, **by_word: str | int) -> None:
        super().__init__("node-1")
        self.by_word = by_word

    def run(self, command: str, *args: str, **_more: Any) -> CommandResult:  # noqa: ANN401 - testinfra's signature
        said = self.quote(command, *args)
        found = next((value for word, value in self.by_word.items() if word in said), 0)
        code, text = (found, "") if isinstance(found, int) else (0, found)
        return self.result(code, said.encode(), text, "")


def cluster() -> Cluster:
    found, plan = inventory(3), equal(3)
    return Cluster(plan, found, place(Question(found, plan)))


def host(**by_word: str | int) -> Host:
    return Host(Answers(**by_word))


def lines(found: Iterator[str]) -> list[str]:
    return list(found)


def test_a_file_that_lets_passwords_in_is_named() -> None:
    assert lines(verify._ssh(cluster(), "node-1", host(sshd=SSHD))) == []
    said = lines(verify._ssh(cluster(), "node-1", host(sshd=SSHD.replace("passwordauthentication no", "passwordauthentication yes"))))
    assert len(said) == 1
    assert "passwordauthentication is yes" in said[0]


def test_rules_that_differ_and_a_firewall_that_does_not_start_are_said() -> None:
    assert lines(verify._firewall(cluster(), "node-1", host())) == []
    assert len(lines(verify._firewall(cluster(), "node-1", host(check=1, dependencies=1)))) == 2


def test_a_host_that_is_not_named_is_said() -> None:
    assert lines(verify._names(cluster(), "node-1", host(cat=NAMES))) == []
    assert "node-2" in lines(verify._names(cluster(), "node-1", host(cat=NAMES.replace("10.20.0.12", "10.20.0.21"))))[0]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, ""),
        ({"active": 3}, "does not run"),
        ({"enabled": 1}, "at boot"),
        ({"forward": "0\n"}, "forwards nothing"),
        ({"info": json.dumps({**ENGINE, "security": []})}, "privileges"),
        ({"info": json.dumps({**ENGINE, "security": [], "version": "20.10.24+dfsg1"}), "json": '{"no-new-privileges": true}'}, ""),
        ({"info": json.dumps({**ENGINE, "security": [], "version": "20.10.24+dfsg1"}), "json": "{}"}, "privileges"),
        ({"info": json.dumps({**ENGINE, "swarm": {**ENGINE["swarm"], "LocalNodeState": "inactive"}})}, "inactive"),
        ({"info": json.dumps({**ENGINE, "swarm": {**ENGINE["swarm"], "NodeAddr": "10.20.0.99"}})}, "10.20.0.99"),
    ],
)
def test_an_engine_that_is_not_as_planned_is_said(answers: dict[str, str | int], said: str) -> None:
    found = lines(verify._engine(cluster(), "node-1", host(**{"forward": "1\n", "info": json.dumps(ENGINE), **answers})))
    assert len(found) == bool(said)
    assert said in "".join(found)


def node(name: str, role: str = "manager", state: str = "ready", **labels: str) -> dict[str, Any]:
    ours = labels or cluster().labels(name)
    return {"Spec": {"Role": role, "Labels": {**ours, "rack": "7"}}, "Status": {"State": state}, "Description": {"Hostname": name}}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (node("node-3"), ""),
        (node("node-3", "worker"), "worker"),
        (node("node-3", state="down"), "down"),
        (node("node-3", **{"underdesk.web": "true"}), "labels"),
    ],
)
def test_a_node_that_is_not_as_planned_is_said(told: dict[str, Any], said: str) -> None:
    found = lines(verify._node(cluster(), "node-3", told))
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_a_host_that_is_no_node_is_said() -> None:
    assert lines(verify._node(cluster(), "node-3", None)) == ["is no node of the swarm"]


def test_what_was_begun_and_not_taken_into_use_is_said() -> None:
    assert lines(verify._finished(cluster(), "node-1", host(unfinished=""))) == []
    assert "ssh" in lines(verify._finished(cluster(), "node-1", host(unfinished="ssh\n")))[0]


def test_a_host_that_answers_rubbish_or_not_at_all_is_no_bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(verify, "_closed", lambda *_: iter(()))
    monkeypatch.setattr(verify, "testinfra", lambda *_: nullcontext(host(sshd=1)))
    assert "does not answer as it should" in verify._on(cluster(), "node-1", tmp_path, ())[0].said
    failed = CommandResult(BaseBackend("node-1"), 255, b"sshd -T", "", "/etc/ssh/a.conf: line 3: Bad\nterminating\n")
    assert verify._plain(f"Unexpected exit code 255 for {failed}") == "sshd -T: /etc/ssh/a.conf: line 3: Bad terminating"


def test_a_host_is_asked_again_and_again_in_one_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "ssh", lambda _reach, _folder, words: ["/bin/sh", "-c", words[0].removeprefix("sudo -n ")])
    with session.testinfra(cluster().reach["node-1"], tmp_path) as there:
        assert there.check_output("printf %s", "a 'word'\nand another") == "a 'word'\nand another"
        failed = there.run("cat; echo aside >&2; printf '\\377'; exit 7")
        assert (failed.rc, failed.stdout, failed.stderr) == (7, "\N{REPLACEMENT CHARACTER}", "aside\n")
        assert there.check_output("echo again") == "again"
        assert there.check_output("ps -o ppid= -p $$") == there.check_output("ps -o ppid= -p $$")


def test_a_host_that_is_lost_meanwhile_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "ssh", lambda *_: ["/bin/sh", "-c", "echo closed >&2; exit 255"])
    with session.testinfra(cluster().reach["node-1"], tmp_path) as there, pytest.raises(PlanError, match=r"was lost while it was verified") as lost:
        there.check_output("true")
    assert lost.value.exit_code == 1
