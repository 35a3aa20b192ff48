"""How many people a set of machines carries, and what gives first, in every scenario."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sizing.brief import Brief
from sizing.catalogue import Host
from sizing.demands import AT, CLASSES, Demands
from sizing.evidence import Array, Values
from sizing.limits import Memory, memory
from sizing.network import Layout, Network
from sizing.storage import Stored, stored
from sizing.workload import PAGES, Moment, Workload

SMALLEST_FACTOR: Final = 1e-9
LARGEST_FACTOR: Final = 1e9
STEPS: Final = 18
CUT_IN_HALVES: Final = 8
PRECISION: Final = 2e-3
LINEAR: Final = 0.03
GUESS: Final = 0.6
LARGEST_RATIO: Final = 1e4
LATE: Final = 0.05
RAREST: Final = 1e-12


@dataclass(frozen=True)
class Use:
    """How much of a resource is used (S,), against how much may be."""

    resource: str
    utilisation: Array
    limit: float
    words: str

    @property
    def ratio(self) -> Array:
        """1 where the limit is reached (S,)."""
        return np.asarray(self.utilisation / self.limit)


@dataclass(frozen=True)
class Case:
    """What does not change while people are counted up: the brief, and its people's requests in every scenario."""

    brief: Brief
    values: Values
    demands: Demands
    workload: Workload
    horizon: int

    def state(self, layout: Layout, moment: Moment, factor: Array | float = 1.0, content: Stored | None = None) -> "State":
        """Return the state of ``layout`` at ``moment`` under ``factor`` (S,) times the people, with what they have stored by the horizon, or ``content``."""
        factors = np.broadcast_to(np.asarray(factor, dtype=float), (self.values.scenarios,))
        content = content or self.content(self.horizon, factors)
        shares = memory(layout.host.cores, layout.host.memory_gib, moment.visits * factors, content, self.values, database=not layout.by_role)
        return State(self, layout, moment, content, shares, Network(layout, moment.rates * factors[:, None], self.values, self.demands, content, shares))

    def content(self, month: int, factor: Array | float = 1.0) -> Stored:
        """Return what ``factor`` (S,) times the people have stored by the end of ``month``."""
        return stored(self.workload, self.values, month, factor, backups_here=not self.brief.infrastructure.backup.to)

    def only(self, chosen: NDArray[np.intp]) -> "Case":
        """Return the case in the ``chosen`` scenarios."""
        whole = self.workload
        moments = tuple(replace(one, visits=one.visits[chosen], rates=one.rates[chosen], crowd=one.crowd[chosen]) for one in whole.moments)
        part = replace(whole, adoption=whole.adoption[chosen], growth=whole.growth[chosen], daily=whole.daily[chosen], moments=moments)
        return Case(self.brief, self.values.only(chosen), self.demands.only(chosen), part, self.horizon)

    def scaled(self, people: int) -> "Case":
        """Return the case of ``people`` people of the same mix."""
        whole, factor = self.workload, people / self.workload.people
        moments = tuple(one.scaled(factor) for one in whole.moments)
        return replace(self, workload=replace(whole, people=people, daily=whole.daily * factor, moments=moments))

    def capacity(self, layout: Layout, at: int) -> Array:
        """Return the factor of people (S,) at which the first target is missed at the moment number ``at``, memory and disk left out."""

        def state(part: Case, factors: Array) -> State:
            return part.state(layout, part.workload.moments[at], factors)

        return first_missed(self, state)

    def capacity_now(self, layout: Layout, at: int) -> Array:
        """Return the same with the content as it is at the start, however many people come: what a load test finds."""

        def state(part: Case, factors: Array) -> State:
            return part.state(layout, part.workload.moments[at], factors, part.content(0))

        return first_missed(self, state)

    def room(self, layout: Layout) -> Array:
        """Return the factor of people (S,) for whom memory and disk are enough at the horizon; infinite where a layout has hosts by role."""

        def excess(part: Case, factors: Array) -> Array:
            return part.state(layout, part.workload.moments[0], factors).fullness

        return np.full(self.values.scenarios, np.inf) if layout.by_role else largest_factor(self, excess)


