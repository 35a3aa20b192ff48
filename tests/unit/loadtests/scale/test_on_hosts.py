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

    def run(self, argv: Sequence[str], **_: object) -> Completed:
        host, *words = argv
        said = " ".join(words)
        if words[:2] == ["docker", "node"]:
            return Completed(1, "", "This node is not a swarm manager.") if host == "node-1" else Completed(0, self._node(words), "")
        if words[:2] == ["docker", "ps"]:
            roles = ["frontdoor", *(("blogs", "wiki") if host in self.labelled else ())]
            return Completed(0, "".join(f"{host}-{role} pilot-{role}\n" for role in roles), "")
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
            return "".join(f"{node}.company.example {'true' if node in self.labelled else ''}\n" for node in NODES)
        self.told.append(shlex.join(words[3:]))
        change, label, node = words[3:]
        assert label in {LABEL, f"{LABEL}=true"}
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
    return Cluster(tmp_path / "pilot", surroundings=Surroundings(places=places, pages=Pages(NODES, LABEL)))


def test_fewer_hosts_serve_and_then_all_as_before(cluster: Cluster, hosts: Hosts) -> None:
    journal = confine.to_replicas(cluster, confine.begin(cluster), 1)
    assert hosts.labelled == {"node-1"}
    journal = confine.to_replicas(cluster, journal, 2)
    assert hosts.labelled == {"node-1", "node-2"}
    assert confine.held(cluster, [one.id for one in engine.containers(cluster)], ()) == ()
    assert (confine.put_back(cluster), hosts.labelled) == ((), set(NODES))
    assert not confine.left(cluster)
    added = [f"--label-add {LABEL}=true node-2", f"--label-add {LABEL}=true node-3"]
    assert hosts.told == [f"--label-rm {LABEL} node-2", f"--label-rm {LABEL} node-3", *added]


def test_a_kill_in_between_is_mended_by_whoever_comes_next(cluster: Cluster, hosts: Hosts) -> None:
    confine.to_replicas(cluster, confine.begin(cluster), 1)
    assert confine.cleaned(cluster) == ("cores and replicas are as they were before an interrupted test",)
    assert hosts.labelled == set(NODES)


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


def test_a_swarm_that_nobody_manages_is_said(cluster: Cluster, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "run", lambda argv, **more: Completed(1, "", "no leader") if "node" in argv else hosts.run(argv, **more))
    with pytest.raises(PlanError, match="node-1: no leader"):
        confine.begin(cluster)
