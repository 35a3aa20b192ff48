"""What must hold before a deploy begins: said at once, with the mend, before anything changes."""

import os
import shutil
from pathlib import Path

import psutil

from infra import live
from infra.deployment import Deployment, load, names
from infra.ports import answers, holder
from runtime import files
from runtime.errors import PlanError
from sizing.plan import Plan
from sizing.reading import parse
from sizing.size import digest

GIB = 1024**3
MEMORY_SLACK = 0.9


def before_deploy(deployment: Deployment, target: str) -> list[str]:
    """Raise PlanError where a deploy cannot work; return notes that do not stop it."""
    if target != "local":
        raise PlanError(f"target '{target}' is not known", where="--target", hint="use 'local': clusters come with a later release")
    if not live.is_administrator():
        raise PlanError("a deploy needs the administrator's rights on this machine", hint="run it with sudo, or as root")
    _ports(deployment)
    return [*_machine(deployment), *_brief(deployment.plan), *_others(deployment.name)[1]]


def _ports(deployment: Deployment) -> None:
    """Refuse what another deployment holds, and on a first deploy what any program holds (later it is our own front door)."""
    for other in _others(deployment.name)[0]:
        ours, theirs = deployment.plan.platform, other.plan.platform
        hosts = {*ours.hosts.model_dump().values()} & {*theirs.hosts.model_dump().values()}
        if hosts or {*deployment.ports} & {*other.ports}:
            raise PlanError(
                f"the deployment {other.name} has {', '.join(sorted(hosts)) or 'these ports'} already",
                where="brief.yaml: infrastructure.ports, access.hosts",
                hint=f"name other hosts and ports, or remove it: plan destroy --name {other.name}",
            )
    if deployment.name in names():
        return
    taken = [port for port in deployment.ports if answers(port)]
    if taken:
        held = ", ".join(f"{port} is held by {holder(port)}" for port in taken)
        raise PlanError(held, where="brief.yaml: infrastructure.ports", hint="stop that program, or name other ports, then run 'plan size' again")


def _others(name: str) -> tuple[list[Deployment], list[str]]:
    """Return the other deployments of this machine, and what must be said of those that cannot be read: they stop nobody else."""
    found, notes = [], []
    for other in names():
        try:
            found += [load(other)] if other != name else []
        except PlanError as problem:
            notes.append(f"nobody can tell what the deployment {other} uses: {problem}")
    return found, notes


def _brief(plan: Plan) -> list[str]:
    """Say that the brief has moved on since it was sized."""
    path = Path(plan.inputs.path)
    try:
        same = digest(parse(files.read(path), str(path))) == plan.inputs.digest
    except PlanError:
        return [f"{path} is gone or no longer a good brief: what is deployed is the plan as it was sized"]
    return [] if same else [f"{path} has changed since this plan was made; 'plan size' takes the changes up"]


def _machine(deployment: Deployment) -> list[str]:
    server = deployment.plan.servers[0]
    cores, memory = os.cpu_count() or 1, psutil.virtual_memory().total / GIB
    if len(deployment.plan.servers) > 1 or server.count > 1:
        raise PlanError(
            f"the plan wants {sum(server.count for server in deployment.plan.servers)} servers, this machine is one",
            where="plan.json: servers",
            hint="size for fewer people ('plan size --people N --output plan.json'), or wait for the cluster release",
        )
    if memory < server.memory_gib * MEMORY_SLACK:
        raise PlanError(
            f"this machine has {memory:.1f} GiB of memory, the plan was made for {server.memory_gib:g}",
            where="plan.json: servers[0].memory_gib",
            hint="state what this machine has in brief.yaml (infrastructure.desk), then run 'plan size' again",
        )
    notes = [] if cores >= server.cores else [f"this machine has {cores} cores, the plan was made for {server.cores}: it will carry fewer people"]
    free = shutil.disk_usage(_nearest(deployment.folder)).free / GIB
    return [*notes, *([f"{free:.0f} GiB of disk are free, the plan counts on {server.disk_gib:g}"] if free < server.disk_gib else [])]


def _nearest(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
