"""Closed multi-class networks of product form, exactly, many at once.

By convolution of the stations' generating functions over the lattice of populations
(Buzen 1973; Reiser and Kobayashi 1975). With x = sum over classes of demand times
z(class), a station of c servers is P(x) / (1 - x/c) where P has degree c - 1 and no
negative coefficient, so that nothing is ever subtracted and no digits are lost, unlike
in mean value analysis by marginal probabilities (Reiser and Lavenberg 1980). Mean
times come from the derivative of the station's function, all others left as they are.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing.approximate import approximate
from sizing.queueing.arguments import Floats, chunks
from sizing.queueing.stations import Closed, ClosedNetworks, closed, result

LATTICE_LIMIT = 8_000_000
CHUNK_ELEMENTS = 1 << 14


def solve_closed(
    populations: ArrayLike,
    demands: ArrayLike,
    servers: ArrayLike,
    think_s: ArrayLike = 0.0,
    *,
    speeds: ArrayLike | None = None,
) -> ClosedNetworks:
    """Solve closed networks of processor-sharing (or FCFS with one exponential demand for all classes) and delay stations.

    ``populations`` (C,) jobs, the same in all scenarios; ``demands`` (S, C, K) in seconds
    of one server; ``servers`` (S, K) with 0 for a delay station; ``think_s`` (S, C) in
    seconds. ``speeds`` (S, K, m), if given, says in place of ``servers`` how much work is
    done per second with 1..m jobs at a queueing station (that of m holds for more). What
    has fewer axes holds for all scenarios.

    Exact. Time and memory grow with the lattice, the product of (populations + 1), and
    with the servers. Raises ValueError for a lattice above LATTICE_LIMIT (8 million) or
    populations whose weights leave the range of floats (some 600 jobs), for shapes that
    do not fit, for what is negative or not finite, and for a class with jobs that never
    spends time.
    """
    given = closed(populations, demands, servers, think_s, speeds)
    if (given.populations != given.populations[:1]).any():
        raise ValueError("populations: differ between scenarios; give one row, or use linearizer, which takes a row for each scenario")
    jobs = [int(one) for one in given.populations[0]]
    lattice = math.prod(one + 1 for one in jobs)
    if lattice > LATTICE_LIMIT:
        raise ValueError(f"populations: a lattice of {lattice} points, more than {LATTICE_LIMIT}; use linearizer, or fewer jobs or classes")
    parts = [_solve(given.part(rows), jobs) for rows in chunks(len(given.populations), lattice, CHUNK_ELEMENTS)]
    throughput, response = (np.concatenate(both) for both in zip(*parts, strict=True))
    return ClosedNetworks(*result(given, throughput, response))


def _solve(given: Closed, jobs: list[int]) -> tuple[Floats, Floats]:
    """Return the throughput (S, C), and the response (S, C, K) at queueing stations."""
    guess, _, _ = approximate(replace(given, speeds=np.maximum.accumulate(given.speeds, axis=-1)), linearize=False)
    there = [one for one, count in enumerate(jobs) if count]
    scale = guess[:, there]
    lattice = _Lattice([jobs[one] for one in there])
    stations = [_Station(lattice, given.queued[:, there, k] * scale, given.speeds[:, k]) for k in range(given.queued.shape[2])]
    found: dict[int, Floats] = {}
    whole = _leave_one_out(lattice.away(given.away[:, there] * scale), stations, 0, found)
    full = lattice.at(whole)
    if not (np.isfinite(whole).all() and (full > 0).all()):
        raise ValueError(f"populations: {sum(jobs)} jobs lead out of the range of floats; use linearizer, or fewer jobs")
    before = [there.index(one) if count else None for one, count in enumerate(jobs)]
    weights = np.stack([lattice.at(whole, one) for one in before], axis=1)
    arrived = np.stack([np.stack([lattice.at(found[k], one) for one in before], axis=1) for k in range(len(stations))], axis=2)
    throughput = np.zeros_like(guess)
    throughput[:, there] = scale * weights[:, there] / full[:, None]
    return throughput, given.queued * arrived / weights[..., None]


def _leave_one_out(product: Floats, stations: "list[_Station]", first: int, found: dict[int, Floats]) -> Floats:
    """Put into ``found`` the product with each station's function replaced by its derivative; return the product of all."""
    if len(stations) == 1:
        found[first] = stations[0].derivative(product)
        return stations[0].function(product)
    half = len(stations) // 2
    left, right = product, product
    for station in stations[half:]:
        left = station.function(left)
    whole = _leave_one_out(left, stations[:half], first, found)
    for station in stations[:half]:
        right = station.function(right)
    _leave_one_out(right, stations[half:], first + half, found)
    return whole


