"""The ladder of sizes: one desk, two boxes, three hosts, n hosts by role."""

import math
from dataclasses import dataclass

from sizing.capacity import Case, State, cores_for, largest, smallest
from sizing.plan import Server

MOST_BOXES = 100_000
SURVIVES = {
    1: "power loss (what was saved stays); not the loss of its disk before backups come",
    2: "one box: the other takes over by hand, and loses the seconds that were not copied yet",
    3: "any one host",
}


@dataclass(frozen=True)
class Rung:
    """The servers of one rung: how many people they carry is asked with the boxes that count."""

    servers: tuple[Server, ...]
    boxes: int
    database_cores: int
    survives: str

    def state(self, case: Case, people: int) -> State:
        """Return their state under ``people`` people."""
        return case.state(people, self.boxes, self.database_cores)

    def capacity(self, case: Case) -> int:
        """Return the largest number of people that they carry."""
        return largest(lambda people: self.state(case, people).holds, case.workload.people)


def choose(case: Case, people: int) -> Rung:
    """Return the lowest rung that carries ``people``; boxes are like the brief's desk.

    From three on, the load is carried with one of them dead.
    """
    for rung in (_equal(case, 1), _equal(case, 2), _equal(case, 3)):
        if rung.state(case, people).holds:
            return rung
    return _by_role(case, people)


def _equal(case: Case, count: int) -> Rung:
    desk = case.brief.infrastructure.desk
    server = Server(role="desk" if count == 1 else "box", count=count, cores=desk.cores, memory_gib=desk.memory_gib, disk_gib=desk.disk_gib)
    return Rung((server,), min(count, 2), 0, SURVIVES[count])


def _by_role(case: Case, people: int) -> Rung:
    desk = case.brief.infrastructure.desk
    alone = case.state(people, MOST_BOXES, 1)
    database = max(desk.cores, cores_for(alone.load.database_cpu, case.evidence))
    while not _database_holds(case, people, database):
        database = math.ceil(database * 1.1)
    boxes = smallest(lambda count: case.state(people, count, database).holds, 1, MOST_BOXES)
    content = alone.stored
    disk = case.evidence["system_disk"]
    hot = content.database_mib / 1024 * case.evidence["hot_share"]

    def server(role: str, count: int, cores: int, memory: float, room: float) -> Server:
        return Server(role=role, count=count, cores=cores, memory_gib=math.ceil(memory), disk_gib=math.ceil(room))

    def front(load_cores: float) -> int:
        return max(2, math.ceil(cores_for(load_cores, case.evidence) / desk.cores) + 1)

    servers = (
        server("frontdoor", front(alone.load.front_cores), desk.cores, desk.memory_gib, desk.disk_gib),
        server("pagecache", front(alone.load.cache_cores), desk.cores, desk.memory_gib, desk.disk_gib),
        server("web", boxes + 1, desk.cores, desk.memory_gib, desk.disk_gib),
        server("database", 3, database, max(desk.memory_gib, 2 + hot * 1.5), max(desk.disk_gib, (disk + content.database_mib / 1024) / 0.8)),
        server("files", 3, desk.cores, desk.memory_gib, max(desk.disk_gib, (disk + content.files_gib) / 0.8)),
    )
    return Rung(servers, boxes, database, "any one host of each role")


def _database_holds(case: Case, people: int, cores: int) -> bool:
    state = case.state(people, MOST_BOXES, cores)
    return all(use.ratio <= 1 for use in state.uses if use.resource in {"database.cpu", "page_p95"})
