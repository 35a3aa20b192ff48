"""What is changed of a lab's cluster while load flows: limits of every service, packages of images."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from infra.cluster import platform as platforms
from infra.cluster.make_ready import at_work
from runtime.printer import quiet
from tests.lab.serving import ServingLab
from tests.platform.rolling.limits import CHANGES

ON_HOSTS = "database"
"""Runs on hosts; what changes of it is Ansible's."""


def more_of_everything(lab: ServingLab) -> None:
    """Raise a limit of each service in the lab's plan: the next deploy replaces all of them."""
    more(lab, [role for role, _, _ in CHANGES.values() if role != ON_HOSTS])


def more(lab: ServingLab, roles: Collection[str]) -> None:
    """Raise a limit of each of ``roles`` in the lab's plan: the next deploy replaces their services."""
    plan = json.loads(lab.plan_file.read_text())
    for role, limit, by in CHANGES.values():
        if role in roles:
            plan["limits"][role][limit] += by
    lab.plan_file.write_text(json.dumps(plan))


def renew(lab: ServingLab, names: Collection[str]) -> None:
    """Take the packages of images as of now, build them on a manager and roll them out."""
    with at_work(lab.cluster) as work, platforms.opened(work) as found:
        to = found.deployment.packages.marked(frozenset(names), datetime.now(UTC).isoformat(timespec="seconds"))
        platform = replace(found, deployment=replace(found.deployment, to=to))
        platform.apply(platform.propose(quiet), quiet)
        platform.verify()
        platform.record("upgrade")


def tasks(lab: ServingLab) -> dict[str, set[str]]:
    """Return the tasks that shall run, by service."""
    manager = lab.hosts[0]
    names = lab.root(manager, "docker service ls --format '{{.Name}}'").split()
    return {name: set(lab.root(manager, f"docker service ps --quiet --no-trunc --filter desired-state=running {name}").split()) for name in names}


def left(lab: ServingLab) -> list[str]:
    """Return what there is of stand-ins on hosts: services and rules."""
    services = [name for name in tasks(lab) if name.endswith("-standin")]
    rules = (lab.role(host, "iptables --table nat --list-rules | grep underdesk.standin") for host in lab.hosts)
    return services + [line for said in rules for line in said.splitlines()]
