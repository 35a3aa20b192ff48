"""A fast discrete-event simulation of one host: pools of places on shared processors (test-only: numba).

Jobs at the processors share them equally, at most one processor each (processor sharing).
All of them advance at the same speed, so each keeps the virtual time at which it ends,
and the next end is the top of a heap: an event costs O(log jobs).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ROOM = 1 << 17
ARRIVED, WORKED, RETURNED, OUT_OF_PATIENCE, NOTHING = 0, 1, 2, 3, -1
Compiled = TypeVar("Compiled", bound=Callable[..., Any])


def compiled(function: Compiled) -> Compiled:
    """Return ``function``, compiled; by numba's stubs the bare decorator returns another decorator."""
    return cast("Compiled", njit(function))


@compiled
def _push(keys: Floats, jobs: Integers, size: int, key: float, job: int) -> int:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] <= key:
            break
        keys[at], jobs[at] = keys[above], jobs[above]
        at = above
    keys[at], jobs[at] = key, job
    return size + 1


@compiled
def _pop(keys: Floats, jobs: Integers, size: int) -> int:
    size -= 1
    key, job, at = keys[size], jobs[size], 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[at], jobs[at] = keys[below], jobs[below]
        at = below
    keys[at], jobs[at] = key, job
    return size


@compiled
def _gamma(mean: float, variation: float) -> float:
    if mean <= 0.0 or variation <= 0.0:
        return mean
    shape = 1.0 / (variation * variation)
    return np.random.gamma(shape, mean / shape)


@compiled
def _lognormal(mean: float, variation: float) -> float:
    if mean <= 0.0 or variation <= 0.0:
        return mean
    square = np.log(1.0 + variation * variation)
    worked: float = mean * np.exp(np.sqrt(square) * np.random.normal() - square / 2)
    return worked


@compiled
def _run(cores, cumulative, total, work, variation, delay, delay_variation, pool, places, queue, patience, lognormal, split, requests, warm, seed):
    np.random.seed(seed)
    pools = places.size
    arrived, later, kind, away = np.empty(ROOM), np.empty(ROOM), np.empty(ROOM, np.int64), np.empty(ROOM)
    spare = np.arange(ROOM)
    free_slots = ROOM
    cpu_keys, cpu_jobs, cpu = np.empty(ROOM), np.empty(ROOM, np.int64), 0
    away_keys, away_jobs, gone = np.empty(ROOM), np.empty(ROOM, np.int64), 0
    line = np.empty((pools, ROOM), np.int64)
    head, tail = np.zeros(pools, np.int64), np.zeros(pools, np.int64)
    inside = np.zeros(pools, np.int64)
    responses, kinds, done = np.empty(requests), np.empty(requests, np.int64), 0
    busy_places, waits, waited, let_in = np.zeros(pools), np.zeros(pools), np.zeros(pools), np.zeros(pools)
    rejected, offered = np.zeros(pools), np.zeros(pools)
    now, virtual, busy, since, events, over = 0.0, 0.0, 0.0, 0.0, 0, 0
    coming = np.random.exponential(1.0 / total)
    seen, counting = 0, False
    while done < requests:
        speed = 1.0 if cpu <= cores else cores / cpu
        moment, what, which = coming, ARRIVED, 0
        if cpu:
            at = now + max(0.0, cpu_keys[0] - virtual) / speed
            if at < moment:
                moment, what = at, WORKED
        if gone and away_keys[0] < moment:
            moment, what = away_keys[0], RETURNED
        for one in range(pools):
            if tail[one] > head[one]:
                at = arrived[line[one, head[one] % ROOM]] + patience[one]
                if at < moment:
                    moment, what, which = at, OUT_OF_PATIENCE, one
        step = moment - now
        if counting:
            busy += step * min(cpu, cores)
            for one in range(pools):
                busy_places[one] += step * inside[one]
        virtual += step * speed
        now = moment
        events += 1
        starts, leaves = NOTHING, NOTHING
        if what == ARRIVED:
            coming = now + np.random.exponential(1.0 / total)
            seen += 1
            if not counting and seen > warm:
                counting, since = True, now
            draw = np.random.random() * cumulative[-1]
            a = 0
            while cumulative[a] <= draw:
                a += 1
            if free_slots == 0:
                over = 1
                break
            free_slots -= 1
            job = spare[free_slots]
            arrived[job] = now
            kind[job] = a if counting else a + cumulative.size
            p = pool[a]
            if p < 0:
                starts = job
            else:
                if counting:
                    offered[p] += 1
                if inside[p] < places[p]:
                    inside[p] += 1
                    let_in[p] += counting
                    starts = job
                elif tail[p] - head[p] >= queue[p] or patience[p] <= 0.0:
                    if counting:
                        rejected[p] += 1
                    spare[free_slots] = job
                    free_slots += 1
                else:
                    line[p, tail[p] % ROOM] = job
                    tail[p] += 1
        elif what == WORKED:
            job = cpu_jobs[0]
            cpu = _pop(cpu_keys, cpu_jobs, cpu)
            if away[job] > 0.0:
                gone = _push(away_keys, away_jobs, gone, now + away[job], job)
                away[job] = 0.0
            elif later[job] > 0.0:
                cpu = _push(cpu_keys, cpu_jobs, cpu, virtual + later[job], job)
                later[job] = 0.0
            else:
                leaves = job
        elif what == RETURNED:
            job = away_jobs[0]
            gone = _pop(away_keys, away_jobs, gone)
            if later[job] > 0.0:
                cpu = _push(cpu_keys, cpu_jobs, cpu, virtual + later[job], job)
                later[job] = 0.0
            else:
                leaves = job
        else:
            job = line[which, head[which] % ROOM]
            head[which] += 1
            if kind[job] < cumulative.size:
                rejected[which] += 1
            spare[free_slots] = job
            free_slots += 1
        if leaves >= 0:
            a = kind[leaves] % cumulative.size
            if kind[leaves] < cumulative.size:
                responses[done] = now - arrived[leaves]
                kinds[done] = a
                done += 1
            spare[free_slots] = leaves
            free_slots += 1
            p = pool[a]
            if p >= 0:
                if tail[p] > head[p]:
                    starts = line[p, head[p] % ROOM]
                    head[p] += 1
                    if kind[starts] < cumulative.size:
                        let_in[p] += 1
                        waited[p] += 1
                        waits[p] += now - arrived[starts]
                else:
                    inside[p] -= 1
        if starts >= 0:
            a = kind[starts] % cumulative.size
            need = _lognormal(work[a], variation[a]) if lognormal else _gamma(work[a], variation[a])
            away[starts] = _gamma(delay[a], delay_variation[a])
            first = need * np.random.random() if split and away[starts] > 0.0 else need
            later[starts] = need - first
            if first > 0.0:
                cpu = _push(cpu_keys, cpu_jobs, cpu, virtual + first, starts)
            else:
                gone = _push(away_keys, away_jobs, gone, now + away[starts], starts)
                away[starts] = 0.0
        if cpu == 0:
            virtual = 0.0
    span = now - since
    return responses[:done], kinds[:done], busy / span, busy_places / span, waits, waited, let_in, rejected, offered, events, over


