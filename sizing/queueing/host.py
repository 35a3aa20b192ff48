"""One host, many at once: its pools beside each other, and what they mean for each class. See ``shared`` for the whole."""

from dataclasses import dataclass, fields

import numpy as np

from sizing.queueing import sojourn
from sizing.queueing.arguments import Floats
from sizing.queueing.erlang import stretch
from sizing.queueing.pool import Beside, Delays, Inside, beside, delays, inside, only
from sizing.queueing.processors import FINE, TINY, Integers, nodes, per_job, together
from sizing.queueing.response import Part
from sizing.queueing.waiting import Classes, Line, full_times, line, variability

Solved = tuple[tuple[Floats, Floats, Floats, Floats, Floats, Floats], list[Part]]
NO_POOL = -1
NEAR_FULL = 0.98
ENDLESS = 1e12
MOST_SHARED_WAIT = 3.0
LEAST_CALM = 1e-3
MOST_SLOW = 50.0


@dataclass(frozen=True)
class Hosts:
    """Checked arguments; everything has the scenario axis but ``pool``."""

    cores: Floats
    background: Floats
    rates: Floats
    work: Floats
    variation: Floats
    delay: Floats
    delay_variation: Floats
    places: Floats
    queue: Floats
    patience: Floats

    def part(self, rows: Integers) -> "Hosts":
        """Return the hosts at ``rows``; what all have in common is not copied."""
        given = (getattr(self, field.name) for field in fields(self))
        return Hosts(*(each[rows] if each.strides[0] else each[: rows.size] for each in given))


def solve(hosts: Hosts, which: tuple[int, ...], rounds: int) -> Solved:
    """Return the arrays of a ``SharedSolution`` but its parts, and these, for as many hosts as fit into memory at once; ``which`` pool each class has.

    Pools are solved beside each other in ``rounds``.
    """
    loads = hosts.rates * hosts.work
    opened = loads[:, [kind for kind, one in enumerate(which) if one == NO_POOL]].sum(axis=1) + hosts.background
    pools = [_classes(hosts, [kind for kind, one in enumerate(which) if one == at], hosts.places[:, at]) for at in range(hosts.places.shape[1])]
    found = _states(hosts, opened, pools, rounds)
    free = np.maximum(hosts.cores - opened, FINE * hosts.cores)
    varied = [variability(one, inner, free) for one, inner in zip(pools, found, strict=True)]
    more = _shared_wait(hosts, opened, pools, found)
    lines = [
        line(one.rate, inner.completions, factor * more, shape, hosts.queue[:, at], hosts.patience[:, at])
        for at, (one, inner, (factor, shape)) in enumerate(zip(pools, found, varied, strict=True))
    ]
    return _solution(hosts, which, opened, pools, found, lines)


def _classes(hosts: Hosts, kinds: list[int], places: Floats) -> Classes:
    """Return the classes of a pool; one that is never asked for gets next to nothing of each, so that its times are those of the first to come."""
    if not kinds:
        one, none = np.ones((places.size, 1)), np.zeros((places.size, 1))
        return Classes(places, np.full(places.size, TINY), one, one, none, none, none)
    rates, work, delay = hosts.rates[:, kinds], hosts.work[:, kinds], hosts.delay[:, kinds]
    least = FINE / np.maximum((work + delay).max(), TINY) / len(kinds)
    rates = np.where(rates.sum(axis=1, keepdims=True) > 0, rates, least)
    rate = rates.sum(axis=1)
    return Classes(places, rate, rates / rate[:, None], work, hosts.variation[:, kinds], delay, hosts.delay_variation[:, kinds])


