"""A stand-in for the front door: new connections go to it for the minute in which the front door itself is replaced.

A host port cannot be held twice, so Swarm must stop the old front door before it starts the new one. The stand-in is a
second service from the new image, on ports that the engine chooses; rules of the packet filter before the engine's own
lead new connections to it. Connections that are open stay where they are, on both ways. The rules end by themselves
after ten minutes and are gone after a reboot: what stands then is what always stood. On a cluster: infra/cluster/standin.py.
"""

import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import docker

from infra.deployment import Deployment
from infra.live import Drift, engine_client
from infra.stack import ServiceChange
from runtime.errors import PlanError
from runtime.run import run

ROLE = "frontdoor"
LABEL = "underdesk.standin"
CHAINS = ("PREROUTING", "OUTPUT")
GATEWAY = "docker_gwbridge"
TABLE = ("iptables", "--wait", "10", "--table", "nat")
LIST = (*TABLE, "--list-rules")
ENGINES_RULE = "-N DOCKER"
RULES_LAST = timedelta(minutes=10)
START_S = 60.0
POLL_S = 0.2
INSIDE = (8080, 8443)
"""HTTP and HTTPS. Nothing else is led to a stand-in: which database is written to, it must not choose."""
STANDS_IN = "STAND_IN=yes"
"""Tells the image that it is no peer of other front doors."""
GAP_MS = 2900
"""Measured without a stand-in on the busy test machine (load 15 on two cores): 58 connections refused at 20 a second."""


def possible() -> bool:
    """Return whether the engine's rules are there to be put before: the packet filter is iptables, and we may change it."""
    try:
        return ENGINES_RULE in run([*LIST], timeout_s=30, check=False).stdout
    except PlanError:
        return False


def announcement() -> str:
    """Return what is said before the front door is replaced."""
    return said(possible=possible())


def said(*, possible: bool) -> str:
    """Return the same where it is known whether a stand-in is ``possible``."""
    if possible:
        return "the front door is replaced: a stand-in takes new connections meanwhile, none is refused"
    return f"the front door is replaced: about {GAP_MS} ms without new connections (measured on another machine; iptables is not to be had for a stand-in)"


def replaced(changes: Sequence[ServiceChange], by_hand: Sequence[Drift]) -> bool:
    """Tell whether the front door's tasks are among what Pulumi replaces, or will when it has read what was changed by hand."""
    told = any(change.kind == "service" and change.name == ROLE and change.operation in {"update", "replace"} for change in changes)
    return told or any(drift.kind == "service" and drift.resource == ROLE for drift in by_hand)


@contextmanager
def standing_in(deployment: Deployment, image: str, say: Callable[[str], None]) -> Iterator[None]:
    """Let a stand-in from ``image`` take new connections inside the block.

    Raises PlanError where it does not become healthy: the front door is then as it was.
    """
    client = engine_client()
    if not possible() or not running(client, deployment):
        yield
        return
    say("the stand-in takes new connections")
    clear(deployment)
    begun = begin(client, deployment, image, {"Replicated": {"Replicas": 1}})
    try:
        (target,) = addresses({"": client}, deployment, begun).values()
        for rule in rules(deployment.name, ports(deployment), target, datetime.now(UTC) + RULES_LAST):
            run([*TABLE, "--insert", *rule], timeout_s=30)
        yield
    finally:
        clear(deployment)


def clear(deployment: Deployment) -> None:
    """Lead new connections to the front door again and let the stand-in, if there is one, end what it has begun."""
    if possible():
        for rule in ours(deployment.name, run([*LIST], timeout_s=30).stdout):
            run([*TABLE, "--delete", *rule], timeout_s=30)
    end(engine_client(), deployment)


def ports(deployment: Deployment) -> tuple[tuple[int, int], ...]:
    """Return what is led to a stand-in: published port, port inside."""
    return tuple(zip(deployment.ports, INSIDE, strict=True))


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


def ours(name: str, listing: str) -> list[list[str]]:
    """Return the arguments of the rules in ``listing`` (as iptables prints them) that are of the deployment called ``name``."""
    found = [shlex.split(line)[1:] for line in listing.splitlines()]
    return [rule for rule in found if _mark(name) in rule]


def stand_in_for(spec: dict[str, Any], name: str, image: str) -> dict[str, Any]:
    """Return the task template of a stand-in: as the front door's ``spec``, but of ``image`` and with its name as another name."""
    template: dict[str, Any] = deepcopy(spec["TaskTemplate"])
    container = template["ContainerSpec"]
    container["Image"] = image
    container["Env"] = [*(container.get("Env") or []), STANDS_IN]
    template["Networks"] = [{**network, "Aliases": [f"{name}-{ROLE}"]} for network in template["Networks"]]
    return template


def running(client: docker.DockerClient, deployment: Deployment) -> bool:
    """Tell whether there is a front door that can be stood in for."""
    return bool(client.services.list(filters={"name": deployment.service(ROLE)}))


def begin(client: docker.DockerClient, deployment: Deployment, image: str, mode: Mapping[str, Any]) -> str:
    """Start stand-ins: as many tasks as ``mode`` says, on ports that the engine chooses; return the ID of their service."""
    spec = client.services.get(deployment.service(ROLE)).attrs["Spec"]  # type: ignore[no-untyped-call]
    made = client.api.create_service(  # type: ignore[no-untyped-call]
        stand_in_for(spec, deployment.name, image),
        name=_service(deployment),
        labels={LABEL: deployment.name},
        mode=mode,
        endpoint_spec={"Mode": "dnsrr", "Ports": [{"Protocol": "tcp", "TargetPort": port, "PublishMode": "host"} for port in INSIDE]},
    )
    return str(made["ID"])


def end(client: docker.DockerClient, deployment: Deployment) -> None:
    """Remove the stand-ins; they end what they have begun."""
    for service in client.services.list(filters={"label": f"{LABEL}={deployment.name}"}):
        service.remove()  # type: ignore[no-untyped-call]


def addresses(engines: Mapping[str, docker.DockerClient], deployment: Deployment, service: str) -> dict[str, str]:
    """Return by host where its stand-in is reached on the engine's gateway, as soon as all can serve; raises PlanError where one cannot.

    ``service`` is the ID of theirs: stand-ins of the last deploy may still be there, healthy and with the same name, to end what they have begun.
    """
    found: dict[str, str] = {}
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found |= {host: address for host, client in engines.items() if host not in found and (address := _address(client, service))}
        if len(found) == len(engines):
            return found
        time.sleep(POLL_S)
    raise PlanError(
        f"a front door of the new image did not become healthy within {START_S:.0f} s; the old one serves on",
        where=" on ".join(filter(None, (_service(deployment), ", ".join(host for host in engines if host not in found)))),
        hint="see 'docker ps -a' and 'docker logs' of its container, then run the same command again",
    )


def _address(client: docker.DockerClient, service: str) -> str:
    """Return the address of this engine's stand-in, "" before it can serve."""
    asked: dict[str, str | list[str] | bool] = {"label": f"com.docker.swarm.service.id={service}", "health": "healthy"}
    there = client.networks.get(GATEWAY).attrs["Containers"]
    found = (there.get(container.id) for container in client.containers.list(filters=asked))
    return next((one["IPv4Address"].partition("/")[0] for one in found if one), "")


def _mark(name: str) -> str:
    return f"{LABEL}:{name}"


def _service(deployment: Deployment) -> str:
    return f"{deployment.service(ROLE)}-standin"
