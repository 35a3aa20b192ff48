"""The platform as a queueing network: what a workload does to one machine, or to several, in every scenario."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sizing.cache import BINS, SINGLE, answered, kept, life, popularity
from sizing.catalogue import Host
from sizing.demands import AT, CLASSES, Demands
from sizing.evidence import Array, Values
from sizing.limits import LARGEST_CACHE_SHARE, OWN_CACHE_SHARE, Memory, object_cache, own_pool, page_cache
from sizing.queueing import SharedSolution, load_dependent, shared_processors, usl_speeds
from sizing.storage import BYTES, MBIT_PER_KB, MIB_PER_GIB, MIB_PER_KB, Stored, in_mbit, out_mbit
from sizing.workload import CACHED, STATIC, WIKI, WRITES, opened

ROLES: Final = ("blogs", "wiki")
POOL: Final = np.array([-1 if kind in STATIC else int(kind in WIKI) for kind in CLASSES] + [-1])
CACHED_AT: Final = np.array([AT[kind] for kind in CLASSES if kind in CACHED])
WRITES_AT: Final = np.array([AT[kind] for kind in WRITES])
FULL_DISK: Final = 0.98
LARGEST_SHARED: Final = 16
NO_WORK_S: Final = 1e-9
SHORTEST_S: Final = 1e-6
HALVINGS: Final = 26
ASKED_AT: Final = np.array([AT[kind] for kind in CLASSES if kind not in STATIC])
STATIC_AT: Final = np.array([AT[kind] for kind in CLASSES if kind in STATIC])


@dataclass(frozen=True)
class Layout:
    """``boxes`` equal hosts that live share the web work; the database is on them, or on ``members`` hosts of its own in each cluster."""

    boxes: int
    host: Host
    database: Host | None = None
    members: int = 3
    cache_gib: float = 0.0
    """Memory of a host of the caches, where hosts have roles."""
    clusters: int = 1
    """Database clusters, where hosts have roles: blogs and wiki are divided among them."""
    place: str = "desk"
    """What the web hosts are called."""

    @property
    def by_role(self) -> bool:
        """Whether front door, cache, web, database and files have hosts of their own."""
        return self.database is not None


def speed(host: Host, values: Values) -> Array:
    """Return the speed (S,) of one core of ``host``: as its score says, and as surely as a score tells the speed of a page elsewhere."""
    scaled = host.speed != 1 if host.scaled is None else host.scaled
    return np.asarray(host.speed * (values["score_error"] if scaled else np.ones(values.scenarios)))


@dataclass(frozen=True)
class Hits:
    """Hit ratios (S,) by tier: what the page cache, the object cache and the buffer pool answer."""

    pages: Array
    objects: Array
    rows: Array


@dataclass(frozen=True)
class Network:
    """One layout under rates (S, C) with the content of a month; all times in seconds."""

    layout: Layout
    rates: Array
    values: Values
    demands: Demands
    content: Stored
    memory: Memory

    @cached_property
    def hits(self) -> Hits:
        """Hit ratios by tier; publishing ends a page's life in the page cache early, and that of the first pages (front, archive, feed) each time."""
        values, content = self.values, self.content
        shown = np.sum(self.rates[:, CACHED_AT], axis=1)
        published = self.rates[:, AT["post"]] + self.rates[:, AT["comment"]]
        lives = np.repeat(life(values["page_cache_life"], published / content.pages)[:, None], SINGLE + BINS, axis=1)
        lives[:, :SINGLE] = life(values["page_cache_life"], published)[:, None]
        room = page_cache(*self._cache_room, content, values) / (values["page_bytes"] * MIB_PER_KB)
        popular = popularity(content.pages, values["zipf_exponent"])
        objects = object_cache(*self._cache_room, content, values) / (values["object_bytes"] * MIB_PER_KB)
        rows = np.maximum(self._buffer_pool, 1.0) * self.layout.clusters / np.maximum(content.database_mib / content.pages, 1e-9)
        return Hits(answered(popular, shown, lives, room), kept(popular, content.pages, objects), kept(popular, content.pages, rows))

    @property
    def _cache_room(self) -> tuple[float, float]:
        """Memory (MiB) of the host that holds the caches, and the share of it that each of them may take."""
        return (self.layout.cache_gib * MIB_PER_GIB, OWN_CACHE_SHARE) if self.layout.by_role else (self.memory.total, LARGEST_CACHE_SHARE)

    @cached_property
    def _buffer_pool(self) -> Array:
        if self.layout.database is None:
            return self.memory.pool
        return own_pool(self.layout.database.memory_gib, self.values)

    @cached_property
    def speed(self) -> Array:
        """Speed (S,) of one core of a web host."""
        return speed(self.layout.host, self.values)

    @cached_property
    def reaching(self) -> Array:
        """Rates behind the page cache (S, C), of all hosts."""
        left = self.rates.copy()
        left[:, CACHED_AT] *= (1 - self.hits.pages)[:, None]
        return left

    @cached_property
    def front(self) -> Array:
        """CPU seconds (S, C) of a request that passes the front door, and what is cached the cache and the front door once more."""
        front = np.repeat(self.demands.frontdoor[:, None], len(CLASSES), axis=1)
        front += self.connecting
        front[:, CACHED_AT] += (self.demands.pagecache + self.demands.frontdoor)[:, None]
        return front

    @cached_property
    def connecting(self) -> Array:
        """CPU seconds (S, C) of the front door for the new connections of a request."""
        return np.asarray(self.demands.connection[:, None] * opened(self.values, self.rates))

    @cached_property
    def front_hit(self) -> Array:
        """CPU seconds (S,) of a request that the page cache answers."""
        return np.asarray(self.demands.frontdoor + self.demands.pagecache + self.connecting[:, AT["page_anonymous"]])

    @cached_property
    def database_work(self) -> Array:
        """CPU seconds (S, C) of a request in the database, of a reference core: more where the object cache misses."""
        missing = (1 - self.hits.objects)[:, None]
        return np.asarray(self.demands.database * (1 + missing * (self.values["object_miss_factor"] - 1)[:, None]))

    @cached_property
    def database_load(self) -> Array:
        """Busy processors (S,) of a reference machine that the database asks for: writes on each member, reads on one of them."""
        work = self.reaching * self.database_work
        writes = np.sum(work[:, WRITES_AT], axis=1)
        reads = np.sum(work, axis=1) - writes
        return np.asarray((writes + reads / (self.layout.members if self.layout.by_role else 1)) / self.layout.clusters)

    @cached_property
    def crowding(self) -> Array:
        """Factor (S,) by which jobs inside a database that shares its host hinder each other (Gunther's USL, at the mean number there)."""
        jobs = np.minimum(self.database_load / self.speed, 1e3)
        return np.asarray(1 + self.values["database_contention"] * jobs + self.values["database_coherence"] * jobs * (jobs + 1))

    @cached_property
    def database_response(self) -> Array:
        """Response over demand (S,) at database hosts of their own, and their speed in it; inf where they cannot follow."""
        host = self.layout.database
        if host is None:
            return self.crowding
        fast = speed(host, self.values)
        return np.asarray(load_dependent(self.database_load / fast, np.ones(self.values.scenarios), self._database_speeds(host)).response / fast)

    @cached_property
    def database_utilisation(self) -> Array:
        """Load over what the database hosts can do at most (S,)."""
        host = self.layout.database
        if host is None:
            return np.zeros(self.values.scenarios)
        return np.asarray(self.database_load / speed(host, self.values) / self._database_speeds(host)[:, -1])

    def _database_speeds(self, host: Host) -> Array:
        """Return how much work 1, 2, ... jobs get done (S, cores): no more at once than is best, since connections are limited."""
        cores = np.full(self.values.scenarios, host.cores)
        return np.maximum.accumulate(usl_speeds(cores, self.values["database_contention"], self.values["database_coherence"]), axis=1)

    @cached_property
    def disk_iops(self) -> Array:
        """Durable writes and reads per second (S,) of the disk with the database."""
        values = self.values
        writes = np.sum(self.reaching[:, WRITES_AT], axis=1) * values["commit_syncs"]
        asked = np.sum(self.reaching[:, ASKED_AT], axis=1)
        reads = asked * (1 - self.hits.rows) * values["reads_per_row_miss"] / (self.layout.members if self.layout.by_role else 1)
        return np.asarray((writes + reads) / self.layout.clusters)

    @property
    def disk_utilisation(self) -> Array:
        """Share (S,) of the disk's operations."""
        return np.asarray(self.disk_iops / (self.layout.database or self.layout.host).disk_iops)

    @cached_property
    def delay(self) -> Array:
        """Seconds without this host's CPU (S, C) while a request holds its place: measured waiting, the disk's queue, a database of its own."""
        values, disk = self.values, self.layout.database or self.layout.host
        busy = np.minimum(self.disk_utilisation, FULL_DISK)
        queued = busy / (1 - busy) / disk.disk_iops
        operations = np.repeat(((1 - self.hits.rows) * values["reads_per_row_miss"])[:, None], len(CLASSES), axis=1)
        operations[:, WRITES_AT] += values["commit_syncs"][:, None]
        away = self.demands.wait + operations * queued[:, None] + ((1 - self.hits.rows) * values["reads_per_row_miss"] / disk.disk_iops)[:, None]
        away[:, STATIC_AT] = self.demands.wait[:, STATIC_AT]
        if self.layout.by_role:
            away = away + self.database_work * np.minimum(self.database_response, 1e3)[:, None]
        return np.asarray(away)

    @cached_property
    def transfer(self) -> Array:
        """Seconds (S, C) that a response takes on the host's network."""
        size = np.stack([self.values[BYTES.get(kind, "page_bytes")] for kind in CLASSES], axis=1)
        free = np.maximum(1 - np.minimum(self.network_utilisation, 1.0), 1e-3)
        return np.asarray(size * MBIT_PER_KB / self.layout.host.network_mbit / free[:, None])

    @cached_property
    def network_utilisation(self) -> Array:
        """Share (S,) of one host's network: what goes out, or comes in, whichever is more."""
        rates = self.reaching if self.layout.by_role else self.rates
        busiest = np.maximum(out_mbit(rates, self.values), in_mbit(rates, self.values))
        return np.asarray(busiest / self.layout.host.network_mbit / self.layout.boxes)

    @cached_property
    def offered(self) -> Array:
        """Rates (S, C + 1) that one web host gets; the last class is what the page cache answers."""
        answered = np.sum(self.rates - self.reaching, axis=1, keepdims=True) * (0.0 if self.layout.by_role else 1.0)
        return np.concatenate([self.reaching, answered], axis=1) / self.layout.boxes

    @cached_property
    def work(self) -> Array:
        """CPU seconds (S, C + 1) of a request on one web host; the last class is what the page cache answers."""
        applied = self.database_work.copy()
        applied[:, WRITES_AT] *= self.layout.boxes  # each of several equal boxes applies every write
        inside = self.demands.php if self.layout.by_role else self.demands.php + applied * self.crowding[:, None]
        front = np.zeros_like(inside) if self.layout.by_role else self.front
        hit = np.full((len(inside), 1), NO_WORK_S) if self.layout.by_role else self.front_hit[:, None]
        return np.concatenate([inside + front, hit], axis=1) / self.speed[:, None]

    @property
    def delay_and_none(self) -> Array:
        """``delay`` (S, C + 1), none for what the page cache answers."""
        return np.concatenate([self.delay, np.zeros((self.values.scenarios, 1))], axis=1)

    @property
    def pool(self) -> NDArray[np.intp]:
        """Which pool (C + 1,) a class holds a place of, -1 where none."""
        return POOL

    @property
    def places(self) -> Array:
        """PHP processes (S, 2) of the blogs and of the wiki."""
        return np.repeat(self.memory.children[:, None], len(ROLES), axis=1)

    @cached_property
    def solved(self) -> SharedSolution:
        """The processors of one web host and its pools.

        A large host is taken as several of up to ``LARGEST_SHARED`` cores with their part of everything: what it gains
        by sharing beyond them is left out.
        """
        host, part = self.layout.host, self._part
        return shared_processors(
            round(host.cores * part),
            self.offered * part,
            self.work,
            np.concatenate([self.demands.variation, self.demands.variation[:, :1]], axis=1),
            self.delay_and_none,
            self.pool,
            self._part_places,
            patience=self.values.point("queue_timeout"),
            background=self.values["background_cores"] / self.speed * part,
        )

    @property
    def _part(self) -> float:
        cores = self.layout.host.cores
        return (cores // math.ceil(cores / LARGEST_SHARED)) / cores

    @property
    def _part_places(self) -> Array:
        return np.maximum(np.floor(self.places * self._part), 1.0)

    @property
    def pools(self) -> dict[str, Array]:
        """Share (S,) of the PHP processes of the blogs and of the wiki that are busy."""
        return {role: self.solved.busy[:, at] / self._part_places[:, at] for at, role in enumerate(ROLES)}

    @property
    def cpu(self) -> Array:
        """Utilisation (S,) of the busiest web host's processors that the rates ask for: 1 and beyond where they cannot follow."""
        load = np.sum(self.offered * self.work, axis=1)
        if self.layout.boxes > 1 and not self.layout.by_role:
            load = np.maximum(load, np.sum(self.reaching * self.database_work * self.crowding[:, None], axis=1) / self.speed)
        return np.asarray((load + self.values["background_cores"] / self.speed) / self.layout.host.cores)

    @cached_property
    def _hits(self) -> Array:
        hits = np.zeros((self.values.scenarios, len(CLASSES)))
        hits[:, CACHED_AT] = self.hits.pages[:, None]
        return hits

    def quantile(self, share: float) -> Array:
        """Return the response (S, C) that ``share`` of a class's requests do not exceed, hits of the page cache included.

        Where the cache answers none, the solver says it; else the two kinds together are cut in halves until they agree.
        """
        own = self.solved.quantile(share)[:, :-1] + self.transfer
        low, high = np.full_like(own, np.log(SHORTEST_S)), np.log(np.where(np.isfinite(own), own, 1.0))
        for _ in range(HALVINGS if self._hits.any() else 0):
            middle = (low + high) / 2
            at = np.exp(middle)
            hit = np.stack([self._late(at[:, [kind]])[1] for kind in CACHED_AT], axis=1)
            late = self._late(at)[0] * (1 - self._hits)
            late[:, CACHED_AT] += hit * self._hits[:, CACHED_AT]
            low, high = np.where(late > 1 - share, middle, low), np.where(late > 1 - share, high, middle)
        return np.where((self._hits > 0) & (np.isfinite(own) | (self._hits > share)), np.exp(high), own)

    def slower_than(self, seconds: float) -> Array:
        """Return the share (S, C) of a class's requests whose response is longer, hits of the page cache included."""
        missed, hit = self._late(np.full((self.values.scenarios, 1), seconds))
        return missed * (1 - self._hits) + hit[:, None] * self._hits

    def _late(self, at: Array) -> tuple[Array, Array]:
        """Return the share of responses longer than ``at`` ((S, C) or (S, 1)): of each class (S, C), and of the page cache's answers (S,)."""
        wide = np.broadcast_to(at, self._hits.shape)
        found = self.solved.beyond(np.concatenate([np.maximum(wide - self.transfer, SHORTEST_S), wide[:, -1:]], axis=1))
        return found[:, :-1], found[:, -1]
