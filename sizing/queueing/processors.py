"""How fast jobs are that share processors, and tables for it. S scenarios; all arrays are floats."""

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
MOST_PLACES = 8192
NODES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765, 10946)


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
class Together:
    """The jobs of all pools together, by their number 1..N: ``speed`` of each, its inverse ``slow``, ``idle``: the speed where there is a processor for each.

    All (S, N); ``height`` (S, N + 1): the logarithm of the weight of 0..N of them, but for what depends on whose they are.
    """

    speed: Floats
    slow: Floats
    idle: Floats
    height: Floats


def together(cores: Floats, alone: Floats) -> Together:
    """Return what ``alone`` (S, N) from ``per_job`` means for the jobs of several pools."""
    height = np.zeros((cores.size, alone.shape[1] + 1))
    np.cumsum(-np.log(alone), axis=1, out=height[:, 1:])
    return Together(alone, 1 / alone, alone * (np.arange(1, alone.shape[1] + 1) <= cores[:, None]), height)


def nodes(size: int) -> Integers:
    """Return the numbers of jobs at which ``beside`` weighs, 1 to ``size`` or the next of them: the same whatever is solved with a host."""
    return np.array(NODES[: int(np.searchsorted(NODES, size)) + 1])


@lru_cache(maxsize=256)
def through(size: int) -> Floats:
    """Return (N, size): what each node gives to 1..size, by Lagrange's polynomial through the four nodes up to the next one."""
    at = nodes(size)
    weights = np.zeros((at.size, size))
    for jobs in range(1, size + 1):
        last = int(np.searchsorted(at, jobs))
        near = range(max(last - 3, 0), last + 1)
        for node in near:
            weights[node, jobs - 1] = np.prod([(jobs - at[other]) / (at[node] - at[other]) for other in near if other != node])
    weights.flags.writeable = False
    return weights