@dataclass(frozen=True)
class State:
    """One layout at one moment, in every scenario."""

    case: Case
    layout: Layout
    moment: Moment
    content: Stored
    memory: Memory
    network: Network
    only: str = ""
    """Where set, resources of other places are left out."""

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """What is used while requests are served, and the targets."""
        rejected = _seldom(self.network.solved.rejected.max(axis=1), self.case.values.point("rejected_limit"))
        return (
            *self._flows,
            Use("rejected", rejected, 1.0, "requests that are turned away (503)"),
            Use("page_p95", _seldom(self.late, LATE), 1.0, f"the page time: 95 of 100 within {self.target_ms:.0f} ms"),
        )

    @cached_property
    def _flows(self) -> tuple[Use, ...]:
        values, network = self.case.values, self.network
        database = Use("database.cpu", network.database_utilisation, values.point("cpu_limit"), "the processor of the database")
        disk = "database" if self.layout.by_role else self.place
        found = (
            Use(f"{self.place}.cpu", network.cpu, values.point("cpu_limit"), "the processor"),
            *((database,) if self.layout.by_role else ()),
            Use(f"{disk}.disk_io", network.disk_utilisation, values.point("disk_io_limit"), "the operations of the disk"),
            Use(f"{self.place}.network", network.network_utilisation, values.point("network_limit"), "the network"),
        )
        return tuple(use for use in found if use.resource.startswith(self.only))

    @cached_property
    def rooms(self) -> tuple[Use, ...]:
        """Memory and disk, where all services share a host."""
        return () if self.layout.by_role else (self._memory(), self._disk(self.layout.host))

    @property
    def place(self) -> str:
        """What the web hosts are called: desk, box or web."""
        return "web" if self.layout.by_role else self.layout.place

    @property
    def target_ms(self) -> float:
        """The brief's target for pages."""
        return float(self.case.brief.targets.page_p95_ms)

    @cached_property
    def late(self) -> Array:
        """Share (S,) of the slowest class of pages that answers later than the target."""
        return np.asarray(np.max(self.network.slower_than(self.target_ms / 1000)[:, self.pages], axis=1))

    @property
    def pages(self) -> list[int]:
        """The classes of pages that are asked for."""
        return [AT[kind] for kind in PAGES if float(np.max(self.moment.rates[:, AT[kind]])) > 0]

    def _memory(self) -> Use:
        return Use(f"{self.place}.memory", self.memory.needed / self.memory.total, 1.0, "the memory")

    def _disk(self, host: Host) -> Use:
        used = self.case.values["system_disk"] + self.content.live_gib
        months = f"the disk, after {self.case.horizon} months of content"
        return Use(f"{self.place}.disk", used / host.disk_gib, self.case.values.point("disk_limit"), months)

    @cached_property
    def flows(self) -> Array:
        """The highest ratio of use to limit (S,) of what is used in proportion to the requests, however they queue."""
        return _highest(self._flows)

    @cached_property
    def performance(self) -> Array:
        """The highest ratio of use to limit (S,) while requests are served."""
        return _highest(self.uses)

    @cached_property
    def fullness(self) -> Array:
        """The highest ratio of use to limit (S,) of memory and disk."""
        return _highest(self.rooms)

    @property
    def worst(self) -> Array:
        """The highest ratio of use to limit (S,): above 1 the layout does not hold."""
        return np.maximum(self.performance, self.fullness) if self.rooms else self.performance

    def tightest(self, scenario: int = 0) -> Use:
        """Return the resource nearest to its limit, or furthest beyond."""
        return _nearest((*self.uses, *self.rooms), scenario)

    def busiest(self, scenario: int = 0) -> Use:
        """Return the same of what is used while requests are served: memory and disk left out."""
        return _nearest(self.uses, scenario)

    def milliseconds(self, share: float) -> dict[str, float]:
        """Return a quantile (ms) of every class that is used, in the first scenario."""
        found = self.network.quantile(share)[0] * 1000
        return {kind: float(found[AT[kind]]) for kind in CLASSES if self.moment.rates[0, AT[kind]] > 0}


def _seldom(share: Array, allowed: float) -> Array:
    """Return log ``allowed`` over log ``share``: 1 where a share (S,) of requests is what is allowed, and near 1 - load over capacity below.

    If times beyond the target are exponential, it is the quantile over the target.
    """
    rare = np.clip(share, RAREST, 1 - RAREST)
    return np.asarray(np.log(allowed) / np.log(rare))


def _nearest(uses: tuple[Use, ...], scenario: int) -> Use:
    return max(uses, key=lambda use: float(use.ratio[scenario]))


def _highest(uses: tuple[Use, ...]) -> Array:
    return np.asarray(np.minimum(np.max(np.stack([use.ratio for use in uses]), axis=0), LARGEST_RATIO))


