"""What is open on a host, for whom: from the one table of ports and the roles of all hosts."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from infra.cluster.cluster import Cluster
from infra.inventory.model import Role
from infra.inventory.ports import DATABASE_DOOR, PEERS, Port, of

VRRP: Final = "vrrp"
FRONT: Final[Role] = "frontdoor"
IN_CONTAINERS: Final[tuple[Role, ...]] = ("frontdoor", "web", "metrics")
"""Roles that containers play which go to ports of hosts: a container's packets to its own host do not bear the host's address."""


@dataclass(frozen=True)
class Opening:
    """Ports of a host that are open for ``sources`` (addresses), for ``anywhere``, and for containers of the host itself (``inside``)."""

    why: str
    protocol: Literal["tcp", "udp", "vrrp"]
    ports: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    anywhere: bool = False
    inside: bool = False


def openings(cluster: Cluster, host: str) -> tuple[Opening, ...]:
    """Return everything that is open on ``host``; what only the host itself may reach is left out."""
    roles = cluster.placement.roles[host]
    found = [_ssh(cluster, host)]
    found += [_opening(cluster, host, port) for port in of(cluster.plan, roles)]
    if FRONT in roles:
        found.append(Opening("addresses that move between front doors", VRRP, sources=_addresses(cluster, host, cluster.placement.hosts(FRONT))))
    return tuple(one for one in found if one.anywhere or one.sources or one.inside)


def through(cluster: Cluster, host: str) -> tuple[int, ...]:
    """Return the ports that ``host`` publishes for the cluster and containers of its own come to: the engine would drop that."""
    return (DATABASE_DOOR,) if {FRONT, "web"} <= {*cluster.placement.roles[host]} else ()


def moving(cluster: Cluster, host: str) -> dict[str, list[Any]]:
    """Return the addresses that move between ``host`` and others, and what is served there, as the role takes them."""
    if FRONT not in cluster.placement.roles[host]:
        return {"addresses": [], "ports": []}
    served = [port.number for port in of(cluster.plan, (FRONT,)) if FRONT in port.roles and port.number != PEERS]
    return {"addresses": list(cluster.inventory.front_door.addresses), "ports": served}


def variables(found: Iterable[Opening]) -> list[dict[str, Any]]:
    """Return openings as the role takes them."""
    return [{**asdict(one), "ports": list(one.ports), "sources": list(one.sources)} for one in found]


def _ssh(cluster: Cluster, host: str) -> Opening:
    port, networks = (cluster.reach[host].port,), cluster.inventory.ssh.networks
    others = _addresses(cluster, host, cluster.placement.roles) if networks else ()
    return Opening("SSH", "tcp", port, (*networks, *others), anywhere=not networks)


def _opening(cluster: Cluster, host: str, port: Port) -> Opening:
    if port.comers == "everyone":
        return Opening(port.what, port.protocol, (port.number,), anywhere=True)
    comers = _comers(cluster, port)
    return Opening(
        port.what,
        port.protocol,
        (port.number,),
        _addresses(cluster, host, comers),
        inside=bool({*IN_CONTAINERS} & {*port.from_roles} & {*cluster.placement.roles[host]}),
    )


def _comers(cluster: Cluster, port: Port) -> tuple[str, ...]:
    """Return the hosts that may come: those with one of its roles, or all."""
    if not port.from_roles:
        return tuple(cluster.placement.roles)
    return tuple(name for name, roles in cluster.placement.roles.items() if set(port.from_roles) & set(roles))


def _addresses(cluster: Cluster, host: str, others: Iterable[str]) -> tuple[str, ...]:
    return tuple(cluster.reach[name].address for name in others if name != host)
