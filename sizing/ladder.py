"""The ladder of sizes: one machine, two boxes, three hosts, n hosts by role; the cheapest that holds, by an integer programme."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sizing.capacity import Case, State
from sizing.catalogue import Host
from sizing.evidence import Array, Values
from sizing.integer import MOST, Option, Programme, cheapest
from sizing.limits import front_doors
from sizing.network import CACHED_AT, Layout, speed
from sizing.plan import Server
from sizing.storage import MIB_PER_GIB, out_mbit
from sizing.workload import Moment, opened

ROLES_STEP: Final = 4
MEMBERS: Final = (3, 5, 7, 9)
MOST_MEMBERS: Final = MEMBERS[-1]
CLUSTERS: Final = (1, 2, 4, 8)
REPLICAS: Final = 3
MARGIN: Final = 0.02
"""Added to the confidence while servers are chosen on fewer draws than the answer is told from."""
SUREST: Final = 0.999
ROLES_THAT_FAIL: Final = 3
"""Of five roles, so many are taken to fail in draws of their own; the rest fails together with them."""
SURVIVES: Final = {
    1: "power loss (what was saved stays)",
    2: "one box: the other takes over by hand, and loses the seconds that were not copied yet",
    3: "any one host",
    4: "any one host of each role",
}
"""By rung."""


@dataclass(frozen=True)
class Rung:
    """Chosen servers: 1 to 3 equal hosts that hold everything, or (rung 4) hosts by role."""

    step: int
    servers: tuple[Server, ...]
    layout: Layout

    @property
    def survives(self) -> str:
        """What it survives, in words."""
        clusters = self.layout.clusters
        return SURVIVES[self.step] + (f"; the database is {clusters} clusters, blogs and wiki divided among them" if clusters > 1 else "")

    @property
    def price_per_month(self) -> float:
        """Of all servers."""
        return sum(server.count * server.price_per_month for server in self.servers)

    @property
    def machines(self) -> int:
        """How many servers it is."""
        return sum(server.count for server in self.servers)

    def words(self) -> str:
        """Return the servers in a few words."""
        return ", ".join(
            f"{server.count} x {server.shape or server.role}" + (f" ({server.role})" if self.step == ROLES_STEP else "") for server in self.servers
        )


def availability(step: int, values: Values) -> float:
    """Return the expected share of time (0..1) that a rung serves, at the medians.

    One host: its own. Two: while the one with the database is down, a person must switch over first. Three and more:
    down when two of a group of three are.
    """
    down = 1 - values.point("host_availability")
    if step == 1:
        return 1 - down
    if step == 2:  # noqa: PLR2004 - two boxes
        return 1 - down * min(1.0, values.point("failover_minutes") / 60 / values.point("repair_hours")) - down**2
    groups = 1 if step == 3 else 5  # noqa: PLR2004 - three hosts, or five roles
    return (1 - 3 * down**2) ** groups


@dataclass(frozen=True)
class Database:
    """Database hosts of one shape: ``clusters`` of ``members``; blogs and wiki are divided among the clusters by space."""

    host: Host
    members: int
    clusters: int

    @property
    def machines(self) -> int:
        """How many hosts they are."""
        return self.members * self.clusters

    @property
    def price(self) -> float:
        """Of all of them in a month."""
        return self.host.price_per_month * self.machines


@dataclass(frozen=True)
class Ladder:
    """The choice for one case: ``hosts`` can be had, ``desk`` is there."""

    case: Case
    hosts: tuple[Host, ...]
    desk: Host

    def factor(self, capacity: Array, wanted: float) -> float:
        """Return the factor of people that a capacity (S,) holds with confidence ``wanted``; the medians' scenario is left out."""
        return float(np.quantile(capacity[1:], 1 - wanted, method="inverted_cdf"))

    def alone(self) -> Rung:
        """Return the machine that is there: it costs nothing."""
        return Rung(1, (_server("desk", 1, self.desk, ""),), Layout(1, self.desk))

    def choose(self, wanted: float) -> Rung | None:
        """Return the cheapest rung to be had that holds with confidence ``wanted`` and is available as asked; None where nothing does."""
        sure = min(wanted + MARGIN, SUREST)
        equal = self._equal_options(sure)
        below = min((option.whole_price for option in equal), default=math.inf)
        database, roles = self._role_options(1 - (1 - sure) / ROLES_THAT_FAIL, below) if self.allowed(ROLES_STEP) else (None, [])
        found = cheapest(Programme((*equal, *roles)))
        return None if found is None else self._rung(found, database)

    @property
    def cache_gib(self) -> float:
        """Memory of a host of the caches: that of the smallest shape, so that no other choice hangs on it."""
        return min(host.memory_gib for host in self.hosts)

    def by_role(self, count: int, web: Host, database: Database) -> Layout:
        """Return a layout by role with ``count`` web hosts and one member of each database cluster dead."""
        return Layout(count, web, database.host, database.members - 1, self.cache_gib, clusters=database.clusters)

    def allowed(self, step: int) -> bool:
        """Return whether a rung is as available as the brief asks."""
        return availability(step, self.case.values) * 100 >= self.case.brief.targets.availability_percent

    def _equal_options(self, wanted: float) -> list[Option]:
        """Return, for one, two and three equal hosts, the cheapest shape that holds; from two on, with one of them dead."""
        found = []
        for step in (1, 2, 3):
            able = (host for host in self.hosts if self.allowed(step) and self.holds(Layout(max(1, step - 1), host, place="box"), wanted))
            host = next(able, None)
            if host:
                found.append(Option(step, "box", host.name, host.price_per_month, fixed=step))
        return found

    def holds(self, layout: Layout, wanted: float, only: str = "") -> bool:
        """Return whether a layout holds with confidence ``wanted``; what needs no queueing is looked at first.

        For ``only`` one role, draws in which the database does not hold count as held: no web host mends that.
        """
        states = [replace(self.case.state(layout, moment), only=only) for moment in self.case.workload.moments]
        error = self.case.values["model_capacity_error"]
        lost = np.any([state.network.database_utilisation > self.case.values["cpu_limit"] for state in states], axis=0)
        fits = np.all([state.flows <= error for state in states], axis=0) | lost
        if states[0].rooms and not only:
            fits &= states[0].fullness <= 1
        if np.mean(fits[1:]) < wanted:
            return False
        for state in states:
            fits &= (state.performance <= error) | lost
        return bool(np.mean(fits[1:]) >= wanted)

    def _role_options(self, sure: float, below: float) -> tuple[Database | None, list[Option]]:
        """Return hosts by role: for each role and shape the fewest that hold, one of each role may die; none where they cannot cost less than ``below``."""
        beside = self._beside_options(sure)
        floor = sum(min(option.whole_price for option in beside if option.role == role) for role in ("frontdoor", "pagecache", "files"))
        if floor >= below:
            return None, []
        database = self._cheapest_database(sure)
        if database is None or floor + database.price >= below:
            return None, []
        web = self._web_options(database, sure)
        own = Option(ROLES_STEP, "database", database.host.name, database.host.price_per_month, fixed=database.machines)
        return (database, [own, *web, *beside]) if web else (None, [])

    def _beside_options(self, sure: float) -> list[Option]:
        """Return front doors, caches and file hosts of every shape, with what one of them carries."""
        found = []
        for host in self.hosts:
            edge = {role: self.factor(self._edge(host, role, self.case.workload.moments), sure) for role in ("frontdoor", "pagecache")}
            found += [Option(ROLES_STEP, role, host.name, host.price_per_month, carries=carried, least=2, spare=1) for role, carried in edge.items()]
            files = self.factor(self._files(host), sure)
            found.append(Option(ROLES_STEP, "files", host.name, host.price_per_month, carries=files, least=1, times=REPLICAS))
        return found

    def _cheapest_database(self, wanted: float) -> Database | None:
        """Return the cheapest database; shapes of which the fewest members cost more than what was found are not looked at."""
        best: Database | None = None
        for host in self.hosts:
            if best and host.price_per_month * MEMBERS[0] >= best.price:
                continue
            found = self._database(host, wanted)
            best = found if found and (best is None or found.price < best.price) else best
        return best

    def _rung(self, chosen: list[tuple[Option, int]], database: Database | None) -> Rung:
        step, shapes = chosen[0][0].rung, {host.name: host for host in self.hosts}
        servers = tuple(_server(option.role, count, shapes[option.shape], option.shape) for option, count in chosen)
        if step < ROLES_STEP or database is None:
            option, count = chosen[0]
            return Rung(step, servers, Layout(max(1, count - 1), shapes[option.shape], place="box"))
        web, count = next((option, count) for option, count in chosen if option.role == "web")
        return Rung(step, servers, self.by_role(count - 1, shapes[web.shape], database))

    def _database(self, host: Host, wanted: float) -> Database | None:
        """Return the fewest database hosts of a shape that hold with one member of each cluster dead; None where not even the most do."""

        def hold(clusters: int, members: int) -> bool:
            layout = self.by_role(1, self.hosts[-1], Database(host, members, clusters))
            worst = np.max(np.stack([_database_ratio(self.case.state(layout, moment), host) for moment in self.case.workload.moments]), axis=0)
            return float(np.quantile(worst[1:], wanted, method="inverted_cdf")) <= 1

        most = len(self.case.brief.spaces)
        enough = [clusters for clusters in CLUSTERS if clusters <= most and hold(clusters, MOST_MEMBERS)][:2]
        found = [Database(host, next(count for count in MEMBERS if hold(clusters, count)), clusters) for clusters in enough]
        return min(found, key=lambda one: one.machines, default=None)

    def _web_options(self, database: Database, wanted: float) -> list[Option]:
        """Return web hosts beside ``database`` (shape, members, clusters): of the shapes, the one that holds at the lowest price.

        They are tried in the order of what their processors alone would need, until no other can be cheaper.
        """
        counted = [(host, count) for host in self.hosts if (count := self._fewest(host, database, wanted)) < MOST]
        best: list[Option] = []
        for host, count in sorted(counted, key=lambda pair: (pair[1] * pair[0].price_per_month, pair[1])):
            if best and (count + 1) * host.price_per_month >= best[0].price * best[0].fixed:
                break
            more = self._enough(host, database, count, wanted)
            option = Option(ROLES_STEP, "web", host.name, host.price_per_month, fixed=max(2, more + 1))
            if more < MOST and (not best or option.price * option.fixed < best[0].price * best[0].fixed):
                best = [option]
        return best

    def _fewest(self, host: Host, database: Database, wanted: float) -> int:
        """Return how many web hosts the processors and the network need at least."""
        states = [self.case.state(self.by_role(1, host, database), moment) for moment in self.case.workload.moments]
        worst = np.max(np.stack([replace(state, only="web").flows for state in states]), axis=0)
        return math.ceil(float(np.quantile(worst[1:], wanted, method="inverted_cdf")))

    def _enough(self, host: Host, database: Database, least: int, wanted: float) -> int:
        """Return the fewest web hosts, from ``least``, that hold, to a twentieth; MOST where twice as many are not enough."""

        def hold(count: int) -> bool:
            return self.holds(self.by_role(count, host, database), wanted, "web")

        if hold(least):
            return least
        low, high = least, 2 * least + 1
        if not hold(high):
            return MOST
        while high - low > max(1, least // 20):
            middle = (low + high) // 2
            low, high = (low, middle) if hold(middle) else (middle, high)
        return high

    def beside(self, rung: Rung) -> Array:
        """Return the factor of people (S,) that front doors, caches and file hosts carry with one of each dead; infinite where all is on equal hosts."""
        shapes = {host.name: host for host in self.hosts}
        stores = [server for server in rung.servers if rung.layout.by_role and server.role == "files"]
        files = [self._files(shapes[server.shape]) * (server.count / REPLICAS) for server in stores]
        return np.asarray(np.min(np.stack([self.edges(rung, self.case.workload.moments), *files]), axis=0))

    def edges(self, rung: Rung, moments: tuple[Moment, ...]) -> Array:
        """Return the same (S,) of front doors and caches alone, at some moments."""
        shapes = {host.name: host for host in self.hosts}
        edge = [server for server in rung.servers if rung.layout.by_role and server.role in {"frontdoor", "pagecache"}]
        found = [self._edge(shapes[server.shape], server.role, moments) * (server.count - 1) for server in edge]
        return np.asarray(np.min(np.stack([np.full(self.case.values.scenarios, np.inf), *found]), axis=0))

    def _edge(self, host: Host, role: str, moments: tuple[Moment, ...]) -> Array:
        """Return the factor of people (S,) for each front door or cache at ``moments``: processors and network."""
        values, demands = self.case.values, self.case.demands
        found = []
        for moment in moments:
            kinds = CACHED_AT if role == "pagecache" else np.arange(moment.rates.shape[1])
            rates = np.zeros_like(moment.rates)
            rates[:, kinds] = moment.rates[:, kinds]
            passes = np.sum(rates, axis=1) if role == "pagecache" else np.sum(rates, axis=1) + np.sum(rates[:, CACHED_AT], axis=1)
            connecting = np.sum(rates * opened(values, rates), axis=1) * demands.connection
            work = passes * demands.pagecache if role == "pagecache" else passes * demands.frontdoor + connecting
            cpu = values["cpu_limit"] * host.cores * speed(host, values) / np.maximum(work, 1e-12)
            network = values["network_limit"] * host.network_mbit / np.maximum(out_mbit(rates, values), 1e-12)
            room = front_doors(host.memory_gib, moment.visits, values) if role == "frontdoor" else np.inf
            found.append(np.minimum(np.minimum(cpu, network), room))
        return np.asarray(np.min(np.stack(found), axis=0))

    def _files(self, host: Host) -> Array:
        """Return the factor of people (S,) for each set of three file hosts: uploads at the horizon."""
        content = self.case.state(Layout(1, host), self.case.workload.moments[0]).content
        room = host.disk_gib * self.case.values["disk_limit"] - self.case.values["system_disk"]
        return np.asarray(np.maximum(room, 0.0) / np.maximum(content.files_gib, 1e-9))


def _database_ratio(state: State, host: Host) -> Array:
    """Return the highest ratio of use to limit (S,) of a database host: processors, disk, its operations (rows that memory does not hold are read)."""
    values, network = state.case.values, state.network
    disk = values["system_disk"] + (state.content.database_mib / MIB_PER_GIB + state.content.binlog_gib) / state.layout.clusters
    ratios = (
        network.database_utilisation / values["cpu_limit"],
        disk / host.disk_gib / values["disk_limit"],
        network.disk_utilisation / values["disk_io_limit"],
    )
    return np.asarray(np.max(np.stack(ratios), axis=0))


def _server(role: str, count: int, host: Host, shape: str) -> Server:
    return Server(
        role=role,
        count=count,
        shape=shape,
        cores=host.cores,
        memory_gib=host.memory_gib,
        disk_gib=host.disk_gib,
        price_per_month=host.price_per_month,
        speed=host.speed if host.stated else None,
    )
