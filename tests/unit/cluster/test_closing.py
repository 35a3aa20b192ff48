"""A cluster is closed by what hosts may run, and nothing else about it is changed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from docker.errors import APIError

from infra import live
from infra.cluster import closing, settle
from infra.cluster.platform import Platform
from infra.program import LABEL
from runtime.errors import PlanError
from tests.unit.cluster.test_condition import cluster
from tests.unit.inventory_examples import equal

HAS = {"underdesk.web": "true", "underdesk.pagecache": "true", "underdesk.database": "true", "rack": "7"}


class Engine:
    """Stands for a manager's engine: each node is told at the second try, and tasks stop when somebody has looked twice."""

    def __init__(self, *, stops: bool = True) -> None:
        self.looks, self.stops = 0, stops
        self.labels = {name: dict(HAS) for name in ("node-1", "node-2", "node-3", "stranger")}
        self.nodes = SimpleNamespace(list=lambda: [Node(self, name) for name in self.labels])
        listed = [SimpleNamespace(id=name, name=f"sample-{name}") for name in ("blogs", "frontdoor", "objectcache")]
        self.services = SimpleNamespace(list=lambda filters: listed if filters == {"label": f"{LABEL}=sample"} else [])
        self.api = SimpleNamespace(tasks=self.tasks)

    def tasks(self, filters: dict[str, Any]) -> list[dict[str, Any]]:
        self.looks += 1
        assert set(filters["service"]) == {"blogs", "objectcache"}
        return [{"ServiceID": "blogs", "Status": {"State": "shutdown" if self.stops and self.looks > 1 else "running"}}]


class Node:
    """Stands for a node that says something of itself between being looked at and being changed, once."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name, self.stale = engine, name, name == "node-2"
        self.reload()

    def reload(self) -> None:
        self.attrs = {"Description": {"Hostname": f"{self.name}.example"}, "Spec": {"Role": "manager", "Labels": dict(self.engine.labels[self.name])}}

    def update(self, spec: dict[str, Any]) -> None:
        if self.stale:
            self.stale = False
            raise APIError("update out of sequence")
        assert spec["Role"] == "manager"
        self.engine.labels[self.name] = spec["Labels"]


def closed(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Platform:
    monkeypatch.setattr(live, "engine_client", lambda _engine: engine)
    monkeypatch.setattr(closing, "PAUSE_S", 0)
    deployment = SimpleNamespace(engine="unix:///there", name=equal(3).platform.name, service=lambda role: f"sample-{role}")
    return cast("Platform", SimpleNamespace(deployment=deployment, work=SimpleNamespace(cluster=cluster())))


def test_no_host_may_run_what_reads_or_remembers_content_and_afterwards_each_what_it_could(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, waited = Engine(), list[str]()
    platform = closed(monkeypatch, engine)
    closing.close(platform)
    assert engine.labels == {name: {"underdesk.database": "true", "rack": "7"} for name in engine.labels}
    assert engine.looks == 2
    monkeypatch.setattr(settle, "wait", lambda *_: waited.append("settled"))
    monkeypatch.setattr(closing, "wait_for_pages", lambda *_: waited.append("pages"))
    closing.open_again(platform, print)
    assert engine.labels == {**dict.fromkeys(("node-1", "node-2", "node-3"), HAS), "stranger": {"underdesk.database": "true", "rack": "7"}}
    assert waited == ["settled", "pages"]


def test_what_does_not_stop_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "STOP_S", 0)
    with pytest.raises(PlanError, match="blogs of the cluster do not stop"):
        closing.close(closed(monkeypatch, Engine(stops=False)))
