"""A stand-in for the front door: new connections go to it for the minute in which the front door itself is replaced.

A host port cannot be held twice, so Swarm must stop the old front door before it starts the new one. The stand-in is a
second service from the new image, on ports that the engine chooses; rules of the packet filter before the engine's own
lead new connections to it. Connections that are open stay where they are, on both ways. The rules end by themselves
after ten minutes and are gone after a reboot: what stands then is what always stood.
"""

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.deployment import Deployment
from infra.live import engine_client
from runtime.errors import PlanError
from runtime.run import run

ROLE = "frontdoor"
LABEL = "underdesk.standin"
CHAINS = ("PREROUTING", "OUTPUT")
GATEWAY = "docker_gwbridge"
TABLE = ("iptables", "--wait", "10", "--table", "nat")
RULES_LAST = timedelta(minutes=10)
START_S = 60.0
POLL_S = 0.2
GAP_MS = 2900
"""Measured without a stand-in on the busy test machine (load 15 on two cores): 58 connections refused at 20 a second."""


def possible() -> bool:
    """Return whether the engine's rules are there to be put before: the packet filter is iptables, and we may change it."""
    try:
        return "-N DOCKER" in run([*TABLE, "--list-rules"], timeout_s=30, check=False).stdout
    except PlanError:
        return False


def announcement() -> str:
    """Return what is said before the front door is replaced."""
    if possible():
        return "the front door is replaced: a stand-in takes new connections meanwhile, none is refused"
    return f"the front door is replaced: about {GAP_MS} ms without new connections (measured on another machine; iptables is not to be had for a stand-in)"


@contextmanager
def standing_in(deployment: Deployment, image: str, say: Callable[[str], None]) -> Iterator[None]:
    """Let a stand-in from ``image`` take new connections inside the block.

    Raises PlanError where it does not become healthy: the front door is then as it was.
    """
    if not possible() or not _running(deployment):
        yield
        return
    say("the stand-in takes new connections")
    target = _start(deployment, image)
    _redirect(deployment, target)
    try:
        yield
    finally:
        clear(deployment)


def clear(deployment: Deployment) -> None:
    """Lead new connections to the front door again and let the stand-in, if there is one, end what it has begun."""
    if possible():
        for chain in CHAINS:
            for rule in _ours(deployment, run([*TABLE, "--list-rules", chain], timeout_s=30).stdout):
                run([*TABLE, "--delete", *rule], timeout_s=30)
    for service in engine_client().services.list(filters={"label": f"{LABEL}={deployment.name}"}):
        service.remove()  # type: ignore[no-untyped-call]


def rules(name: str, ports: Sequence[tuple[int, int]], target: str, until: datetime) -> list[list[str]]:
    """Return the rules that lead new connections for ``ports`` (published, inside) to the address ``target``, by chain."""
    return [
        [
            *(chain, "--protocol", "tcp", "--match", "addrtype", "--dst-type", "LOCAL", "--dport", str(published)),
            *("--match", "time", "--datestop", until.strftime("%Y-%m-%dT%H:%M:%S"), "--match", "comment", "--comment", _mark(name)),
            *("--jump", "DNAT", "--to-destination", f"{target}:{inside}"),
        ]
        for chain in CHAINS
        for published, inside in ports
    ]


def stand_in_for(spec: dict[str, Any], name: str, image: str) -> dict[str, Any]:
    """Return the task template of a stand-in: as the front door's ``spec``, but of ``image`` and with its name as another name."""
    template: dict[str, Any] = deepcopy(spec["TaskTemplate"])
    template["ContainerSpec"]["Image"] = image
    template["Networks"] = [{**network, "Aliases": [f"{name}-{ROLE}"]} for network in template["Networks"]]
    return template


def _ours(deployment: Deployment, listing: str) -> list[list[str]]:
    """Return the arguments of the rules in ``listing`` (as iptables prints them) that are this deployment's."""
    found = [shlex.split(line)[1:] for line in listing.splitlines()]
    return [rule for rule in found if _mark(deployment.name) in rule]


def _mark(name: str) -> str:
    return f"{LABEL}:{name}"


def _service(deployment: Deployment) -> str:
    return f"{deployment.service(ROLE)}-standin"


def _running(deployment: Deployment) -> bool:
    return bool(engine_client().services.list(filters={"name": deployment.service(ROLE)}))


def _redirect(deployment: Deployment, target: str) -> None:
    http, https = deployment.ports
    for rule in rules(deployment.name, ((http, 8080), (https, 8443)), target, datetime.now(UTC) + RULES_LAST):
        run([*TABLE, "--insert", *rule], timeout_s=30)


def _start(deployment: Deployment, image: str) -> str:
    """Start the stand-in, wait until it can serve, and return its address on the engine's gateway."""
    clear(deployment)
    client = engine_client()
    spec = client.services.get(deployment.service(ROLE)).attrs["Spec"]  # type: ignore[no-untyped-call]
    ports = [{"Protocol": "tcp", "TargetPort": port["TargetPort"], "PublishMode": "host"} for port in spec["EndpointSpec"]["Ports"]]
    client.api.create_service(  # type: ignore[no-untyped-call]
        stand_in_for(spec, deployment.name, image),
        name=_service(deployment),
        labels={LABEL: deployment.name},
        endpoint_spec={"Mode": "dnsrr", "Ports": ports},
    )
    return _address(deployment)


def _address(deployment: Deployment) -> str:
    client, deadline = engine_client(), time.monotonic() + START_S
    while time.monotonic() < deadline:
        for task in client.api.tasks({"service": _service(deployment)}):  # type: ignore[no-untyped-call]
            if task["Status"]["State"] == "running":
                container = task["Status"]["ContainerStatus"]["ContainerID"]
                there = client.networks.get(GATEWAY).attrs["Containers"]
                return str(there[container]["IPv4Address"]).partition("/")[0]
        time.sleep(POLL_S)
    clear(deployment)
    raise PlanError(
        f"a front door of the new image did not become healthy within {START_S:.0f} s; the old one serves on",
        where=_service(deployment),
        hint="see 'docker ps -a' and 'docker logs' of its container, then run the same command again",
    )
