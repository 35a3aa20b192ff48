"""Who may come in while content changes places: the desk's writes and jobs, and the services of the cluster, all of them at once."""

import time
from collections.abc import Mapping
from typing import Final

from infra import live
from infra.cluster import settle
from infra.cluster.parts.services import EVERYWHERE
from infra.cluster.platform import ANSWERS, PAGES_S, Platform, Say
from infra.deployment import Deployment
from infra.keep import swap
from infra.program import LABEL
from infra.reach import wait_for_pages
from infra.topology import Service
from infra.upgrade import writes
from runtime.errors import PlanError
from runtime.run import run

CLOSED: Final = "node.labels.underdesk.closed == promotion"
"""No node has this label: a service that asks for it runs nowhere."""
STAY: Final = ("frontdoor", "mail")
JOBS: Final = ("blogs-jobs", "wiki-jobs")
STOP_S: Final = 300
PAUSE_S: Final = 0.5


def close_desk(desk: Deployment, key: str, say: Say) -> None:
    """Let nobody write on the desk any more, its own jobs included; reading goes on."""
    writes.refuse(desk, key, say)
    swap.close(desk, keep=tuple(role for role in live.tasks(desk) if role not in JOBS))


def open_desk(desk: Deployment) -> None:
    """Let everybody write on the desk again."""
    writes.allow(desk)
    swap.open_again(desk)
    swap.wait_until_open(desk)


def close_cluster(platform: Platform) -> None:
    """Stop everything on the cluster that reads or keeps content, caches included, and return when nothing of it runs."""
    going = _going(platform)
    for service in going:
        _change(platform, service, ("--constraint-add", CLOSED) if service.role in EVERYWHERE else ("--replicas", "0"))
    client, until = live.engine_client(platform.deployment.engine), time.monotonic() + STOP_S
    names = {platform.deployment.service(service.role) for service in going}
    ids = [one.id for one in client.services.list(filters={"label": f"{LABEL}={platform.deployment.name}"}) if one.name in names]
    while any(task["Status"]["State"] == live.RUNNING for task in client.api.tasks({"service": ids})):  # type: ignore[no-untyped-call]
        if time.monotonic() > until:
            raise PlanError(
                "services of the cluster do not stop", where=platform.deployment.name, hint="see 'docker service ps', then run the same command again"
            )
        time.sleep(PAUSE_S)


def open_cluster(platform: Platform, say: Say) -> None:
    """Start what ``close_cluster`` has stopped, with empty caches, and return when each host name answers."""
    for service in _going(platform):
        _change(platform, service, ("--constraint-rm", CLOSED) if service.role in EVERYWHERE else ("--replicas", str(service.replicas)))
    settle.wait(platform.deployment, say)
    wait_for_pages(platform.deployment, PAGES_S, ANSWERS)


def _going(platform: Platform) -> tuple[Service, ...]:
    return tuple(service for service in platform.topology.services if service.role not in STAY)


def _change(platform: Platform, service: Service, how: tuple[str, ...]) -> None:
    """Change nothing but that: the rest of a service must stay as it was deployed."""
    environment: Mapping[str, str] = {"DOCKER_HOST": platform.deployment.engine}
    run(["docker", "service", "update", "--detach", *how, platform.deployment.service(service.role)], env=environment, timeout_s=STOP_S)
