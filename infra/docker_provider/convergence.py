"""Waiting until a service's tasks are what its spec says, or can no longer be."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic, time
from typing import Any

import docker

from infra.docker_provider.calls import Call
from infra.docker_provider.durations import seconds
from infra.docker_provider.failures import Failed, NotConvergedError
from infra.docker_provider.values import Properties

Service = Mapping[str, Any]
Task = Mapping[str, Any]

POLL_S = 0.5
SERVICE_ID = "com.docker.swarm.service.id"
HOPELESS_TASKS = 3
LEAST_FREE_BYTES = 16 * 1024 * 1024
LEAST_FREE_SHARE = 0.05
"""Of a file system that is small itself (a tmpfs)."""
ENDED_BADLY = {"paused": "the update was paused", "rollback_completed": "the update was rolled back", "rollback_paused": "the rollback was paused"}
UNABLE = ("failed", "rejected", "pending")
COMPARED = ("ContainerSpec", "Resources", "Networks", "LogDriver")


@dataclass(frozen=True)
class Verdict:
    """How far the service is: done, failed for good, or still on its way."""

    done: bool = False
    failed: bool = False
    rolling_back: bool = False
    text: str = ""


def judge(service: Service, tasks: Sequence[Task], since: str = "", gone: Collection[str] = ()) -> Verdict:
    """Say whether ``service`` runs as its spec says.

    Args:
        service: the engine's answer about the service.
        tasks: the engine's answer about its tasks.
        since: time stamp (the engine's) of the create or update; older failures do not count.
        gone: tasks that were seen rejected before: of each service the engine keeps few that have ended.

    """
    state = service.get("UpdateStatus", {}).get("State", "")
    if state in ENDED_BADLY:
        return Verdict(failed=True, text=_because(ENDED_BADLY[state], task_message(tasks, since)))
    asked = [task for task in tasks if task.get("DesiredState") == "running"]
    running = [task for task in asked if task["Status"]["State"] == "running"]
    fresh = [task for task in running if _of_spec(task, service)]
    wanted = service["Spec"]["Mode"].get("Replicated", {}).get("Replicas", len(asked) or 1)
    counted = f"{len(fresh)} of {wanted} tasks run"
    if state in ("", "completed") and len(fresh) == wanted == len(running):
        return Verdict(done=True, text=counted)
    hopeless = {*gone, *rejected(tasks, since)}
    if not state and not fresh and len(hopeless) >= HOPELESS_TASKS:
        return Verdict(failed=True, text=_because("no task can start", task_message(tasks, since)))
    return Verdict(rolling_back=state == "rollback_started", text=_because(counted, task_message(tasks, since)))


def rejected(tasks: Sequence[Task], since: str = "") -> list[str]:
    """Return the tasks that no host can start."""
    return [task["ID"] for task in _since(tasks, since) if task["Status"]["State"] == "rejected"]


def task_message(tasks: Sequence[Task], since: str = "") -> str:
    """Return what the newest failed task said (or the scheduler of one it has no node for), "" where none failed."""
    failed = [
        task for task in _since(tasks, since) if task["Status"]["State"] in UNABLE and (task["Status"]["State"] != "pending" or task["Status"].get("Err"))
    ]
    if not failed:
        return ""
    status = max(failed, key=lambda task: _stamp(task["CreatedAt"]))["Status"]
    return str(status.get("Err") or status.get("Message") or status["State"])


def wait(call: Call, identifier: str, settings: Properties, since: str = "") -> None:
    """Return when the service has converged (``settings``: convergeConfig).

    Raises NotConvergedError when it cannot, when its time is over, or when cancelled.
    """
    limit = seconds(settings["timeout"])
    deadline, extended = monotonic() + limit, False
    pause, hopeless = seconds(settings["delay"]), set[str]()
    while True:
        if call.cancelled.wait(pause):
            message = "cancelled while its tasks were starting"
            raise NotConvergedError(message)
        pause = POLL_S
        service, tasks = call.client.inspect_service(identifier), call.client.tasks({"service": identifier})
        hopeless.update(rejected(tasks, since))
        verdict = judge(service, tasks, since, hopeless)
        if verdict.done:
            return
        if verdict.failed:
            raise NotConvergedError(verdict.text if task_message(tasks, since) else _because(verdict.text, died(call.client, identifier, since)))
        full = full_disk(service)
        if full:
            raise NotConvergedError(_because(verdict.text, f"no space left on device: {full}"))
        if verdict.rolling_back and not extended:
            deadline, extended = monotonic() + limit, True
        if monotonic() > deadline:
            message = f"not converged after {settings['timeout']}: {verdict.text}"
            raise NotConvergedError(message)
        call.say(verdict.text)


def died(client: docker.APIClient, identifier: str, since: str) -> str:
    """Return how the last container of the service ended that ended badly, "" where none did.

    The engine keeps its latest events, but few ended tasks: the one that failed may be gone before anybody has seen it.
    """
    ends = {"type": "container", "event": "die", "label": f"{SERVICE_ID}={identifier}"}
    codes = [event["Actor"]["Attributes"].get("exitCode", "0") for event in client.events(since=_unix(since), until=int(time()) + 1, filters=ends, decode=True)]
    bad = [code for code in codes if code != "0"]
    return f"task: non-zero exit ({bad[-1]})" if bad else ""


def full_disk(service: Service) -> str:
    """Return the folder of this host that the service writes into and whose disk is full: nothing starts there; "" where there is none."""
    mounts = service["Spec"]["TaskTemplate"].get("ContainerSpec", {}).get("Mounts") or ()
    folders = [str(mount["Source"]) for mount in mounts if mount.get("Type") == "bind" and not mount.get("ReadOnly") and mount.get("Source")]
    return next((folder for folder in folders if _is_full(Path(folder))), "")


def _is_full(folder: Path) -> bool:
    """Tell whether a folder's file system takes next to nothing more; one without blocks (/sys), read-only by itself or out of reach is not judged."""
    try:
        found = os.statvfs(folder)
        judged = folder.is_dir() and not found.f_flag & os.ST_RDONLY
    except OSError:
        return False
    return judged and found.f_bavail * found.f_frsize < min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * found.f_blocks * found.f_frsize)


def wait_stopped(call: Call, identifier: str, limit_s: float) -> None:
    """Return when no container of a removed service is left on this host; raises Failed after ``limit_s``."""
    deadline = monotonic() + limit_s
    while call.client.containers(all=True, filters={"label": f"{SERVICE_ID}={identifier}"}):
        if monotonic() > deadline or call.cancelled.wait(POLL_S):
            message = f"its containers have not stopped after {limit_s:.0f} s"
            raise Failed(message)


def _of_spec(task: Task, service: Service) -> bool:
    template = service["Spec"]["TaskTemplate"]
    return all(task["Spec"].get(key) == template.get(key) for key in COMPARED) and task["Spec"].get("ForceUpdate", 0) == template.get("ForceUpdate", 0)


def _since(tasks: Sequence[Task], since: str) -> list[Task]:
    return [task for task in tasks if _stamp(task["CreatedAt"]) >= _stamp(since)]


def _stamp(time: str) -> str:
    """Return a time stamp that sorts as text (the engine drops trailing zeros)."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


def _unix(stamp: str) -> int:
    """Return the second (since 1970) of a time stamp of the engine; its events are asked for by that alone."""
    return int(datetime.fromisoformat(f"{stamp.rstrip('Z').partition('.')[0]}+00:00").timestamp())


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what
