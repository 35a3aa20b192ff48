"""How many people a set of machines carries, and what gives first."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sizing import limits as tuning
from sizing.brief import Brief
from sizing.evidence import Demands, Evidence
from sizing.network import Layout, Load, cache_pages, load
from sizing.storage import MIB_PER_GIB, Stored, stored
from sizing.workload import PAGES, Workload

MOST = 1_000_000_000


@dataclass(frozen=True)
class Use:
    """How much of a resource is used, against how much may be."""

    resource: str
    utilisation: float
    limit: float
    words: str

    @property
    def ratio(self) -> float:
        """1 where the limit is reached."""
        return self.utilisation / self.limit


@dataclass(frozen=True)
class State:
    """One machine, or several, under one workload."""

    workload: Workload
    stored: Stored
    memory: tuning.Memory
    load: Load
    uses: tuple[Use, ...]

    @property
    def tightest(self) -> Use:
        """The resource nearest to its limit, or furthest beyond."""
        return max(self.uses, key=lambda use: use.ratio)

    @property
    def holds(self) -> bool:
        """True where nothing is beyond its limit."""
        return all(use.ratio <= 1 for use in self.uses)


@dataclass(frozen=True)
class Case:
    """What does not change while people are counted up."""

    brief: Brief
    workload: Workload
    demands: Demands
    evidence: Evidence

    def state(self, people: int, boxes: int = 1, database_cores: int = 0) -> State:
        """Return the state of ``boxes`` machines like the desk under ``people`` people of the brief's mix."""
        workload = self.workload.scaled(people / self.workload.people)
        desk = self.brief.infrastructure.desk
        content = stored(workload, self.evidence)
        shares = tuning.memory(desk.cores, desk.memory_gib, workload, content, self.evidence, database=not database_cores)
        layout = Layout(boxes, desk.cores, shares.children, cache_pages(tuning.page_cache(shares.total, content, self.evidence), self.evidence), database_cores)
        solved = load(workload, content.pages, layout, self.demands, self.evidence)
        return State(workload, content, shares, solved, tuple(self._uses(solved, shares, content, layout)))

    def _uses(self, solved: Load, shares: tuning.Memory, content: Stored, layout: Layout) -> Iterator[Use]:
        desk, evidence = self.brief.infrastructure.desk, self.evidence
        place = "desk" if layout.boxes == 1 and not layout.database_cores else "web"
        yield Use(f"{place}.cpu", solved.cpu, evidence["cpu_limit"], "the processor")
        if layout.database_cores:
            yield Use("database.cpu", solved.database_cpu, evidence["cpu_limit"], "the processor of the database")
        else:
            yield Use(f"{place}.memory", shares.needed / shares.total, 1.0, "the memory")
            disk = evidence["system_disk"] + content.files_gib + content.database_mib / MIB_PER_GIB
            yield Use(f"{place}.disk", disk / desk.disk_gib, evidence["disk_limit"], f"the disk, after {evidence['horizon_months']:.0f} months of content")
        yield Use(f"{place}.network", solved.mbit / desk.network_mbit / layout.boxes, evidence["network_limit"], "the network")
        for role, busy in solved.pools.items():
            yield Use(f"{role}.fpm", busy, evidence["pool_limit"], f"the PHP processes of the {role}")
        target = self.brief.targets.page_p95_ms
        slowest = max(PAGES, key=lambda kind: solved.p95_ms[kind] if self.workload.rates[kind] else 0.0)
        yield Use("page_p95", solved.p95_ms[slowest] / target, 1.0, f"the page time: 95 of 100 within {target:.0f} ms ({slowest}), because of the processor")


def largest(holds: Callable[[int], bool], start: int = 1) -> int:
    """Return the largest whole number that ``holds`` (true up to a point, false beyond), 0 where not even 1 does."""
    if not holds(1):
        return 0
    low, high = 1, max(2, start)
    while high < MOST and holds(high):
        low, high = high, high * 2
    while high - low > max(1, low // 100_000):
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def smallest(holds: Callable[[int], bool], start: int, most: int) -> int:
    """Return the smallest whole number from ``start`` that ``holds``; ``most`` where none does."""
    low, high = start - 1, start
    while high < most and not holds(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def cores_for(load_cores: float, evidence: Evidence) -> int:
    """Return the cores that carry ``load_cores`` within the limit of utilisation."""
    return math.ceil(load_cores / evidence["cpu_limit"])