def _states(hosts: Hosts, opened: Floats, pools: list[Classes], rounds: int) -> list[Inside]:
    """Return the states of the pools, each beside those of the others, in turns."""
    if not pools:
        return []
    widest = [int(one.places.max()) + 1 for one in pools]
    others = hosts.places.sum(axis=1, keepdims=True) - hosts.places
    most = max(int(nodes(size)[-1] + each) for size, each in zip(widest, others.max(axis=0), strict=True))
    load = np.stack([one.rate * one.mean_work for one in pools], axis=1)
    away = np.stack([one.rate * one.mean_delay for one in pools], axis=1)
    waiting = [delays(one.places, away[:, at]) for at, one in enumerate(pools)]
    if len(pools) == 1:
        one, alone = pools[0], per_job(hosts.cores, opened, most)
        return [inside(one.rate, one.mean_work, one.mean_delay, one.places, waiting[0], only(hosts.cores, alone[:, : widest[0]]))]
    rest = [np.array([other != at for other in range(len(pools))]) for at in range(len(pools))]
    beyond = [np.minimum(opened + load[:, other].sum(axis=1), NEAR_FULL * hosts.cores) for other in rest]
    alone, *unlimited = np.split(per_job(np.tile(hosts.cores, len(pools) + 1), np.concatenate((opened, *beyond)), most), len(pools) + 1)
    all_jobs = together(hosts.cores, alone)
    around = []
    for other, size, known in zip(rest, widest, unlimited, strict=True):
        places = hosts.places[:, other].sum(axis=1)
        gone = waiting[int(np.argmax(other))] if len(pools) == 2 else delays(places, away[:, other].sum(axis=1))  # noqa: PLR2004 - the other one
        around.append(beside(all_jobs, known[:, : nodes(size)[-1]], load[:, other].sum(axis=1), places, gone, size))
    spare = np.maximum(hosts.cores - opened, FINE * hosts.cores)
    free = np.maximum(spare[:, None] - load.sum(axis=1, keepdims=True) + load, FINE)
    tails = 1 / (1 - np.clip(load / free, 0, NEAR_FULL))
    for _ in range(rounds):
        found = [_beside(hosts, one, waiting[at], around[at], load[:, rest[at]], tails[:, rest[at]]) for at, one in enumerate(pools)]
        new = [
            full_times(one.rate, inner.completions, hosts.queue[:, at], hosts.patience[:, at]) for at, (one, inner) in enumerate(zip(pools, found, strict=True))
        ]
        tails = 2 / (1 / tails + 1 / np.clip(np.stack(new, axis=1), 1.0, ENDLESS))
    return found


def _beside(hosts: Hosts, one: Classes, waiting: Delays, around: Beside, load: Floats, tails: Floats) -> Inside:  # noqa: PLR0913, PLR0917
    """Return a pool's states beside those of the others, whose full states count ``tails`` times, by their ``load`` (S, P - 1)."""
    tail = (load * np.minimum(tails, ENDLESS)).sum(axis=1) / np.maximum(load.sum(axis=1), TINY)
    return inside(one.rate, one.mean_work, one.mean_delay, one.places, waiting, around.speeds(hosts.cores, waiting.exactly.shape[1], np.maximum(tail, 1.0)))


def _shared_wait(hosts: Hosts, opened: Floats, pools: list[Classes], found: list[Inside]) -> Floats:
    """Return (S,) by how much several pools wait longer than each by itself, since their busy times are the same ones.

    While a core idles only when nothing is there to do, the work that waits is that of processor sharing without pools (conservation,
    Kleinrock 1965); taken as exponential and without limits, so that it holds for the ratio only.
    """
    if len(pools) < 2:  # noqa: PLR2004 - alone, nothing is shared
        return np.ones_like(opened)
    offered = opened + sum(one.rate * one.mean_work for one in pools)
    everyone = stretch(hosts.cores, np.minimum(offered, NEAR_FULL * hosts.cores))
    lost, counted = np.zeros_like(opened), np.zeros_like(opened)
    for one, inner in zip(pools, found, strict=True):
        drift = np.maximum(inner.completions - one.rate, (1 - NEAR_FULL) * inner.completions)
        full = inner.full * inner.completions / drift
        whole = inner.below + full
        slow = ((inner.jobs + one.places * full) / whole / one.rate - one.mean_delay) / one.mean_work
        weight = one.rate * one.mean_work
        lost += weight * one.mean_work * (everyone - slow)
        counted += weight * full / whole / drift
    return np.clip(lost / np.maximum(counted, TINY), 1.0, MOST_SHARED_WAIT)