class _Lattice:
    """All populations up to the full one, with a border of zeros below, scenarios on the last axis."""

    def __init__(self, jobs: list[int]) -> None:
        self.jobs = jobs
        self.inside = (slice(1, None),) * len(jobs)
        self.below = [tuple(slice(0, -1) if at == one else slice(1, None) for at in range(len(jobs))) for one in range(len(jobs))]
        shape = [count + 2 for count in jobs]
        self.strides = [math.prod(shape[one + 1 :]) for one in range(len(jobs))]
        level = sum(np.indices([count + 1 for count in jobs], sparse=True), start=np.zeros([1] * len(jobs), dtype=np.int64)).ravel()
        flat = np.arange(math.prod(shape)).reshape(shape)[self.inside].ravel()
        order = np.argsort(level, kind="stable")
        self.levels = np.split(flat[order], np.cumsum(np.bincount(level))[:-1])

    def at(self, values: Floats, less: int | None = None) -> Floats:
        """Return (S,) values at the full population, or with one job of class ``less`` less."""
        place = tuple(count + 1 - (one == less) for one, count in enumerate(self.jobs))
        here: Floats = values[place]
        return here

    def away(self, times: Floats) -> Floats:
        """Return the weights of jobs that are only at delays; ``times`` (S, C)."""
        values = np.zeros((*(count + 2 for count in self.jobs), len(times)))
        product: Floats = np.ones((*(1 for _ in self.jobs), len(times)))
        for one, count in enumerate(self.jobs):
            steps = np.ones((count + 1, len(times)))
            steps[1:] = times[:, one] / np.arange(1, count + 1)[:, None]
            shape = [count + 1 if at == one else 1 for at in range(len(self.jobs))]
            product = product * np.cumprod(steps, axis=0).reshape((*shape, len(times)))
        values[self.inside] = product
        return values

    def times(self, values: Floats, demands: Floats) -> Floats:
        """Multiply by x: each point gets the sum over classes of ``demands`` (S, C) times the point one job below."""
        product = np.zeros(values.shape)
        inside = product[self.inside]
        for one, below in enumerate(self.below):
            inside += values[below] * demands[:, one]
        return product

    def divide(self, values: Floats, demands: Floats) -> Floats:
        """Divide by 1 - x, level after level of the lattice."""
        quotient = values.copy()
        flat = quotient.reshape(-1, values.shape[-1])
        for points in self.levels[1:]:
            here = flat[points]
            for one, stride in enumerate(self.strides):
                here += flat[points - stride] * demands[:, one]
            flat[points] = here
        return quotient


class _Station:
    """P(x) / (1 - x/fastest), or the plain series where the speed falls with the jobs; both to one job more than there are."""

    def __init__(self, lattice: _Lattice, demands: Floats, speeds: Floats) -> None:
        self.lattice, self.demands = lattice, demands
        total = sum(lattice.jobs) + 1
        self.fastest = speeds[:, -1]
        parts = 1 - np.concatenate([np.zeros((len(speeds), 1)), speeds[:, :-1]], axis=1) / self.fastest[:, None]
        self.series = bool((parts < 0).any())
        if self.series:
            speeds = np.concatenate([speeds, np.repeat(speeds[:, -1:], max(0, total - speeds.shape[1]), axis=1)], axis=1)
            parts = np.ones((len(speeds), total + 1))
        degree = int(np.flatnonzero(parts.any(axis=0))[-1])
        self.parts, self.speeds = parts[:, : min(degree, total) + 1], speeds

    def function(self, values: Floats) -> Floats:
        """Multiply by the station's generating function."""
        product = self._polynomial(values, self.parts)
        return product if self.series else self.lattice.divide(product, self.demands / self.fastest[:, None])

    def derivative(self, values: Floats) -> Floats:
        """Multiply by the derivative of the station's generating function."""
        powers = self.parts * np.arange(self.parts.shape[1])
        inner = np.zeros(values.shape)
        if powers.shape[1] > 1:
            inner = self._polynomial(values, powers[:, 1:], 1) / self.speeds[:, 0]
        if self.series:
            return inner
        slower = self.demands / self.fastest[:, None]
        inner = inner + self._polynomial(self.lattice.divide(values, slower), self.parts) / self.fastest
        return self.lattice.divide(inner, slower)

    def _polynomial(self, values: Floats, parts: Floats, first: int = 0) -> Floats:
        """Multiply by parts[0] + x/s(first + 1) (parts[1] + x/s(first + 2) (parts[2] + ...)), s the speeds."""
        product = values * parts[:, -1]
        for power in range(parts.shape[1] - 2, -1, -1):
            product = self.lattice.times(product, self.demands / self.speeds[:, first + power, None]) + values * parts[:, power]
        return product