@dataclass(frozen=True)
class Simulated:
    """What one run saw. C classes, P pools; times in seconds; requests that arrived in the warm-up are left out.

    ``busy`` mean busy cores; ``utilisation`` of all cores; ``busy_places`` (P,); ``wait_probability`` and
    ``wait`` (P,): of those let in; ``rejected`` (P,): share of those who came; ``responses``: C arrays of those served.
    """

    busy: float
    utilisation: float
    busy_places: Floats
    wait_probability: Floats
    wait: Floats
    rejected: Floats
    responses: tuple[Floats, ...]
    events: int

    @property
    def mean(self) -> Floats:
        """Mean response (s) by class; nan where none was served."""
        return np.array([one.mean() if one.size else np.nan for one in self.responses])

    def quantile(self, q: float) -> Floats:
        """Return the response (s) by class that a share ``q`` does not exceed; nan where none was served."""
        return np.array([np.quantile(one, q) if one.size else np.nan for one in self.responses])


def simulate(
    cores: int,
    rates: ArrayLike,
    work: ArrayLike,
    variation: ArrayLike,
    delay: ArrayLike,
    pool: ArrayLike,
    places: ArrayLike,
    queue: ArrayLike = np.inf,
    patience: ArrayLike = np.inf,
    background: float = 0.0,
    requests: int = 200_000,
    seed: int = 1,
    warmup_share: float = 0.1,
    *,
    delay_variation: ArrayLike = 1.0,
    background_work: float | None = None,
    lognormal: bool = False,
    split: bool = False,
) -> Simulated:
    """Simulate one host until ``requests`` requests that came after the warm-up are served.

    ``cores`` whole; ``rates`` (C,) arrivals per second (Poisson); ``work`` (C,) mean CPU seconds, gamma distributed
    (``lognormal``: so) with the coefficient of variation ``variation`` (C,); ``delay`` (C,) mean seconds without CPU,
    gamma with ``delay_variation`` (1 is exponential, 0 fixed), after the work (``split``: at a random point of it);
    ``pool`` (C,) index or -1; ``places`` (P,); ``queue`` (P,) most who wait; ``patience`` (P,) seconds waited before a
    rejection. ``background`` busy cores come as small exponential jobs of ``background_work`` seconds each (a tenth of
    the mean work if None). The first ``warmup_share`` of all requests is not counted.
    """
    rates, work, variation, delay, delay_variation = np.broadcast_arrays(*(np.asarray(a, float) for a in (rates, work, variation, delay, delay_variation)))
    pool, places = np.asarray(pool, np.int64), np.atleast_1d(np.asarray(places, np.int64))
    queue, patience = (np.broadcast_to(np.asarray(a, float), places.shape).copy() for a in (queue, patience))
    classes = rates.size
    if background:
        small = background_work or float(rates @ work / rates.sum()) / 10
        rates, work, variation = np.append(rates, background / small), np.append(work, small), np.append(variation, 1.0)
        delay, delay_variation, pool = np.append(delay, 0.0), np.append(delay_variation, 0.0), np.append(pool, NOTHING)
    wanted = int(requests * rates.sum() / rates[:classes].sum())
    found = _run(
        cores, np.cumsum(rates), rates.sum(), work + 0.0, variation + 0.0, delay + 0.0, delay_variation + 0.0, pool, places, queue, patience,
        lognormal, split, wanted, int(wanted * warmup_share), seed,
    )  # fmt: skip
    responses, kinds, busy, busy_places, waits, waited, let_in, rejected, offered, events, over = found
    if over:
        raise RuntimeError("more requests wait than the simulation has room for: no steady state")
    order = np.argsort(kinds, kind="stable")
    parts = np.split(responses[order], np.searchsorted(kinds[order], np.arange(1, rates.size)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return Simulated(
            busy, busy / cores, busy_places, waited / let_in, waits / let_in, rejected / offered, tuple(parts[:classes]), events
        )  # fmt: skip