def _solution(hosts: Hosts, which: tuple[int, ...], opened: Floats, pools: list[Classes], found: list[Inside], lines: list[Line]) -> Solved:  # noqa: PLR0913, PLR0917
    """Put the pools together to what is asked of a host."""
    count = opened.size
    columns: dict[str, list[Floats]] = {name: [] for name in ("busy", "waits", "wait", "rejected", "slow", "carried", "seen", "everyone")}
    for one, inner, outside in zip(pools, found, lines, strict=True):
        for name, values in _pool(one, inner, outside).items():
            columns[name].append(values)
    stable = opened < hosts.cores
    carried = sum(columns["carried"], opened)
    utilisation = np.where(stable, np.minimum(carried / hosts.cores, 1.0), 1.0)
    offered = opened + sum((one.rate * one.mean_work for one in pools), np.zeros(count))
    met = _met(hosts, which, offered, columns, found, lines)
    requests = sojourn.Requests(hosts.rates, hosts.work, hosts.variation, hosts.delay, hosts.delay_variation)
    means = np.where(stable[:, None], sojourn.mean(requests, met), np.inf)
    dense = np.minimum(offered / hosts.cores, 1 - LEAST_CALM)
    parts = sojourn.parts(requests, met, hosts.cores, dense)
    busy, waits, wait, rejected = (np.stack(columns[name], axis=1) if pools else np.zeros((count, 0)) for name in ("busy", "waits", "wait", "rejected"))
    lame = ~stable[:, None]
    busy, waits, wait = np.where(lame, hosts.places, busy), np.where(lame, 1.0, waits), np.where(lame, np.inf, wait)
    return (utilisation, busy, waits, wait, np.where(lame, 0.0, rejected), means), parts


def _pool(one: Classes, inner: Inside, outside: Line) -> dict[str, Floats]:
    """Return what one pool does, (S,): by the names of the columns of ``_solution``."""
    endless = ~np.isfinite(outside.tail)
    tail, served_tail = (np.where(endless, ENDLESS, each) for each in (outside.tail, outside.served_tail))
    whole, served = inner.below + inner.full * tail, inner.below + inner.full * served_tail
    rejected = np.where(endless, 0.0, inner.full * (tail - served_tail) / whole)
    busy = np.where(endless, one.places, (inner.jobs + one.places * inner.full * tail) / whole)
    rate = np.where(endless, inner.completions, one.rate * (1 - rejected))
    waits = np.where(endless, 1.0, inner.full * served_tail / served)
    wait = np.where(waits > 0, waits * (outside.share * outside.mean).sum(axis=1), 0.0)
    return {
        "busy": busy,
        "waits": waits,
        "wait": wait,
        "rejected": rejected,
        "carried": rate * one.mean_work,
        "slow": np.where(one.mean_work > TINY, np.maximum(1.0, (busy / rate - one.mean_delay) / one.mean_work), 1.0),
        "seen": inner.seen_below / np.maximum(inner.below, TINY)[:, None],
        "everyone": (inner.seen_below + inner.seen_full * tail[:, None]) / (inner.below + inner.full * tail)[:, None],
    }


def _met(hosts: Hosts, which: tuple[int, ...], offered: Floats, columns: dict[str, list[Floats]], found: list[Inside], lines: list[Line]) -> sojourn.Met:  # noqa: PLR0913, PLR0917
    """Return what each class meets: what its pool does, or for classes without one what all pools leave of the processors."""
    cores, count = hosts.cores, offered.size
    if found:
        weights = np.stack(columns["carried"], axis=1) + TINY
        seen = np.einsum("ij,jik->ik", weights / weights.sum(axis=1, keepdims=True), np.stack(columns["everyone"]))
        widest = np.maximum(hosts.places.sum(axis=1) / np.maximum(cores, TINY), 1.0)
        tops = [np.maximum(inner.slow_full, widest if len(found) > 1 else 1.0) for inner in found]
        top = np.maximum.reduce(tops)
    else:
        slow = stretch(cores, np.minimum(offered, cores * (1 - FINE)))
        calm = np.maximum(1 - offered / cores, FINE)
        waiting = (slow - 1) * calm * cores
        seen = np.stack([slow, 1 + 2 * (slow - 1) + (slow - 1) * (2 - calm) / (calm * cores), 1 - waiting], axis=1)
        tops, top = [], np.full(count, MOST_SLOW)
    at = [len(found) if one == NO_POOL else one for one in which]
    none, halves = np.zeros(count), np.full((count, 2), 0.5)

    def spread(each: list[Floats], other: Floats) -> Floats:
        return np.stack([*each, other], axis=1)[:, at]

    return sojourn.Met(
        spread(columns["waits"], none),
        spread([one.share for one in lines], halves),
        spread([one.mean for one in lines], halves * 0),
        spread([one.variance for one in lines], halves * 0),
        spread(columns["slow"], np.maximum(seen[:, 0], 1.0)),
        spread([inner.slow_full for inner in found], np.maximum(seen[:, 0], 1.0)),
        spread(tops, top),
        spread(columns["seen"], seen),
    )
