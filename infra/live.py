"""What the engine really runs for a deployment, and how it differs from what was deployed."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from infra.deployment import Deployment
from infra.program import LABEL
from runtime import files
from runtime.errors import PlanError

RUNNING = "running"
VOLATILE = {"ForceUpdate"}
OWN_ENGINE = {"", "unix:///var/run/docker.sock", "unix:///run/docker.sock"}
PASSING = {"task", "deployment"}


@dataclass(frozen=True)
class Drift:
    """A difference: ``resource`` is a Pulumi name or a file; ``kind`` service, network, config, secret, file or task."""

    kind: str
    resource: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.resource}: {self.what}"


def engine_client(socket: str = "") -> docker.DockerClient:
    """Return a client of the engine at ``socket`` ("": this machine's); raises PlanError where none answers."""
    try:
        client = docker.DockerClient(base_url=socket, timeout=30) if socket else docker.from_env(timeout=30)
        client.ping()
    except (DockerException, OSError) as problem:
        raise _no_engine(problem) from problem
    return client


def elsewhere() -> str:
    """Return the engine that the environment names instead of this machine's own; "" where it names none."""
    named = os.environ.get("DOCKER_HOST", "")
    return "" if named in OWN_ENGINE else named


def _no_engine(problem: Exception) -> PlanError:
    said = "the container engine does not answer"
    if elsewhere():
        return PlanError(f"{said} at {elsewhere()}", where="DOCKER_HOST", hint="unset DOCKER_HOST to use the engine of this machine, or start that one")
    if "PermissionError" in str(problem) or isinstance(problem, PermissionError):
        return PlanError("this user may not ask the container engine", where="docker", hint="run it with sudo, or as root")
    return PlanError(said, where="docker", hint="start it ('service docker start'), or run 'plan deploy': it installs and starts it")


def engine_answers() -> bool:
    """Tell whether the engine runs."""
    try:
        engine_client()
    except PlanError:
        return False
    return True


def snapshot(deployment: Deployment) -> dict[str, Any]:
    """Return what is there now: specs of services, ids of networks, configs, secrets, and files.

    No secret's content is in it (the engine does not give it out; of files only digests are taken).
    """
    client = engine_client(deployment.engine)
    mine = {"label": f"{LABEL}={deployment.name}"}
    return {
        "services": {service.name.removeprefix(f"{deployment.name}-"): service.attrs["Spec"] for service in client.services.list(filters=mine)},
        "networks": {
            str(network.name).removeprefix(f"{deployment.name}-"): network.id for network in client.networks.list(filters=mine) if _real(network.attrs)
        },
        "configs": {config.name: config.id for config in client.configs.list(filters=mine)},
        "secrets": {secret.name: secret.id for secret in client.secrets.list(filters=mine)},
        "files": _files(deployment),
    }


def _real(network: dict[str, Any]) -> bool:
    """Tell a network of the swarm from this node's copy of a removed one, which stays until its last container has stopped."""
    return "Peers" not in network


def drift(deployment: Deployment) -> list[Drift]:
    """Compare what is there now with what the last deploy recorded."""
    recorded = deployment.record().get("live")
    if recorded is None:
        return [Drift("deployment", deployment.name, "no deploy has ended yet")]
    now = snapshot(deployment)
    found = [change for kind in ("service", "network", "config", "secret", "file") for change in _compare(kind, recorded[f"{kind}s"], now[f"{kind}s"])]
    unfinished = [Drift("deployment", deployment.name, "the last deploy did not end")] if deployment.interrupted else []
    return unfinished + found + _missing_tasks(deployment, now["services"])


def tasks(deployment: Deployment) -> dict[str, tuple[int, int]]:
    """Return (running, wanted) tasks by role; of a service on every host that may have it, as many are wanted as the engine has made."""
    client = engine_client(deployment.engine)
    found = {}
    for service in client.services.list(filters={"label": f"{LABEL}={deployment.name}"}):
        asked = client.api.tasks({"service": service.id, "desired-state": RUNNING})  # type: ignore[no-untyped-call]
        running = [task for task in asked if task["Status"]["State"] == RUNNING]
        found[service.name.removeprefix(f"{deployment.name}-")] = (len(running), _replicas(service.attrs["Spec"], len(asked)))
    return found


def _replicas(spec: dict[str, Any], asked: int) -> int:
    mode = spec.get("Mode", {})
    return asked if "Global" in mode else int(mode.get("Replicated", {}).get("Replicas", 0))


def _missing_tasks(deployment: Deployment, services: dict[str, Any]) -> list[Drift]:
    counted = {role: count for role, count in tasks(deployment).items() if role in services}
    return [Drift("task", role, f"{running} of {wanted} run") for role, (running, wanted) in sorted(counted.items()) if running < wanted]


def _compare(kind: str, before: dict[str, Any], now: dict[str, Any]) -> list[Drift]:
    gone = [Drift(kind, name, "is gone") for name in sorted(before.keys() - now.keys())]
    extra = [Drift(kind, name, "was added by hand") for name in sorted(now.keys() - before.keys())]
    changed = [Drift(kind, name, what) for name in sorted(before.keys() & now.keys()) for what in _differences(before[name], now[name])]
    return gone + extra + changed


def _differences(before: object, now: object, path: str = "") -> list[str]:
    """Return one line for each leaf that differs between two specs."""
    if before == now:
        return []
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [key for key in sorted(before.keys() | now.keys()) if key not in VOLATILE]
        return [line for key in keys for line in _differences(before.get(key), now.get(key), f"{path}.{key}" if path else key)]
    return [f"{path or 'it'} is {_short(now)}, was {_short(before)}"]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - a line of a terminal


def _files(deployment: Deployment) -> dict[str, Any]:
    managed = sorted((deployment.folder / "frontdoor").glob("*"))
    folders = sorted((deployment.folder / "data").glob("*"))
    return {str(path.relative_to(deployment.folder)): _file(path) for path in [*managed, *folders]}


def _file(path: Path) -> dict[str, Any]:
    found = path.stat()
    content = files.digest(path.read_bytes()) if stat.S_ISREG(found.st_mode) else "folder"
    return {"content": content, "mode": oct(stat.S_IMODE(found.st_mode)), "owner": f"{found.st_uid}:{found.st_gid}"}


def is_administrator() -> bool:
    """Return whether this process may manage the host."""
    return os.geteuid() == 0


def need_administrator(where: str) -> None:
    """Raise PlanError where this process may not manage the host; ``where`` is the command."""
    if not is_administrator():
        raise PlanError("needs the administrator's rights on this machine", where=where, hint="run it with sudo, or as root")
