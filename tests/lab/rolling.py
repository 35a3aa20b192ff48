"""What is changed of a lab's cluster while load flows: limits of every service, packages of images."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from infra import images
from infra.cluster import platform as platforms
from infra.cluster.make_ready import at_work
from infra.version import Version
from runtime.printer import quiet
from tests.lab.serving import ServingLab
from tests.platform.rolling.limits import CHANGES

ON_HOSTS = "database"
"""Runs on hosts; what changes of it is Ansible's."""
OLD = ("libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0")
"""Packages of which the suite has an older version than its security updates; more than the base brings them."""
SET_BACK = """set -e
user=$(docker image inspect --format '{{{{.Config.User}}}}' {reference})
printf 'FROM {reference}\nUSER 0\nRUN apt-get -qq update && apt-get -qq install --yes --allow-downgrades {packages} >/dev/null\nUSER %s\n' "${{user:-0}}" |
    DOCKER_BUILDKIT=0 docker build --quiet --tag {reference}-old - 2>&1
"""


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


def set_back(lab: ServingLab, names: Collection[str]) -> None:
    """Let the cluster run images with packages that the distribution has replaced by security updates, as if they had been built before those came."""
    manager = lab.hosts[0]
    with at_work(lab.cluster) as work, platforms.opened(work) as found:
        packages = found.deployment.packages
        references = {image.name: image.reference for image in images.images(as_of=packages.as_of) if image.name in names}
        for reference in references.values():
            lab.root(manager, SET_BACK.format(reference=reference, packages=" ".join(f"{name}/trixie" for name in OLD)))
        held = Version(as_of=packages.as_of, held={reference: f"{reference}-old" for reference in references.values()})
        platform = replace(found, deployment=replace(found.deployment, to=held))
        platform.apply(platform.propose(quiet), quiet)
        platform.verify()
        platform.record("deploy")


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
