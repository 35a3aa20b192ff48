"""The states of a finite pool on shared processors, many at once: birth and death with the completion rates of what is inside.

S scenarios; all arrays are floats. A job at the processors has at most one of them, and
all jobs share them equally (processor sharing).
"""

from dataclasses import dataclass

import numpy as np

from sizing.queueing.arguments import Floats
from sizing.queueing.processors import TINY, Together, log_factorials, nodes, through

LONGEST, RARE = 600.0, 1e-250


@dataclass(frozen=True)
class Speeds:
    """What 1..n jobs of a pool find at the processors, all (S, n).

    ``each``: the speed of each; ``square``: the mean square of the slowdown that the last of them finds when it comes;
    ``idle``: the probability that it finds a processor of its own.
    """

    each: Floats
    square: Floats
    idle: Floats


def only(cores: Floats, alone: Floats) -> Speeds:
    """Return the speeds of a pool that shares with open classes only: ``alone`` (S, n) from ``per_job``."""
    return Speeds(alone, 1 / alone**2, (np.arange(1, alone.shape[1] + 1) <= cores[:, None]).astype(np.float64))


@dataclass(frozen=True)
class Delays:
    """Weights of the jobs in the delay beside j = 0..n at the processors, n being the places, all (S, n + 1): see ``delays``.

    ``exactly`` n - j of them, ``fewer`` than that, ``fewer_yet``: than n - j - 1.
    """

    exactly: Floats
    fewer: Floats
    fewer_yet: Floats


def delays(places: Floats, away: Floats) -> Delays:
    """Return the weights for ``places`` (S,) and ``away`` (S,) jobs in the delay on average if nothing held them up (Poisson)."""
    most = int(places.max())
    left = places[:, None] - np.arange(most + 1)
    whole = np.maximum(left, 0).astype(np.int64)
    load = np.maximum(away, TINY)
    table, log_load = log_factorials(most), np.log(load)
    peak = np.minimum(places, load).astype(np.int64)
    exactly = np.exp(whole * log_load[:, None] - table[whole] - (peak * log_load - table[peak])[:, None])
    exactly *= left >= 0
    upto = np.zeros((away.size, most + 3))
    np.cumsum(exactly[:, ::-1], axis=1, out=upto[:, most::-1])
    return Delays(exactly, upto[:, 1:-1], upto[:, 2:])


@dataclass(frozen=True)
class Beside:
    """The jobs of other pools, by the number of this pool's at the processors (N ``nodes``): see ``beside``.

    Sums over the others' states (4, S, N): the weights, and with them the speed, the slowdown, the speed where a
    processor is free; ``full``: of the states with all of the others' places taken, ``below``: of the rest. ``known`` (S, last
    node): the speeds if the others had no limit or their places were all full, whichever is more: what is corrected between the nodes.
    """

    known: Floats
    below: Floats
    full: Floats

    def speeds(self, cores: Floats, size: int, tail: Floats) -> Speeds:
        """Return the speeds of 1..size jobs if the states with all of the others' places full count ``tail`` (S,) times."""
        weight, speed, slow, idle = self.below + tail[:, None] * self.full
        between, known = through(size), self.known[:, : nodes(size)[-1]]
        at = known[:, nodes(size) - 1]
        met = np.maximum((weight / speed * at) @ between / known[:, :size], 1.0)
        square = np.maximum((np.sqrt(slow / speed) * at) @ between / known[:, :size], met) ** 2
        return Speeds(1 / met, square, ((idle / speed) @ between) * (np.arange(1, size + 1) <= cores[:, None]))


