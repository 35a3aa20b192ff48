"""Close a cluster while its content changes places, and open it again: no host may run what reads, writes or remembers content.

Labels of nodes say what a host may run, so nothing of a service is changed: what was deployed stays as it was, whoever is stopped in between finds
all of it closed, and a deploy opens it again.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from docker.errors import APIError

from infra import live
from infra.cluster import settle
from infra.cluster.cluster import LABELS
from infra.cluster.platform import ANSWERS, PAGES_S, Platform, Say
from infra.inventory.model import Role
from infra.inventory.placement import SERVICES
from infra.program import LABEL
from infra.reach import wait_for_pages
from runtime.errors import PlanError

ROLES: Final[tuple[Role, ...]] = ("web", "pagecache")
"""Whose services stop, caches among them; the front doors stay, say that nobody serves, and lead to the database."""
STOP_S: Final = 300
PAUSE_S: Final = 0.5
TRIES: Final = 10


def close(platform: Platform) -> None:
    """Let nobody read or write, and return when nothing of it runs; done again it does nothing. Of a platform that has the engine of a manager."""
    _label(platform, {host: {} for host in platform.work.cluster.reach})
    client, until = live.engine_client(platform.deployment.engine), time.monotonic() + STOP_S
    while left := _running(platform, client):
        if time.monotonic() > until:
            said = f"{', '.join(left)} of the cluster do not stop"
            raise PlanError(said, where=platform.deployment.name, hint="see 'docker service ps' on a manager, then run the same command again")
        time.sleep(PAUSE_S)


def open_again(platform: Platform, say: Say) -> None:
    """Start what was stopped, with empty caches, and return when each host name answers."""
    _label(platform, {host: platform.work.cluster.labels(host) for host in platform.work.cluster.reach})
    settle.wait(platform.deployment, say)
    wait_for_pages(platform.deployment, PAGES_S, ANSWERS)


def labelled(there: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return what labels a node has when it may run what ``wanted`` says of the roles that close; others stay."""
    ours = {f"{LABELS}{role}" for role in ROLES}
    return {**{key: value for key, value in there.items() if key not in ours}, **{key: value for key, value in wanted.items() if key in ours}}


def _label(platform: Platform, wanted: Mapping[str, Mapping[str, str]]) -> None:
    client = live.engine_client(platform.deployment.engine)
    for node in client.nodes.list():
        name = node.attrs["Description"]["Hostname"].partition(".")[0]
        for left in reversed(range(TRIES)):
            spec: dict[str, Any] = node.attrs["Spec"]
            labels = labelled(spec.get("Labels") or {}, wanted.get(name, {}))
            if labels == (spec.get("Labels") or {}):
                break
            try:
                node.update({**spec, "Labels": labels})
                break
            except APIError:  # what a node says of itself came between
                if not left:
                    raise
                time.sleep(PAUSE_S)
                node.reload()


def _running(platform: Platform, client: Any) -> list[str]:  # noqa: ANN401 - docker-py tells no types
    """Return the services of it of which something runs still."""
    ours = [service for role in ROLES for service in SERVICES[role]]
    names = {platform.deployment.service(service): service for service in ours}
    services = {one.id: names[one.name] for one in client.services.list(filters={"label": f"{LABEL}={platform.deployment.name}"}) if one.name in names}
    if not services:
        return []
    tasks = client.api.tasks({"service": list(services)})
    return sorted({services[task["ServiceID"]] for task in tasks if task["Status"]["State"] == live.RUNNING})
