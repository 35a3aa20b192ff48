"""The services of a cluster: those of a desk, each on the hosts that may have it; the database runs on hosts, behind the front doors. Pure."""

from dataclasses import replace
from typing import Final

from infra.cluster.cluster import LABELS, Cluster
from infra.inventory.model import Role
from infra.inventory.placement import SERVICES
from infra.inventory.ports import DATABASE_DOOR, PEERS
from infra.topology import DATABASE_PORT, FRONT, Service, Topology
from runtime.errors import PlanError

ON_HOSTS: Final = ("database", "binlogs")
"""Services of a desk that are no containers of a cluster."""
EVERYWHERE: Final = ("frontdoor", "pagecache", "blogs", "wiki")
"""One task on each host that may have it: a host that is lost takes no other's memory, one that is added gets its own, nothing else moves."""
DRAIN_MORE_S: Final = 3
"""An open connection without a request ends when it was idle for long enough; so much longer a front door that is replaced waits for all."""


LOST_PEER: Final = {
    "net.ipv4.tcp_keepalive_time": "1",
    "net.ipv4.tcp_keepalive_intvl": "1",
    "net.ipv4.tcp_keepalive_probes": "3",
    "net.ipv4.tcp_retries2": "4",
}
"""Who waits for an answer of the database by way of a front door that is lost hears nothing: given up after four seconds, not after hours (tcp(7))."""


def on_cluster(topology: Topology, cluster: Cluster) -> Topology:
    """Return the services of a desk as those of a cluster; the front doors come first, since others wait for the database behind them."""
    placed = [_placed(service, cluster) for service in topology.services if service.role not in ON_HOSTS]
    return replace(topology, services=tuple(sorted(placed, key=lambda service: service.role != "frontdoor")))


def door(cluster: Cluster) -> str:
    """Return the address under which people and services find the front door: the first that moves, or of one host its own.

    Raises PlanError where no container could reach it.
    """
    addresses = [*cluster.inventory.front_door.addresses, *([host.address for host in cluster.inventory.hosts] if len(cluster.reach) == 1 else [])]
    four = [address for address in addresses if ":" not in address]
    if not four:
        hint = "add an IPv4 address that no host has; containers speak IPv4, and reach the database there"
        raise PlanError("names no IPv4 address", where="cluster.yaml: front_door.addresses", hint=hint)
    return four[0]


def _placed(service: Service, cluster: Cluster) -> Service:
    role = _role(service.role)
    found = replace(
        service,
        hosts=f"{LABELS}{role}",
        everywhere=service.role in EVERYWHERE,
        after=tuple(role for role in service.after if role not in ON_HOSTS),
    )
    if "DATABASE_HOST" in found.environment:
        found = replace(found, environment={**found.environment, "DATABASE_HOST": door(cluster), "DATABASE_PORT": str(DATABASE_DOOR)})
        found = replace(found, after=(*found.after, "frontdoor"), kernel=LOST_PEER)
    if service.role == "frontdoor":
        drain_s = cluster.plan.limits.frontdoor.keep_alive_ms // 1000 + DRAIN_MORE_S
        found = replace(
            found,
            networks=(FRONT,),
            ports=(*found.ports, (DATABASE_DOOR, DATABASE_PORT), (PEERS, PEERS)),
            environment={**found.environment, "DRAIN_S": str(drain_s)},
            stop_grace_s=drain_s + found.stop_grace_s,
        )
    return found


def _role(service: str) -> Role:
    """Return the role whose hosts may run a service."""
    return next(role for role, services in SERVICES.items() if service in services)
