"""The platform as a queueing network: what a workload does to one machine, or to several."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

from sizing import queueing
from sizing.cache import hit_ratio
from sizing.evidence import Demands, Evidence
from sizing.storage import MIB_PER_KB
from sizing.workload import CACHED, CLASSES, STATIC, WIKI, Workload

QUANTILE = 0.95
NORMAL_95 = 1.645
MBIT_PER_KB = 8 / 1000
ROUNDS = 4
BYTES = {"asset": "asset_bytes", "media_view": "media_bytes", "upload": "upload_bytes"}


@dataclass(frozen=True)
class Layout:
    """``boxes`` of ``cores`` share the web work; the database is on one of them, or has ``database_cores`` of its own."""

    boxes: int
    cores: int
    children: int
    cache_pages: float
    database_cores: int = 0


@dataclass(frozen=True)
class Load:
    """What a workload does: utilisations (0..1 and beyond), busy cores of the front, hit ratio, p95 (ms) by class."""

    cpu: float
    database_cpu: float
    pools: dict[str, float]
    front_cores: float
    cache_cores: float
    hits: float
    p95_ms: dict[str, float]
    mbit: float


@dataclass(frozen=True)
class Visit:
    """CPU seconds of one request before the pool, in PHP and in the database, and seconds without CPU."""

    front: float
    inside: float
    database: float
    wait: float

    @property
    def alone(self) -> float:
        """Response on an idle machine."""
        return self.front + self.inside + self.database + self.wait


@dataclass(frozen=True)
class Role:
    """The solved pool of the blogs or the wiki; ``stretch`` is response over demand inside it."""

    solved: queueing.Pool
    stretch: float


@dataclass(frozen=True)
class _Inner:
    """A pool's requests: rate, mean CPU seconds and mean seconds without CPU inside, squared variation of the CPU time."""

    rate: float
    work: float
    away: float
    variation: float


def _solved(one: _Inner, speeds: list[float]) -> Role:
    if not one.rate:
        return Role(queueing.Pool(0.0, 0.0, 0.0, 0.0), 1.0)
    solved = queueing.finite_pool(one.rate, queueing.pool_rates(speeds, one.work, one.away), max(1.0, one.variation))
    return Role(solved, max(1.0, (solved.inside_s - one.away) / one.work))


@dataclass(frozen=True)
class Network:
    """One box of the layout under its share of the rates (``reaching``: what the page cache lets through)."""

    layout: Layout
    rates: dict[str, float]
    hits: float
    demands: Demands
    background: float

    @cached_property
    def visits(self) -> dict[str, Visit]:
        """By class."""
        return {kind: visit(kind, self.demands) for kind in CLASSES}

    @cached_property
    def reaching(self) -> dict[str, float]:
        """Rates behind the page cache, of all boxes."""
        return {kind: self.rates[kind] * (1 - self.hits if kind in CACHED else 1) for kind in CLASSES}

    @cached_property
    def loads(self) -> tuple[float, float]:
        """Busy cores of the busiest web box, and of the box with the database."""
        again = sum(self.reaching[kind] for kind in CACHED) * self.demands.get("any", "frontdoor") / 1000
        web = again + sum(self.rates[kind] * self.visits[kind].front + self.reaching[kind] * self.visits[kind].inside for kind in CLASSES)
        database = sum(self.reaching[kind] * self.visits[kind].database for kind in CLASSES)
        if self.layout.database_cores:
            return web / self.layout.boxes + self.background, database + self.background
        worst = max((web + database) / self.layout.boxes, database) + self.background
        return worst, worst

    @cached_property
    def stretch(self) -> float:
        """Response over demand at a web box, outside the pools."""
        return queueing.stretch(self.layout.cores, self.loads[0])

    @cached_property
    def database_stretch(self) -> float:
        """Response over demand at a database of its own."""
        return queueing.stretch(self.layout.database_cores or self.layout.cores, self.loads[1])

    @cached_property
    def pools(self) -> dict[str, Role]:
        """The FPM pools of one box; they share its processors with each other and with what needs no pool."""
        inner = {role: self._inner([kind for kind in CLASSES if kind not in STATIC and (kind in WIKI) == (role == "wiki")]) for role in ("blogs", "wiki")}
        beside = self.loads[0] - sum(one.rate * one.work for one in inner.values())
        free = self.layout.cores - beside
        if free <= 0 or not math.isfinite(self.database_stretch):
            return dict.fromkeys(inner, Role(queueing.SATURATED, math.inf))
        speeds = dict.fromkeys(inner, queueing.alone(free, self.layout.children))
        for _ in range(ROUNDS):
            there = {role: queueing.present(one.rate * one.work, speeds[role]) for role, one in inner.items()}
            speeds = {role: queueing.shared(free, self.layout.children, there[other]) for role, other in (("blogs", "wiki"), ("wiki", "blogs"))}
        return self._conserved(inner, {role: _solved(one, speeds[role]) for role, one in inner.items()})

    def _conserved(self, inner: dict[str, _Inner], found: dict[str, Role]) -> dict[str, Role]:
        """Return the pools, waiting no less in sum than without pools: taken as independent, they would lose the busy periods that they share."""
        lost = sum(one.rate * one.work for one in inner.values()) * (self.stretch - 1)
        counted = sum(inner[role].rate * (one.solved.wait_s + inner[role].work * (one.stretch - 1)) for role, one in found.items())
        if not 0 < counted < lost < math.inf:
            return found
        more = lost / counted
        return {role: Role(replace(one.solved, wait_s=one.solved.wait_s * more), 1 + (one.stretch - 1) * more) for role, one in found.items()}

    def _inner(self, kinds: list[str]) -> _Inner:
        """Return what one pool's requests ask for inside, on one box."""
        rates = {kind: self.reaching[kind] / self.layout.boxes for kind in kinds}
        rate = sum(rates.values())
        if not rate:
            return _Inner(0.0, 0.0, 0.0, 1.0)
        here, there = (1.0, 0.0) if not self.layout.database_cores else (0.0, self.database_stretch)
        works = {kind: self.visits[kind].inside + here * self.visits[kind].database for kind in kinds}
        work = sum(rates[kind] * works[kind] for kind in kinds) / rate
        square = sum(rates[kind] * (works[kind] * works[kind] * (1 + self.demands.spread.get(kind, 0.0) ** 2)) for kind in kinds) / rate
        away = sum(rates[kind] * (self.visits[kind].wait + (self.visits[kind].database * there if there else 0.0)) for kind in kinds) / rate
        return _Inner(rate, work, away, max(0.0, square / work**2 - 1))

    def mean(self, kind: str) -> float:
        """Return the mean response (s) of requests that the page cache does not answer."""
        one = self.visits[kind]
        if kind in STATIC:
            return (one.front + one.inside) * self.stretch + one.wait
        pool = self.pools["wiki" if kind in WIKI else "blogs"]
        database = one.database * (self.database_stretch if self.layout.database_cores else pool.stretch)
        return one.front * self.stretch + pool.solved.wait_s + one.inside * pool.stretch + database + one.wait

    def p95(self, kind: str) -> float:
        """Return the response (s) that 95 of 100 requests of a class do not exceed.

        A stated approximation: the spread of the work itself (normal), and a delay as in M/M/c:
        none where a processor is free, else exponential.
        """
        hits = self.hits if kind in CACHED else 0.0
        one, spread = self.visits[kind], self.demands.spread.get(kind, 0.0)
        if hits >= QUANTILE:
            return 2 * one.front * self.stretch
        mean = self.mean(kind)
        if not math.isfinite(mean):
            return math.inf
        beyond = (1 - QUANTILE) / (1 - hits)
        own = one.alone * (1 + NORMAL_95 * spread * max(0.0, (0.5 - beyond) / (QUANTILE - 0.5)))
        delayed = self._delayed(kind)
        return own + (max(0.0, mean - one.alone) / delayed * math.log(delayed / beyond) if delayed > beyond else 0.0)

    def _delayed(self, kind: str) -> float:
        """Return the probability that a request finds no processor, or no child, free; the database of its own counts too."""
        web = queueing.erlang_c(self.layout.cores, self.loads[0])
        if kind in STATIC:
            return web
        web = max(web, self.pools["wiki" if kind in WIKI else "blogs"].solved.wait_probability)
        database = queueing.erlang_c(self.layout.database_cores, self.loads[1]) if self.layout.database_cores else 0.0
        return 1 - (1 - web) * (1 - database)


