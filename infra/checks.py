"""What must hold before a deploy begins: said at once, with the mend, before anything changes."""

import os
import shutil
from pathlib import Path

import psutil

from infra import clock, filesystem, live
from infra.deployment import Deployment, load, names
from infra.keep import places
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
    live.need_administrator("plan deploy")
    if live.elsewhere():
        live.engine_client()  # an engine that was named is not ours to install or start
    _clock(deployment)
    places.repository(deployment)  # refuses a place that can never hold backups
    disks = (*file_system(deployment), *other_disks(deployment))
    return [*_ports(deployment), *clock.ahead(deployment), *_machine(deployment), *disks, *_brief(deployment.plan)]


def _clock(deployment: Deployment) -> None:
    late = clock.behind(deployment)
    if late:
        raise PlanError(late, where="clock", hint=clock.MEND)


def _ports(deployment: Deployment) -> list[str]:
    """Refuse what another deployment holds, and on a first deploy what any program holds (later it is our own front door)."""
    notes = [note for name in names() if name != deployment.name for note in _apart(deployment, name)]
    if deployment.name in names():
        return notes
    taken = [port for port in deployment.ports if answers(port)]
    if taken:
        held = ", ".join(f"{port} is held by {holder(port)}" for port in taken)
        raise PlanError(held, where="brief.yaml: infrastructure.ports", hint="stop that program, or name other ports, then run 'plan size' again")
    return notes


def _apart(deployment: Deployment, name: str) -> list[str]:
    """Refuse hosts and ports of the deployment called ``name``; one that cannot be read is no hindrance, and said."""
    try:
        other = load(name)
    except PlanError as problem:
        return [f"hosts and ports of {name} could not be compared: {problem}"]
    ours, theirs = deployment.plan.platform, other.plan.platform
    hosts = {*ours.names} & {*theirs.names}
    if hosts or {*deployment.ports} & {*other.ports}:
        raise PlanError(
            f"the deployment {other.name} has {', '.join(sorted(hosts)) or 'these ports'} already",
            where="brief.yaml: infrastructure.ports, access.hosts",
            hint=f"name other hosts and ports, or remove it: plan destroy --name {other.name}",
        )
    return []


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
    free = shutil.disk_usage(filesystem.nearest(deployment.folder)).free / GIB
    return [*notes, *([f"{free:.0f} GiB of disk are free, the plan counts on {server.disk_gib:g}"] if free < server.disk_gib else [])]


def file_system(deployment: Deployment) -> list[str]:
    """Say where the data will lie on a file system that does not come through a power cut; that is for the company to decide."""
    judged = filesystem.judge(deployment.folder)
    return [f"{judged.said} (mend: {judged.mend})"] if judged.mend else []


def other_disks(deployment: Deployment) -> list[str]:
    """Refuse a folder that is not there (its disk is not mounted); say where it shares the platform's disk."""
    backup, notes = deployment.plan.platform.backup, []
    for key, folder in (("to", backup.to), ("changes_to", backup.changes_to)):
        if not folder.startswith("/"):
            continue
        if not Path(folder).is_dir():
            raise PlanError(f"{folder} is no folder", where=f"brief.yaml: infrastructure.backup.{key}", hint="mount the second disk, or make the folder")
        if Path(folder).stat().st_dev == filesystem.nearest(deployment.folder).stat().st_dev:
            notes.append(f"{folder} (infrastructure.backup.{key}) is on the platform's own disk: it is lost with it")
    return notes
