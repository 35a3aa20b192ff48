"""Wait until every service of a cluster runs as it was declared: of one task on every host the declaration itself waits for none."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import docker

from infra.deployment import Deployment
from infra.live import engine_client
from infra.program import CONVERGE_S, LABEL
from runtime.errors import PlanError

PAUSE_S: Final = 1.0
RUNNING: Final = "running"
BUSY: Final = ("updating", "rollback_started")
BACK: Final = ("rollback_completed", "rollback_paused", "paused")
TOLD: Final = 300


@dataclass(frozen=True)
class Count:
    """Of a service: tasks that run as it says now, tasks that shall, what its last change came to, when that began, and where the tasks run."""

    running: int
    wanted: int
    state: str = ""
    said: str = ""
    changed: str = ""
    hosts: tuple[str, ...] = ()

    @property
    def taken_back(self) -> bool:
        """Whether the swarm went back to the version before, since the new one did not come up."""
        return self.state in BACK

    @property
    def settled(self) -> bool:
        """Whether all of them run."""
        return self.state not in BUSY and self.running >= self.wanted


def wait(deployment: Deployment, say: Callable[[str], None], limit_s: float = CONVERGE_S, before: Mapping[str, Count] | None = None) -> None:
    """Return when all run; raises PlanError where one was rolled back, or does not come to it.

    ``before`` is how they stood before they were changed: who was taken back then, and was not changed since, stands as it was declared last.
    """
    old = {role: count.changed for role, count in (before or {}).items() if count.taken_back}
    client, until, told = engine_client(deployment.engine), time.monotonic() + limit_s, ""
    while True:
        found = counts(client, deployment.name)
        for role, count in found.items():
            if count.taken_back and old.get(role) != count.changed:
                raise PlanError(f"was taken back: {count.said}", where=f"service {role}", hint="the version before runs; see 'plan status', mend what it says")
        missing = {role: count for role, count in found.items() if not count.settled}
        if not missing:
            return
        if time.monotonic() > until:
            role, count = next(iter(missing.items()))
            said = f"{count.running} of {count.wanted} tasks run{f': {count.said}' if count.said else ''}"
            raise PlanError(said, where=f"service {role}", hint="see 'docker service ps' on a manager, then run the same command again")
        line = ", ".join(f"{role} {count.running} of {count.wanted}" for role, count in missing.items())
        if line != told:
            say(f"waiting for {line}")
            told = line
        time.sleep(PAUSE_S)


def counts(client: docker.DockerClient, name: str) -> dict[str, Count]:
    """Return how each service of the deployment called ``name`` stands."""
    nodes = [node.attrs for node in client.nodes.list()]
    services = client.services.list(filters={"label": f"{LABEL}={name}"})
    tasks: list[dict[str, Any]] = client.api.tasks({"service": [one.id for one in services]}) if services else []  # type: ignore[no-untyped-call]
    return {service.name.removeprefix(f"{name}-"): _count(service.attrs, nodes, tasks) for service in services}


def may_run(spec: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Tell whether a service may have a task on a node, as its labels, its state and its availability say."""
    if node["Status"]["State"] != "ready" or node["Spec"]["Availability"] != "active":
        return False
    wanted = (spec["TaskTemplate"].get("Placement") or {}).get("Constraints") or []
    labels = node["Spec"].get("Labels") or {}
    pairs = (constraint.partition("==") for constraint in wanted)
    return all(labels.get(key.strip().removeprefix("node.labels.")) == value.strip() for key, _, value in pairs)


def _count(service: Mapping[str, Any], nodes: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> Count:
    spec, status = service["Spec"], service.get("UpdateStatus") or {}
    image = spec["TaskTemplate"]["ContainerSpec"]["Image"]
    able = {node["ID"] for node in nodes if may_run(spec, node)}
    names = {node["ID"]: node["Description"]["Hostname"].partition(".")[0] for node in nodes if node["Status"]["State"] == "ready"}
    mine = [task for task in tasks if task["ServiceID"] == service["ID"]]
    good = [task for task in mine if task["Status"]["State"] == RUNNING == task["DesiredState"] and task["Spec"]["ContainerSpec"]["Image"] == image]
    if "Global" in spec["Mode"]:
        running, wanted = len({task["NodeID"] for task in good} & able), len(able)
    else:
        running, wanted = len(good), int(spec["Mode"]["Replicated"]["Replicas"])
    errors = sorted((task["Status"]["Timestamp"], task["Status"]["Err"]) for task in mine if task["Status"].get("Err"))
    state = status.get("State", "")
    said = (status.get("Message", "") if state in BACK else errors[-1][1] if errors else "")[:TOLD]
    hosts = sorted({names[task["NodeID"]] for task in good if task.get("NodeID") in names})
    return Count(running, wanted, state, said, status.get("StartedAt", ""), tuple(hosts))