def beside(all_jobs: Together, known: Floats, load: Floats, places: Floats, waiting: Delays, size: int) -> Beside:  # noqa: PLR0913, PLR0917
    """Weigh the other pools' states, given 1..size of this pool's jobs at the processors.

    ``all_jobs`` for last node + most places of the others; ``known`` (S, last node): the speeds of this pool's beside
    others without a limit; of the others ``load`` (S,) in processors, ``places`` (S,) and their delays. Product
    form, truncated at ``places``: an approximation, since what waits outside belongs to none.
    """
    most = int(places.max())
    own = np.arange(most + 1) * np.log(np.maximum(load, TINY))[:, None] - log_factorials(most)
    at = nodes(size)
    below, full = np.empty((4, load.size, at.size)), np.empty((4, load.size, at.size))
    for node, jobs in enumerate(at):
        weights = own + all_jobs.height[:, jobs : jobs + most + 1]
        weights -= all_jobs.height[:, jobs, None]
        np.exp(np.minimum(weights, LONGEST, out=weights), out=weights)
        terms = [each[:, jobs - 1 : jobs + most] for each in (all_jobs.speed, all_jobs.slow, all_jobs.idle)]
        for sums, states in ((below, weights * waiting.fewer), (full, weights * waiting.exactly)):
            sums[0, :, node] = np.einsum("ij->i", states)
            for of, term in enumerate(terms, 1):
                sums[of, :, node] = np.einsum("ij,ij->i", states, term)
    crowd = places.astype(np.int64)[:, None] + np.arange(known.shape[1])
    return Beside(np.maximum(known, np.take_along_axis(all_jobs.speed, crowd, axis=1)), below, full)


@dataclass(frozen=True)
class Inside:
    """What goes on inside a pool: all (S,), probabilities unnormalised, that of ``full`` before anything waits outside.

    ``below``: fewer than all places are busy; ``full``: all are, nobody waits; ``jobs``: busy places, summed while below;
    ``completions`` per second when full; ``slow_full``: time at the processors over work when full; ``seen_below`` and
    ``seen_full`` (S, 3): slowdown, its square, and having a processor of one's own, as one more job would find them, summed.
    """

    below: Floats
    full: Floats
    jobs: Floats
    completions: Floats
    slow_full: Floats
    seen_below: Floats
    seen_full: Floats


def inside(rate: Floats, work: Floats, delay: Floats, places: Floats, waiting: Delays, speeds: Speeds) -> Inside:  # noqa: PLR0913, PLR0917
    """Solve the states of a pool up to its ``places`` (S,): ``rate`` (S,) arrivals per second of ``work`` and ``delay`` seconds (S,).

    ``waiting``: the delays; ``speeds`` for n + 1 jobs. By decomposition (Chandy, Herzog and Woo 1975): exact for
    exponential work at shared processors and any delay while the speeds are those of a product form. Where the
    states leave the range of floats (a pool that is never full, or flooded), a full pool has all its jobs at the processors.
    """
    most = int(places.max())
    jobs = np.arange(most + 1)
    each = speeds.each[:, : most + 1]
    logs = np.zeros((rate.size, most + 1))
    np.cumsum(np.log((rate * work)[:, None] / (jobs[1:] * each[:, :most])), axis=1, out=logs[:, 1:])
    logs -= np.where(jobs <= places[:, None], logs, -np.inf).max(axis=1, keepdims=True)
    there = np.exp(np.minimum(logs, 0.0, out=logs), out=logs)
    filled, fewer = there * waiting.exactly, there * waiting.fewer
    below, full = fewer.sum(axis=1), filled.sum(axis=1)
    last = places.astype(np.int64)[:, None]
    packed = 1 / np.take_along_axis(each, last - 1, axis=1)[:, 0]
    before = np.einsum("ij,ij->i", there[:, :-1], waiting.exactly[:, 1:])
    completions = np.where(full > RARE, rate * before / np.maximum(full, RARE), places / (work * packed + delay))
    slow = np.where(full > RARE, np.maximum(filled @ jobs / np.maximum(full * completions * work, RARE), 1.0), packed)
    seen = (1 / each, speeds.square[:, : most + 1], speeds.idle[:, : most + 1])
    seen_full = np.stack([np.einsum("ij,ij->i", filled, one) for one in seen], axis=1)
    drowned = below + full <= RARE
    if drowned.any():
        full = np.where(drowned, 1.0, full)
        packed_seen = np.concatenate([np.take_along_axis(one, last, axis=1) for one in seen], axis=1)
        seen_full = np.where(drowned[:, None], packed_seen, seen_full)
    return Inside(
        below,
        full,
        fewer @ jobs + rate * delay * np.einsum("ij,ij->i", there, waiting.fewer_yet),
        completions,
        slow,
        np.stack([np.einsum("ij,ij->i", fewer, one) for one in seen], axis=1),
        seen_full,
    )
