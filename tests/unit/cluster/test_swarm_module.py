"""The Ansible module that keeps the nodes of a swarm, against an engine that remembers what it was told."""

import copy
import sys
from typing import Any, NoReturn

import pytest

from tests.unit.cluster.of_ansible import library

SWARM = library("swarm")
API = sys.modules["ansible.module_utils.engine_api"]


class Engine:
    """Nodes of a swarm and what runs on them."""

    def __init__(self, *nodes: dict[str, Any], tasks: dict[str, int] | None = None) -> None:
        self.nodes = {node["ID"]: node for node in nodes}
        self.tasks = tasks or {}
        self.told: list[str] = []

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:  # noqa: ANN401 - as the module's own
        name = path.split("/")[2] if path.count("/") > 1 else ""
        if (method, path) == ("GET", "/nodes"):
            return copy.deepcopy(list(self.nodes.values()))
        if path == "/tasks":
            return [{}] * self.tasks.get(query["filters"].split('"')[3], 0)
        if method == "GET":
            return copy.deepcopy(self.nodes[name])
        if method == "DELETE":
            self.told.append(f"remove {name}")
            return self.nodes.pop(name)
        if self.nodes[name]["Spec"]["Role"] != body["Role"]:
            self.told.append(f"{name} becomes {body['Role']}")
        self.nodes[name]["Spec"] = body
        self.nodes[name]["ManagerStatus"] = {} if body["Role"] == "manager" else None
        return None


class Asked:
    """What Ansible hands to the module."""

    def __init__(self, wanted: list[dict[str, Any]], *, check: bool) -> None:
        self.params, self.check_mode = {"nodes": wanted, "prefix": "underdesk."}, check

    def fail_json(self, msg: str) -> NoReturn:
        raise AssertionError(msg)


def node(name: str, role: str = "worker", number: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - keys of a node
    spec = {"Role": role, "Availability": "active", "Labels": {}, **more.pop("spec", {})}
    told = {"ID": f"{name}{number}", "Version": {"Index": 1}, "UpdatedAt": number, "Status": {"State": "ready"}, "Description": {"Hostname": name}}
    return {**told, "Spec": spec, "ManagerStatus": {} if role == "manager" else None, **more}


def wanted(name: str, role: str = "worker", **labels: str) -> dict[str, Any]:
    return {"name": name, "role": role, "labels": {f"underdesk.{key}": value for key, value in labels.items()}}


def test_an_engine_that_calls_itself_by_its_full_name_is_the_same_host() -> None:
    assert SWARM._name(node("node-1.example.org")) == "node-1"


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a function
    def call(engine: Engine, *nodes: dict[str, Any], check: bool = False) -> list[str]:
        monkeypatch.setattr(SWARM, "ask", engine.ask)
        return list(SWARM._nodes(Asked(list(nodes), check=check))["written"])

    return call


def test_labels_of_ours_are_set_and_those_of_others_stay(keep: Any) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", spec={"Labels": {"rack": "7", "underdesk.old": "true"}}))
    assert keep(engine, wanted("a", web="true"), check=True) == ["a: is for web", "a: is no more for old"]
    assert engine.nodes["a"]["Spec"]["Labels"] == {"rack": "7", "underdesk.old": "true"}
    assert keep(engine, wanted("a", web="true")) == ["a: is for web", "a: is no more for old"]
    assert engine.nodes["a"]["Spec"]["Labels"] == {"rack": "7", "underdesk.web": "true"}
    assert keep(engine, wanted("a", web="true")) == []


def test_managers_are_made_before_others_are_unmade(keep: Any) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", "manager"), node("b", "worker"))
    keep(engine, wanted("a", "worker"), wanted("b", "manager"))
    assert engine.told == ["b becomes manager", "a becomes worker"]


def test_what_a_host_left_behind_when_it_came_back_is_removed(keep: Any) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", "manager"), node("b", number="1", Status={"State": "down"}), node("b", number="2"))
    said = keep(engine, wanted("a", "manager"), wanted("b"))
    assert said == ["b: what it left behind when it came back is removed"]
    assert set(engine.nodes) == {"a", "b2"}


def test_a_host_that_is_no_more_and_runs_nothing_is_demoted_and_removed(keep: Any) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", "manager"), node("old", "manager"))
    assert keep(engine, wanted("a", "manager"), check=True) == ["old: a host that is no more is removed"]
    assert set(engine.nodes) == {"a", "old"}
    keep(engine, wanted("a", "manager"))
    assert engine.told == ["old becomes worker", "remove old"]


def test_a_host_that_is_no_more_is_drained_while_it_runs_something_and_never_forced(keep: Any) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", "manager"), node("old"), tasks={"old": 2})
    assert "drained" in keep(engine, wanted("a", "manager"))[0]
    assert engine.nodes["old"]["Spec"]["Availability"] == "drain"
    assert keep(engine, wanted("a", "manager")) == []
    engine.tasks.clear()
    assert "removed" in keep(engine, wanted("a", "manager"))[0]


def test_what_runs_on_a_host_that_is_no_more_moves_before_anything_closes(keep: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", "manager"), node("old"), tasks={"old": 2})
    monkeypatch.setattr(SWARM, "ask", engine.ask)
    assert SWARM._drain(Asked([wanted("a", "manager")], check=True))["written"] == ["old: what it runs moves to other hosts"]
    assert engine.nodes["old"]["Spec"]["Availability"] == "active"
    monkeypatch.setattr(SWARM, "DRAIN_S", 0)
    SWARM._drain(Asked([wanted("a", "manager")], check=False))
    assert engine.nodes["old"]["Spec"]["Availability"] == "drain"
    assert SWARM._drain(Asked([wanted("a", "manager")], check=False))["written"] == []
    assert keep(engine, wanted("a", "manager")) == []


def test_a_host_that_is_wanted_again_before_it_was_removed_takes_work_again(keep: Any) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", "manager"), node("old"), tasks={"old": 2})
    keep(engine, wanted("a", "manager"))
    assert keep(engine, wanted("a", "manager"), wanted("old")) == ["old: is active again"]
    assert engine.nodes["old"]["Spec"]["Availability"] == "active"
    assert keep(engine, wanted("a", "manager"), wanted("old")) == []


def test_a_host_that_somebody_drained_for_maintenance_stays_drained(keep: Any) -> None:  # noqa: ANN401 - a function
    engine = Engine(node("a", "manager"), node("b", spec={"Availability": "drain"}))
    keep(engine, wanted("a", "manager"), wanted("b", web="true"))
    assert engine.nodes["b"]["Spec"]["Availability"] == "drain"


def test_before_a_swarm_is_there_check_mode_says_what_it_would_become(keep: Any) -> None:  # noqa: ANN401 - a function
    class Nothing(Engine):
        def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:  # noqa: ANN401, ARG002 - as the module's own
            raise API.EngineError("this node is not a swarm manager", 503)

    assert keep(Nothing(), wanted("a", "manager", web="true"), check=True) == ["a: is for web"]
    with pytest.raises(API.EngineError):
        keep(Nothing(), wanted("a", "manager", web="true"))
