"""What is lost with hosts that do not answer, and what goes on without them: by what each holds; pure."""

from collections.abc import Callable, Iterator
from typing import Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders
from infra.inventory.model import Role
from infra.inventory.placement import REPLICAS, TWO

NAMES: Final[dict[Role, str]] = {
    "frontdoor": "front door",
    "pagecache": "page cache",
    "web": "web",
    "database": "database",
    "files": "files",
    "arbitrator": "arbitrator",
    "manager": "manager",
    "metrics": "metrics",
}


def losses(cluster: Cluster) -> list[str]:
    """Return one line for each role that a lost host holds."""
    held = (role for role in NAMES if set(cluster.placement.hosts(role)) & cluster.lost)
    return [line for role in held for line in _ROLES.get(role, _spread)(cluster, role)]


def _left(cluster: Cluster, role: Role) -> list[str]:
    return [name for name in cluster.placement.hosts(role) if name not in cluster.lost]


def _counted(cluster: Cluster, role: Role) -> str:
    return f"{NAMES[role]}: {len(_left(cluster, role))} of {len(cluster.placement.hosts(role))} left"


def _spread(cluster: Cluster, role: Role) -> Iterator[str]:
    left = _left(cluster, role)
    yield f"{_counted(cluster, role)}" + (f" ({', '.join(left)})" if left else ", nobody does its work")


def _door(cluster: Cluster, role: Role) -> Iterator[str]:
    left = _left(cluster, role)
    yield _counted(cluster, role) + (f": people come in by {', '.join(left)}" if left else ": nobody reaches the platform")


def _database(cluster: Cluster, role: Role) -> Iterator[str]:
    counted, left = _counted(cluster, role), _left(cluster, role)
    if not cluster.placement.galera:
        yield f"{counted}, and no other takes over by itself: 'plan failover --inventory'" if left else f"{counted}: nothing is read or written"
        return
    voters = {*cluster.placement.hosts("database"), *cluster.placement.hosts("arbitrator")}
    most = len(voters - cluster.lost) > len(voters) // TWO
    yield f"{counted}: {'writes go on' if most and left else 'nothing is written until most of them are back'}"


def _files(cluster: Cluster, role: Role) -> Iterator[str]:
    keepers = folders.bricks(cluster) or cluster.placement.hosts("files")
    sets = [keepers[at : at + REPLICAS] for at in range(0, len(keepers), REPLICAS)]
    need = TWO if len(keepers) >= REPLICAS else 1
    writes = all(len(set(one) - cluster.lost) >= min(need, len(one)) for one in sets)
    yield f"{_counted(cluster, role)}: {'uploads go on' if writes else 'no upload is taken until more of them are back'}"


def _managers(cluster: Cluster, role: Role) -> Iterator[str]:
    most = len(_left(cluster, role)) > len(cluster.placement.hosts(role)) // TWO
    yield _counted(cluster, role) + (": what stops is started elsewhere" if most else ": what runs goes on, nothing is started anew until most are back")


def _metrics(cluster: Cluster, role: Role) -> Iterator[str]:
    yield _counted(cluster, role) + ("" if _left(cluster, role) else ": nothing is measured meanwhile")


_ROLES: Final[dict[Role, Callable[[Cluster, Role], Iterator[str]]]] = {
    "frontdoor": _door,
    "database": _database,
    "files": _files,
    "manager": _managers,
    "metrics": _metrics,
}
