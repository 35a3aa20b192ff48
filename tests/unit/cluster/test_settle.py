"""Whether the services of a cluster run as declared, read from what a manager says."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.cluster import settle
from infra.deployment import Deployment
from runtime.errors import PlanError
from runtime.printer import quiet
from tests.unit.inventory_examples import equal

WEB = "node.labels.underdesk.web == true"


def node(name: str, *, ready: bool = True, label: str = "underdesk.web") -> dict[str, Any]:
    return {
        "ID": name,
        "Spec": {"Availability": "active", "Labels": {label: "true"}},
        "Status": {"State": "ready" if ready else "down"},
        "Description": {"Hostname": f"{name}.local"},
    }


def service(image: str = "new", state: str = "", **mode: Any) -> dict[str, Any]:  # noqa: ANN401 - as the engine says it
    template = {"ContainerSpec": {"Image": image}, "Placement": {"Constraints": [WEB]}}
    return {"ID": "s", "Spec": {"Mode": mode or {"Global": {}}, "TaskTemplate": template}, "UpdateStatus": {"State": state, "Message": "because"}}


def task(on: str, image: str = "new", state: str = "running", error: str = "") -> dict[str, Any]:
    status = {"State": state, "Timestamp": "1", "Err": error}
    return {"ServiceID": "s", "NodeID": on, "Status": status, "DesiredState": "running", "Spec": {"ContainerSpec": {"Image": image}}}


def client(of: dict[str, Any], nodes: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - what stands for a client
    return SimpleNamespace(
        nodes=SimpleNamespace(list=lambda: [SimpleNamespace(attrs=one) for one in nodes]),
        services=SimpleNamespace(list=lambda filters: [SimpleNamespace(name="sample-blogs", id="s", attrs=of)] if filters else []),
        api=SimpleNamespace(tasks=lambda filters: tasks if filters else []),
    )


def count(of: dict[str, Any], nodes: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> settle.Count:
    return settle.counts(client(of, nodes, tasks), "sample")["blogs"]


def test_one_task_is_wanted_on_each_host_that_may_have_it_and_is_there() -> None:
    nodes = [node("a"), node("b"), node("c", ready=False), node("d", label="underdesk.database")]
    found = count(service(), nodes, [task("a"), task("b", image="old")])
    assert (found.running, found.wanted, found.settled) == (1, 2, False)
    assert count(service(), nodes, [task("a"), task("b")]).settled


def test_what_is_still_being_changed_is_not_settled() -> None:
    assert not count(service(state="updating"), [node("a")], [task("a")]).settled


def test_replicas_are_counted_wherever_they_run() -> None:
    found = count(service(Replicated={"Replicas": 2}), [node("a")], [task("a"), task("a", state="starting", error="no space")])
    assert (found.running, found.wanted, found.said) == (1, 2, "no space")


def test_what_was_taken_back_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "engine_client", lambda _engine: client(service(state="rollback_completed"), [node("a")], [task("a")]))
    with pytest.raises(PlanError, match="was taken back: because"):
        settle.wait(Deployment(equal(3), Path("/nowhere")), quiet)


def test_what_was_taken_back_before_and_not_changed_since_is_old_news(monkeypatch: pytest.MonkeyPatch) -> None:
    back = service(state="rollback_completed")
    monkeypatch.setattr(settle, "engine_client", lambda _engine: client(back, [node("a")], [task("a")]))
    deployment, before = Deployment(equal(3), Path("/nowhere")), {"blogs": count(back, [node("a")], [task("a")])}
    settle.wait(deployment, quiet, before=before)
    back["UpdateStatus"]["StartedAt"] = "later"
    with pytest.raises(PlanError, match="was taken back"):
        settle.wait(deployment, quiet, before=before)


def test_a_service_runs_on_the_hosts_that_have_its_tasks() -> None:
    assert count(service(), [node("a"), node("b")], [task("b"), task("a"), task("a", image="old")]).hosts == ("a", "b")
