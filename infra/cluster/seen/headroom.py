"""How much room is left: of each host's memory and disk, of the database's connections and the front door's, against the plan's own limits; pure."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from infra.cluster.cluster import Cluster
from infra.cluster.seen.tells import Told

TIGHT: Final = 0.8
MIB, GIB = 1024**2, 1024**3
FRONTENDS: Final = ("http", "https")
PROXY: Final = "database"


@dataclass(frozen=True)
class Room:
    """How much of something is taken, of how much; ``where`` is a host, ``unit`` of both numbers."""

    where: str
    what: str
    taken: float
    limit: float
    unit: str = ""

    @property
    def share(self) -> float:
        """What part of it is taken."""
        return self.taken / self.limit if self.limit else 0.0

    @property
    def tight(self) -> bool:
        """Whether little is left."""
        return self.share > TIGHT

    def __str__(self) -> str:
        digits = 1 if self.unit else 0
        return f"{self.where}: {self.what}: {self.taken:.{digits}f} of {self.limit:.{digits}f}{f' {self.unit}' if self.unit else ''} ({self.share:.0%})"


def rooms(cluster: Cluster, told: Mapping[str, Told], memory_mib: Mapping[str, int]) -> list[Room]:
    """Return how much is left everywhere; ``memory_mib`` is what one task of each service may take."""
    return [room for name, one in told.items() if name in cluster.reach for room in _of_host(cluster, name, one, memory_mib)]


def _of_host(cluster: Cluster, name: str, told: Told, memory_mib: Mapping[str, int]) -> Iterator[Room]:
    limits, prefix = cluster.plan.limits, f"{cluster.deployment}-"
    may_take = sum(count * memory_mib.get(service.removeprefix(prefix), 0) for service, count in (told.tasks or {}).items())
    may_take += limits.database.memory_mib if "database" in cluster.placement.roles[name] else 0
    yield Room(name, "memory that its services may take", may_take * MIB / GIB, told.memory_bytes / GIB, "GiB")
    yield Room(name, "memory in use", (told.memory_bytes - told.memory_free_bytes) / GIB, told.memory_bytes / GIB, "GiB")
    yield Room(name, "disk", (told.disk_bytes - told.disk_free_bytes) / GIB, told.disk_bytes / GIB, "GiB")
    if (connected := (told.database or {}).get("Threads_connected", "")).isdigit():
        yield Room(name, "connections of the database", int(connected), limits.database.max_connections)
    if told.door:
        yield Room(name, "connections of the front door", connections(told.door), limits.frontdoor.max_connections)


def connections(said: str) -> int:
    """Return how many connections a front door has."""
    return sum(int(row["scur"] or 0) for row in _rows(said) if row["pxname"] in FRONTENDS and row["svname"] == "FRONTEND")


def writer(said: str) -> str:
    """Return the member of the database that a front door has written to last, "" where it has not chosen one."""
    entry = next((line for line in said.splitlines() if "key=1 " in line and "server_id=" in line), "")
    number = entry.partition("server_id=")[2].partition(" ")[0]
    return next((row["svname"] for row in _rows(said) if row["pxname"] == PROXY and row.get("sid") == number and number not in {"", "0"}), "")


def _rows(said: str) -> list[dict[str, str]]:
    """Return the rows of what HAProxy says in ``show stat`` (CSV), among other things."""
    lines = said.partition("# pxname,")[2].splitlines()
    table = [f"pxname,{lines[0]}", *(line for line in lines[1:] if line.count(",") >= lines[0].count(","))] if lines else []
    return list(csv.DictReader(table))
