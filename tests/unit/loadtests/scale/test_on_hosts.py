"""Replicas on a cluster: as many as nodes have the label, asked and told through the first host that manages the swarm."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loadtests import accounting
from loadtests.scale import confine, engine
from loadtests.scale import run as scaling
from loadtests.surroundings import Pages, Surroundings
from runtime.errors import PlanError
from runtime.place import Place
from runtime.run import Completed
from tests.unit.loadtests.scale.test_confine import Desk

NODES = ("node-1", "node-2", "node-3")
LABEL = "underdesk.web"


@dataclass
class Hosts:
    """Three hosts whose engines only remember; the first is a worker that refuses, each has a front door."""

    labelled: set[str] = field(default_factory=lambda: set(NODES))
    told: list[str] = field(default_factory=list)
    lags: str = ""
    second_fails: bool = False
    second_hangs_up: bool = False
    """It does what it is told, and its connection ends before it says so."""
    moved: int = 0

    def run(self, argv: Sequence[str], **_: object) -> Completed:
        host, *words = argv
        said = " ".join(words)
        if words[:2] == ["docker", "node"]:
            assert host != "node-1", "it is no manager"
            if host == "node-2" and self.second_fails:
                raise PlanError("exit code 1", hint="it said: update out of sequence")
            answer = self._node(words)
            if host == "node-2" and self.second_hangs_up and words[2] == "update":
                raise PlanError("exit code 255", hint="it said: connection closed")
            return Completed(0, answer, "")
        if words[:2] == ["docker", "ps"]:
            roles = [
                "frontdoor",
                *(("blogs", "wiki") if host in self.labelled else ()),
                *([f"{self.moved}-mail"] if host == min(self.labelled, default="") else []),
            ]
            return Completed(0, "".join(f"{host}-{role} pilot-{role.rpartition('-')[2]}\n" for role in roles), "")
        if words[:2] == ["docker", "inspect"]:
            return Completed(0, "".join(f"{one} 1 healthy pilot-{one.rpartition('-')[2]}\n" for one in words[4:]), "")
        if words[:2] == ["docker", "exec"]:
            up = len(self.labelled) - (host == self.lags)
            rows = [f"{role},{role}-{number},{'UP' if number <= up else 'MAINT'}" for role in ("blogs", "wiki") for number in (1, 2, 3)]
            return Completed(0, "\n".join(["# pxname,svname,status", *rows]), "")
        if words[0] == "cat":
            return Completed(0, f"one-kernel\ncpu  1\ncpu0 1\ncpu1 1\nintr {len(host)}\n", "")
        raise AssertionError(said)

    def _node(self, words: Sequence[str]) -> str:
        if words[2] == "ls":
            return "a\nb\nc\n"
        if words[2] == "inspect":
            rows = [f"id-{node} ready {node}.company.example {'true' if node in self.labelled else ''}" for node in NODES]
            return "\n".join(["id-of-before down node-2.company.example true", *rows, ""])
        self.told.append(shlex.join(words[3:]))
        change, label, identifier = words[3:]
        node = identifier.removeprefix("id-")
        assert label in {LABEL, f"{LABEL}=true"}
        if change == "--label-rm" and node not in self.labelled:
            raise PlanError("exit code 1", hint=f"it said: key {LABEL} doesn't exist in node's labels")
        (self.labelled.add if change == "--label-add" else self.labelled.remove)(node)
        return ""


@dataclass(frozen=True)
class At:
    name: str
    programs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def argv(self, words: Sequence[str]) -> list[str]:
        return [self.name, *words]


@dataclass
class Cluster(Desk):
    surroundings: Surroundings = field(default_factory=Surroundings)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    made = Hosts()
    monkeypatch.setattr(engine, "run", made.run)
    monkeypatch.setattr(accounting, "run", made.run)
    for name, value in (("PAUSE_S", 0.0), ("SETTLE_S", 0.0)):
        monkeypatch.setattr(confine, name, value)
    return made


@pytest.fixture
def cluster(tmp_path: Path, hosts: Hosts) -> Cluster:
    assert hosts.labelled
    places: tuple[Place, ...] = tuple(At(name) for name in NODES)
    return Cluster(tmp_path / "pilot", surroundings=Surroundings(places=places, pages=Pages(NODES, LABEL, NODES[1:])))


def test_fewer_hosts_serve_and_then_all_as_before(cluster: Cluster, hosts: Hosts) -> None:
    journal = confine.to_replicas(cluster, confine.begin(cluster), 1)
    assert hosts.labelled == {"node-1"}
    journal = confine.to_replicas(cluster, journal, 2)
    assert hosts.labelled == {"node-1", "node-2"}
    ids, hosts.moved = confine.ids(cluster), 1
    assert confine.held(cluster, ids, ()) == (), "mail that moves takes nothing from anybody"
    assert (confine.put_back(cluster), hosts.labelled) == ((), set(NODES))
    assert not confine.left(cluster)
    added = [f"--label-add {LABEL}=true id-node-2", f"--label-add {LABEL}=true id-node-3"]
    assert hosts.told == [f"--label-rm {LABEL} id-node-2", f"--label-rm {LABEL} id-node-3", *added]


def test_what_a_manager_did_before_its_connection_ended_is_done(cluster: Cluster, hosts: Hosts) -> None:
    hosts.second_hangs_up = True
    journal = confine.to_replicas(cluster, confine.begin(cluster), 1)
    assert hosts.labelled == {"node-1"}
    confine.to_replicas(cluster, journal, 3)
    assert hosts.labelled == set(NODES)


def test_a_kill_in_between_is_mended_by_whoever_comes_next(cluster: Cluster, hosts: Hosts) -> None:
    confine.to_replicas(cluster, confine.begin(cluster), 1)
    assert confine.cleaned(cluster) == ("cores and replicas are as they were before an interrupted test",)
    assert hosts.labelled == set(NODES)


@pytest.mark.parametrize("between", [{"node-1", "node-3"}, {"node-1", "node-2"}])
def test_a_kill_between_two_hosts_is_mended_too(cluster: Cluster, hosts: Hosts, between: set[str]) -> None:
    confine.to_replicas(cluster, confine.begin(cluster), 1)
    hosts.labelled = between
    assert (confine.put_back(cluster), hosts.labelled) == ((), set(NODES))


def test_who_is_closed_meanwhile_stays_closed(cluster: Cluster, hosts: Hosts) -> None:
    confine.to_replicas(cluster, confine.begin(cluster), 1)
    hosts.labelled = set()
    confine.put_back(cluster)
    assert hosts.labelled == set()


def test_what_a_deploy_has_brought_back_stays(cluster: Cluster, hosts: Hosts) -> None:
    confine.to_replicas(cluster, confine.begin(cluster), 1)
    hosts.labelled = set(NODES)
    assert (confine.put_back(cluster), hosts.told[2:]) == ((), [])


def test_every_front_door_must_send_to_all(cluster: Cluster, hosts: Hosts) -> None:
    journal, hosts.lags = confine.begin(cluster), "node-3"
    with pytest.raises(PlanError, match="the front door sends to 1"):
        confine.to_replicas(cluster, journal, 2)


def test_cores_of_hosts_that_pretend_are_counted_once_and_are_not_taken_away(cluster: Cluster) -> None:
    assert engine.processors(cluster) == 2
    with pytest.raises(PlanError, match="the cores that they have"):
        scaling.ready(cluster, scaling.asked("cores", "", 600, 1000))
    assert scaling.ready(cluster, scaling.asked("replicas", "", 600, 1000)).steps == (1, 2, 3)
    with pytest.raises(PlanError, match="4 replicas: the cluster has hosts for 3"):
        scaling.ready(cluster, scaling.asked("replicas", "2,4", 600, 1000))


def test_another_manager_is_asked_where_one_does_not_do_it(cluster: Cluster, hosts: Hosts) -> None:
    hosts.second_fails = True
    assert engine.replicas(cluster, ("pilot-blogs",)) == {"pilot-blogs": 3}


def test_a_swarm_that_nobody_manages_is_said(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **_more: object) -> Completed:
        raise PlanError("exit code 1", hint="it said: no leader")

    monkeypatch.setattr(engine, "run", refuses)
    with pytest.raises(PlanError, match="node-3: it said: no leader"):
        engine.replicas(cluster, ("pilot-blogs",))


def test_whoever_is_asked_hears_which_hosts_are_left(cluster: Cluster) -> None:
    said = list(scaling.told(cluster, scaling.ready(cluster, scaling.asked("replicas", "1,2", 600, 1000))))
    assert "on node-1 alone first, and the others serve no pages meanwhile" in said[0]