def first_missed(case: Case, state: Callable[[Case, Array], State]) -> Array:
    """Return the factor (S,) at which the first of all targets is missed in ``state(part, factors)``.

    What is used in proportion needs no queueing: its factor comes first. Only where a target is missed there already,
    a smaller factor is looked for.
    """
    found = largest_factor(case, lambda part, factors: state(part, factors).flows)
    ratio = state(case, found).performance
    missed = np.flatnonzero(ratio > 1 + 2 * PRECISION)
    if len(missed):
        most = np.log(np.maximum(found[missed], SMALLEST_FACTOR))
        found[missed] = largest_factor(case.only(missed), lambda some, factors: state(some, factors).performance, (most, 1 - 1 / ratio[missed]))
    return found


def largest_factor(case: Case, excess: Callable[[Case, Array], Array], most: tuple[Array, Array] | None = None) -> Array:
    """Return the factor (S,) at which ``excess`` (rising) reaches 1, to 0.2 %; 0 where it exceeds 1 for any.

    In each scenario a bracket is kept on the logarithm of the factor and cut by regula falsi on the logarithm of the excess,
    the end that stays counting half (the Illinois method: Dowell & Jarratt, 1971). Scenarios that are done drop out; the
    few that jump (a child less fits into the memory) are cut in halves. Below
    ``most`` it is 1 - 1/ratio that is cut: times beyond a target go with 1/(1 - utilisation), so this is nearly a line.
    ``most`` is the logarithm of a factor (S,) that is known to be too much, and 1 - 1/ratio there.
    """
    count = case.values.scenarios
    bracket = _Bracket.around(count, most)
    at = np.zeros(count) if most is None else np.maximum(bracket.high - np.clip(most[1] * GUESS, 0.02, 1.0), bracket.low)
    last = np.full((2, count), np.nan)
    active, part = np.arange(count), case
    for step in range(STEPS):
        ratio = np.clip(excess(part, np.exp(at[active])), 1 / LARGEST_RATIO, LARGEST_RATIO)
        found = np.log(ratio) if most is None else 1 - 1 / ratio
        bracket.cut(active, at[active], found)
        final, near = _secant(at[active], found, last[:, active])
        last[:, active] = at[active], found
        narrow = bracket.high[active] - bracket.low[active] < PRECISION
        at[active] = np.where(near, final, np.where(narrow, bracket.low[active], bracket.next(active, at[active], found, halve=step >= CUT_IN_HALVES)))
        keep = active[~(near | narrow)]
        if not len(keep):
            break
        if len(keep) < len(active):
            active, part = keep, case.only(keep)
    else:
        at[active] = bracket.low[active]
    return np.where(at <= np.log(SMALLEST_FACTOR) + 1, 0.0, np.exp(at))


def _secant(at: Array, found: Array, last: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return where the line through the last two points is 0, and whether it is so near that this needs no look."""
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (found - last[1]) / (at - last[0])
        reach = found / slope
    near = (np.abs(found) < PRECISION) | ((np.abs(reach) < LINEAR) & (np.abs(found) < LINEAR) & (slope > LINEAR))
    return np.where(np.abs(found) < PRECISION, at, at - reach), near


@dataclass
class _Bracket:
    """Logarithms of factors (S,) known to be enough and too many, and the excess there."""

    low: Array
    high: Array
    below: Array
    above: Array

    @classmethod
    def around(cls, count: int, most: tuple[Array, Array] | None) -> "_Bracket":
        low, below = np.full(count, np.log(SMALLEST_FACTOR)), np.full(count, -np.inf)
        if most is None:
            return cls(low, np.full(count, np.log(LARGEST_FACTOR)), below, np.full(count, np.inf))
        return cls(low, np.maximum(most[0], low), below, most[1].copy())

    def cut(self, active: NDArray[np.intp], at: Array, found: Array) -> None:
        """Take up what was ``found``; the excess at the end that stays counts half."""
        over, fell = active[found > 0], active[found <= 0]
        self.below[over] /= 2
        self.above[fell] /= 2
        self.high[over], self.above[over] = at[found > 0], found[found > 0]
        self.low[fell], self.below[fell] = at[found <= 0], found[found <= 0]

    def next(self, active: NDArray[np.intp], at: Array, found: Array, *, halve: bool) -> Array:
        """Return the next points: in proportion to the excess while a side is open, then regula falsi, or the middle."""
        low, high, below, above = (part[active] for part in (self.low, self.high, self.below, self.above))
        if halve:
            return (low + high) / 2
        open_side = ~np.isfinite(below) | ~np.isfinite(above)
        slope = np.where(open_side, 1.0, (above - below) / np.maximum(high - low, 1e-12))
        falsi = low - np.where(np.isfinite(below), below, 0.0) / slope
        reach = at - 1.05 * found - 0.005 * np.sign(found)
        return np.where(open_side, np.clip(reach, low, high), np.clip(falsi, low + 0.01 * (high - low), high - 0.01 * (high - low)))
