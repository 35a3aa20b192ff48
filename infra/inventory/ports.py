"""Every port that a cluster uses: who holds it, for whom it is open. Firewall and checks read this table and nothing else."""

from dataclasses import dataclass
from typing import Final, Literal

from infra.inventory.model import Role
from sizing.plan import Plan, Ports

Comers = Literal["everyone", "hosts"]
PEERS: Final = 10_000
DATABASE_HEALTH: Final = 9_200
DATABASE_DOOR: Final = 3_307
SWARM: Final = 7_946
"""Every host listens there, for every other."""
REGISTRY: Final = 5_000
PROMETHEUS: Final = 9_090
NODE_EXPORTER: Final = 9_100
BRICKS: Final = range(49_152, 49_156)
"""One is used; after a restart the same one may not be free for a minute, and another is taken."""
ENGINE: Final = ("dockerd", "docker-proxy")
ARBITRATOR: Final[tuple[Role, ...]] = ("arbitrator",)
STORE: Final[tuple[Role, ...]] = ("files", "web", "manager", *ARBITRATOR)
"""Who keeps the files, and who mounts them: to serve them, or to back them up."""


@dataclass(frozen=True)
class Port:
    """A port that is open on hosts with one of ``roles`` (none: on every host) for ``comers``; ``held_by`` are the programs that may have it already.

    Of ``hosts`` those come that have one of ``from_roles`` (none: all of them).
    """

    number: int
    protocol: Literal["tcp", "udp"]
    what: str
    roles: tuple[Role, ...] = ()
    comers: Comers = "hosts"
    held_by: tuple[str, ...] = ()
    from_roles: tuple[Role, ...] = ()


def ports(plan: Plan) -> tuple[Port, ...]:
    """Return all ports of a cluster with this plan, SSH aside: that of the inventory."""
    published = plan.platform.ports
    return (
        *(Port(number, "tcp", f"front door ({use})", ("frontdoor",), "everyone", (*ENGINE, "haproxy")) for number, use in _published(published)),
        Port(PEERS, "tcp", "front doors to each other", ("frontdoor",), held_by=(*ENGINE, "haproxy"), from_roles=("frontdoor",)),
        Port(DATABASE_DOOR, "tcp", "front door (to the database)", ("frontdoor",), held_by=(*ENGINE, "haproxy"), from_roles=("web",)),
        Port(2377, "tcp", "swarm managers", ("manager",), held_by=ENGINE),
        Port(SWARM, "tcp", "swarm", held_by=ENGINE),
        Port(SWARM, "udp", "swarm", held_by=ENGINE),
        Port(4789, "udp", "networks between containers", held_by=ENGINE),
        Port(REGISTRY, "tcp", "images", ("manager",), held_by=(*ENGINE, "docker-registry", "registry")),
        Port(3306, "tcp", "database", ("database",), held_by=("mariadbd",), from_roles=("frontdoor", "database")),
        Port(DATABASE_HEALTH, "tcp", "health of the database", ("database",), held_by=("systemd", "python3"), from_roles=("frontdoor", "database", "metrics")),
        Port(4567, "tcp", "database cluster", ("database", *ARBITRATOR), held_by=("mariadbd", "garbd"), from_roles=("database", *ARBITRATOR)),
        Port(4567, "udp", "database cluster", ("database", *ARBITRATOR), held_by=("mariadbd", "garbd"), from_roles=("database", *ARBITRATOR)),
        Port(4568, "tcp", "database, what a member missed", ("database",), held_by=("mariadbd",), from_roles=("database",)),
        Port(4444, "tcp", "database, all of it for a new member", ("database",), held_by=("socat", "mariadbd"), from_roles=("database",)),
        Port(24007, "tcp", "files", ("files", *ARBITRATOR), held_by=("glusterd",), from_roles=STORE),
        Port(24008, "tcp", "files", ("files", *ARBITRATOR), held_by=("glusterd",), from_roles=STORE),
        *(Port(number, "tcp", "files, one brick", ("files", *ARBITRATOR), held_by=("glusterfsd",), from_roles=STORE) for number in BRICKS),
        Port(PROMETHEUS, "tcp", "metrics", ("metrics",), held_by=(*ENGINE, "prometheus"), from_roles=("manager",)),
        Port(NODE_EXPORTER, "tcp", "metrics of a host", held_by=("prometheus-node", "node_exporter", "prometheus-node-exporter"), from_roles=("metrics",)),
    )


def of(plan: Plan, roles: tuple[Role, ...]) -> tuple[Port, ...]:
    """Return the ports of a host with ``roles``."""
    return tuple(port for port in ports(plan) if not port.roles or set(port.roles) & set(roles))


def _published(published: Ports) -> tuple[tuple[int, str], ...]:
    return ((published.http, "http"), (published.https, "https"))
