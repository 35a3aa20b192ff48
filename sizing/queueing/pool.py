"""The states of a finite pool on shared processors, many at once: birth and death with the completion rates of what is inside.

S scenarios; all arrays are floats. A job at the processors has at most one of them, and
all jobs share them equally (processor sharing).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sizing.queueing.arguments import Floats
from sizing.queueing.erlang import erlang_c

Integers = NDArray[np.int64]
TINY = 1e-300
FINE = 1e-9
RARE = 1e-200
LONGEST = 600.0
MOST_PLACES = 8192
NODES = sorted({step << power for power in range(13) for step in (1, 3)} | {MOST_PLACES})


@lru_cache(maxsize=256)
def log_factorials(most: int) -> Floats:
    """Return the logarithms of 0! to ``most``!."""
    table = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, most + 1)))))
    table.flags.writeable = False
    return table


def per_job(cores: Floats, opened: Floats, most: int) -> Floats:
    """Return (S, most): the speed of each of 1..most jobs that share ``cores`` (S,) with open classes of load ``opened`` (S,).

    Exact for processor sharing with Poisson arrivals of the open classes (product form; Baskett, Chandy, Muntz and
    Palacios 1975): with E(y) the normalisation of M/M/c at load y, k jobs beside them have the speed
    E^(k-1)(y) / E^(k)(y) each. From c jobs on they have all that the open classes leave.
    """
    load = np.minimum(opened, cores * (1 - FINE))
    free, log_load = cores - load, np.log(np.maximum(load, TINY))
    widest = int(cores.max())
    table = log_factorials(widest)
    waiting = erlang_c(cores, load)
    first = cores * log_load - table[cores.astype(np.int64)]
    total = np.where(waiting > RARE, first - np.log(np.maximum(waiting * free / cores, TINY)), load)
    beyond, slower = waiting, waiting / free
    slow, speeds = 1 + slower, np.empty((most, cores.size))
    speeds[0] = 1 / slow
    for jobs in range(1, min(most, widest)):
        total = total + np.log(slow)
        left = np.maximum(cores - jobs, 0.0)
        edge = np.exp(left * log_load - table[left.astype(np.int64)] - total)
        beyond = (jobs * beyond / slow + cores * edge) / free
        slower = (jobs * slower / slow + beyond) / free
        slow = 1 + slower
        speeds[jobs] = np.where(jobs < cores, 1 / slow, free / (jobs + 1))
    if most > widest:
        speeds[widest:] = free / np.arange(widest + 1, most + 1)[:, None]
    return np.ascontiguousarray(speeds.T)


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
class Beside:
    """The jobs of other pools, by the number of this pool's at the processors (``at``, N nodes): see ``beside``.

    Sums over the others' states (4, S, N): the weights, and with them the speed, the slowdown, the speed where a
    processor is free; ``full``: of the states with all of the others' places taken, ``below``: of the rest.
    """

    at: Integers
    below: Floats
    full: Floats

    def speeds(self, cores: Floats, alone: Floats, tail: Floats) -> Speeds:
        """Return the speeds if the states with all of the others' places full count ``tail`` (S,) times; between nodes linear."""
        weight, speed, slow, idle = self.below + tail[:, None] * self.full
        own = alone[:, self.at - 1]
        jobs = np.arange(1, alone.shape[1] + 1)
        right = np.minimum(np.searchsorted(self.at, jobs), self.at.size - 1)
        left = np.maximum(right - 1, 0)
        share = (jobs - self.at[left]) / np.maximum(self.at[right] - self.at[left], 1)
        between = np.zeros((self.at.size, jobs.size))
        between[left, jobs - 1] += 1 - share
        between[right, jobs - 1] += share
        each = alone * ((speed / weight / own) @ between)
        return Speeds(each, ((slow / speed * own**2) @ between) / alone**2, ((idle / speed) @ between) * (jobs <= cores[:, None]))