def visit(kind: str, demands: Demands) -> Visit:
    """Return the demands of one request in seconds."""
    front = demands.get("any", "frontdoor") + (demands.get("any", "pagecache") if kind in CACHED else 0.0)
    inside = demands.get(kind, "php") + demands.get(kind, "nginx")
    return Visit(front / 1000, inside / 1000, demands.get(kind, "database") / 1000, demands.get(kind, "wait") / 1000)


def load(workload: Workload, pages: int, layout: Layout, demands: Demands, evidence: Evidence) -> Load:
    """Solve the network for ``workload`` over ``pages`` pages on ``layout``."""
    network = Network(layout, workload.rates, _hits(workload, pages, layout, evidence), demands, evidence["background_cores"])
    web, database = network.loads
    return Load(
        web / layout.cores,
        database / (layout.database_cores or layout.cores),
        {role: pool.solved.busy / layout.children for role, pool in network.pools.items()},
        sum(workload.rates.values()) * demands.get("any", "frontdoor") / 1000,
        sum(workload.rates[kind] for kind in CACHED) * demands.get("any", "pagecache") / 1000,
        network.hits,
        {kind: 1000 * network.p95(kind) for kind in CLASSES},
        sum(workload.rates[kind] * evidence[BYTES.get(kind, "page_bytes")] for kind in CLASSES) * MBIT_PER_KB,
    )


def alone_p95_ms(kind: str, demands: Demands) -> float:
    """Return the p95 (ms) of a class on an idle machine: no number of servers makes it shorter."""
    return 1000 * visit(kind, demands).alone * (1 + NORMAL_95 * demands.spread.get(kind, 0.0))


def _hits(workload: Workload, pages: int, layout: Layout, evidence: Evidence) -> float:
    """Return the hit ratio of the page cache; publishing ends a page's life early."""
    rate = sum(workload.rates[kind] for kind in CACHED)
    published = workload.rates["post"] + workload.rates["comment"]
    life = 1 / (1 / evidence["page_cache_life"] + published / pages)
    return hit_ratio(rate, pages, evidence["zipf_exponent"], life, layout.cache_pages)


def cache_pages(size_mib: float, evidence: Evidence) -> float:
    """Return how many pages a cache of ``size_mib`` holds."""
    return size_mib / (evidence["page_bytes"] * MIB_PER_KB)
