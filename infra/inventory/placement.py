"""Which host holds what, and what of that is lost with a host."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from infra.inventory.model import Role

ROLES: Final[tuple[Role, ...]] = get_args(Role)
OF_SERVERS: Final[tuple[Role, ...]] = ("frontdoor", "pagecache", "web", "database", "files")
"""Roles that a server of the plan has; the others are beside them."""
SERVICES: Final[Mapping[Role, tuple[str, ...]]] = {
    "frontdoor": ("frontdoor",),
    "pagecache": ("pagecache", "objectcache"),
    "web": ("blogs", "wiki", "blogs-jobs", "wiki-jobs", "mail"),
    "database": ("database", "binlogs"),
    "files": ("files",),
    "arbitrator": ("arbitrator",),
    "manager": ("registry",),
    "metrics": ("metrics",),
}
"""What may run where a role is held."""
REPLICAS: Final = 3
ALONE, TWO, ANY_ONE, OF_EACH = 1, 2, 3, 4
"""Steps of the ladder."""


@dataclass(frozen=True)
class Placement:
    """The roles of each host, in the order of the inventory; ``survives`` in words."""

    roles: Mapping[str, tuple[Role, ...]]
    step: int
    survives: str

    def hosts(self, role: Role) -> tuple[str, ...]:
        """Return the hosts that hold ``role``, in the order of the inventory."""
        return tuple(name for name, held in self.roles.items() if role in held)

    def services(self, host: str) -> tuple[str, ...]:
        """Return what may run on ``host``."""
        return tuple(service for role in self.roles[host] for service in SERVICES[role])

    def running(self, service: str) -> tuple[str, ...]:
        """Return the hosts that ``service`` may run on."""
        return tuple(name for name in self.roles if service in self.services(name))

    @property
    def galera(self) -> bool:
        """Whether the database is a cluster: three members or more, or two and an arbitrator. Else it is one, and a copy where there are two."""
        return len(self.hosts("database")) + len(self.hosts("arbitrator")) >= REPLICAS


def mapping(placement: Placement) -> dict[str, list[str]]:
    """Return the roles of each host as JSON takes them."""
    return {name: list(roles) for name, roles in placement.roles.items()}