def beside(cores: Floats, alone: Floats, load: Floats, away: Floats, places: Floats, size: int) -> Beside:
    """Weigh the other pools' states, given 1..size of this pool's jobs at the processors.

    ``alone`` (S, size + most places of the others): the speeds of all pools' jobs together; of the others ``load``
    (S,) in processors, ``away`` (S,) the mean number in their delays if nothing held them up, and ``places`` (S,).
    Product form, truncated at ``places``: an approximation, since what waits outside belongs to none.
    """
    most = int(places.max())
    others = np.arange(most + 1)
    heights = np.concatenate((np.zeros((load.size, 1)), np.cumsum(-np.log(alone), axis=1)), axis=1)
    gone, upto = delays(places, away, most)
    own = others * np.log(np.maximum(load, TINY))[:, None] - log_factorials(most)
    at = np.array([node for node in NODES if node < size] + [size])
    below, full = np.empty((4, load.size, at.size)), np.empty((4, load.size, at.size))
    for node, jobs in enumerate(at):
        logs = own + heights[:, jobs : jobs + most + 1]
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        speeds = alone[:, jobs - 1 : jobs + most]
        moved = weights * speeds
        free = moved * (others <= cores[:, None] - jobs)
        for of, term in enumerate((weights, moved, weights / speeds, free)):
            below[of, :, node] = np.einsum("ij,ij->i", term, upto[:, 1:-1])
            full[of, :, node] = np.einsum("ij,ij->i", term, gone)
    return Beside(at, below, full)


def delays(places: Floats, away: Floats, most: int) -> tuple[Floats, Floats]:
    """Return (S, most + 1) the weights of n - j jobs in the delay for j = 0..most, and (S, most + 3) their sums over 0..n - j.

    ``places`` (S,) is n, ``away`` (S,) the mean number in the delay if nothing held jobs up.
    """
    left = places[:, None] - np.arange(most + 1)
    whole = np.maximum(left, 0).astype(np.int64)
    load = np.maximum(away, TINY)
    gone = np.exp(whole * np.log(load)[:, None] - log_factorials(most)[whole] - np.maximum(load - LONGEST, 0.0)[:, None]) * (left >= 0)
    return gone, np.concatenate((np.cumsum(gone[:, ::-1], axis=1)[:, ::-1], np.zeros((away.size, 2))), axis=1)


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


def inside(rate: Floats, work: Floats, delay: Floats, places: Floats, speeds: Speeds) -> Inside:
    """Solve the states of a pool up to its ``places`` (S,): ``rate`` (S,) arrivals per second of ``work`` and ``delay`` seconds (S,).

    ``speeds`` for n + 1 jobs. By decomposition (Chandy, Herzog and Woo 1975): exact for exponential work at shared
    processors and any delay while the speeds are those of a product form.
    """
    most = int(places.max())
    jobs = np.arange(most + 1)
    each = speeds.each[:, : most + 1]
    logs = np.zeros((rate.size, most + 1))
    np.cumsum(np.log((rate * work)[:, None] / (jobs[1:] * each[:, :most])), axis=1, out=logs[:, 1:])
    gone, upto = delays(places, rate * delay, most)
    logs = logs - np.where(jobs <= places[:, None], logs, -np.inf).max(axis=1, keepdims=True)
    there = np.exp(np.minimum(logs, 0.0))
    filled, fewer = there * gone, there * upto[:, 1:-1]
    full = filled.sum(axis=1)
    completions = rate * np.einsum("ij,ij->i", there[:, :-1], gone[:, 1:]) / np.maximum(full, TINY)
    seen = (1 / each, speeds.square[:, : most + 1], speeds.idle[:, : most + 1])
    return Inside(
        fewer.sum(axis=1),
        full,
        fewer @ jobs + rate * delay * np.einsum("ij,ij->i", there, upto[:, 2:]),
        completions,
        np.maximum(filled @ jobs / np.maximum(full * completions * work, TINY), 1.0),
        np.stack([np.einsum("ij,ij->i", fewer, one) for one in seen], axis=1),
        np.stack([np.einsum("ij,ij->i", filled, one) for one in seen], axis=1),
    )
