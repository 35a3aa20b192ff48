"""Erlang's formulas for arrays of stations.

Whole numbers of servers up to 64 go by the recursion for 1/B, in which all terms are
positive; larger and fractional ones by the integral that continues B to real servers
(Jagerman 1974), by Gauss's rule over the part that counts.
"""

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing.arguments import Floats, numbers

RECURSION_SERVERS = 64
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)
DROP = 40.0
NEWTON_STEPS = 60
LEAST_LOAD = 1e-100


def erlang_b(servers: ArrayLike, load: ArrayLike) -> Floats:
    """Return the blocking probability of M/M/c/c: ``servers`` c offered ``load`` erlang.

    Arrays of any shapes that broadcast. ``servers`` need not be whole. Relative error below
    1e-10 to 10,000 servers. Raises ValueError for what is negative or not finite.
    Source: Erlang 1917; for real servers Jagerman 1974.
    """
    count, offered = np.broadcast_arrays(numbers("servers", servers), numbers("load", load))
    flat_count, flat_load = count.ravel(), offered.ravel()
    few = (flat_count <= RECURSION_SERVERS) & (flat_count == np.floor(flat_count))
    if few.all():
        return _recursion(flat_count, flat_load).reshape(count.shape)[()]
    blocking = np.empty(flat_count.shape)
    blocking[few] = _recursion(flat_count[few], flat_load[few])
    blocking[~few] = _real(flat_count[~few], flat_load[~few])
    return blocking.reshape(count.shape)[()]


def erlang_c(servers: ArrayLike, load: ArrayLike) -> Floats:
    """Return the probability that an arrival of M/M/c finds all ``servers`` busy; 1 from saturation on.

    Shapes and errors as ``erlang_b``. Source: Erlang 1917.
    """
    blocking = erlang_b(servers, load)
    count, offered = np.asarray(servers, dtype=np.float64), np.asarray(load, dtype=np.float64)
    free = np.maximum(count - offered, 0.0)
    return np.where(free > 0, blocking * count / np.where(free > 0, free + offered * blocking, 1.0), 1.0)[()]


def stretch(servers: ArrayLike, load: ArrayLike) -> Floats:
    """Return mean response over demand at a station whose ``servers`` are shared by all jobs (PS); inf from saturation on.

    1 + C / (c - load), the mean of M/M/c, whatever the distribution of the demands
    (insensitivity of symmetric queues, Kelly 1979). Shapes and errors as ``erlang_b``.
    """
    waiting = erlang_c(servers, load)
    free = np.asarray(servers, dtype=np.float64) - np.asarray(load, dtype=np.float64)
    return np.where(free > 0, 1 + waiting / np.where(free > 0, free, 1.0), np.inf)[()]


def _recursion(servers: Floats, load: Floats) -> Floats:
    """1/B(k) = 1 + k/load / B(k - 1), station by station until its number of servers is reached."""
    order = np.argsort(-servers.astype(np.int16), kind="stable")
    reached = np.searchsorted(-servers[order], -np.arange(1, servers.max(initial=0) + 1), side="right")
    inverse = np.ones(servers.shape)
    with np.errstate(divide="ignore", over="ignore"):
        by_load = 1 / load[order]
        for server, last in enumerate(reached, 1):
            part = inverse[:last]
            part *= by_load[:last]
            part *= server
            part += 1
    blocking = np.empty(servers.shape)
    blocking[order] = 1 / inverse
    return blocking


def _real(servers: Floats, load: Floats) -> Floats:
    """B for real servers; few servers at a small load, where the rule is weak, are reached from 64 servers above."""
    weak = (servers < RECURSION_SERVERS) & (load < 1)
    positive = np.maximum(load, LEAST_LOAD)
    inverse = _log_inverse(servers + RECURSION_SERVERS * weak, positive)
    blocking = np.exp(-inverse)
    if weak.any():
        few, offered = servers[weak], positive[weak]
        blocking[weak] = _descend(few, offered, inverse[weak])
    return np.where(load > 0, blocking, np.where(servers > 0, 0.0, 1.0))


def _descend(servers: Floats, load: Floats, log_inverse: Floats) -> Floats:
    """Take 1/B(k - 1) = (1/B(k) - 1) load/k down 64 servers, in logarithms."""
    for step in range(RECURSION_SERVERS, 0, -1):
        log_inverse = log_inverse + np.log1p(-np.exp(-log_inverse)) + np.log(load / (servers + step))
    result: Floats = np.exp(-log_inverse)
    return result


def _log_inverse(servers: Floats, load: Floats) -> Floats:
    """log(1/B), 1/B = load * integral over t > 0 of exp(-load t) (1 + t)^servers."""
    peak = np.maximum(servers / load - 1, 0)
    height = servers * np.log1p(peak) - load * peak
    width = np.maximum(np.sqrt(2 * DROP * servers) / load, DROP / load)
    low = _edge(servers, load, height, np.zeros_like(peak), peak)
    high = _edge(servers, load, height, peak + 2 * width, peak)
    half = (high - low) / 2
    total = np.zeros_like(peak)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        at = low + half * (1 + node)
        total += weight * np.exp(servers * np.log1p(at) - load * at - height)
    result: Floats = np.log(load * half * total) + height
    return result


def _edge(servers: Floats, load: Floats, height: Floats, start: Floats, peak: Floats) -> Floats:
    """Where the logarithm of the integrand is DROP below its peak, from ``start`` outside by Newton's method (concave: from one side)."""
    at = start
    for _ in range(NEWTON_STEPS):
        excess = servers * np.log1p(at) - load * at - height + DROP
        slope = servers / (1 + at) - load
        step = np.where((excess < 0) & (at != peak), excess / np.where(slope == 0, 1.0, slope), 0.0)
        at = np.maximum(at - step, 0.0)
        if not (np.abs(step) > 1e-3 * at).any():
            break
    return at
