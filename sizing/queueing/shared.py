"""One host under open load: finite pools of places on processors that everything shares, many hosts at once.

The path of a request: it waits, first come first served, for a place of its pool, holds it
for its work at the processors and its delay without them, and leaves. Requests without a
pool go straight to the processors. The solution goes the same way:

- ``host``: puts the following together for what needs a pool and what does not;
- ``processors`` and ``pool``: the states of each pool, beside open classes and the other pools (exact for one pool of exponential work);
- ``waiting``: the line before it, for any work, with patience and a limit;
- ``sojourn`` and ``response``: the distribution of what a request meets, and its quantiles.

What is exact: without pools the mean response (insensitivity); one pool of exponential work, all but its
quantiles; the mean wait for a pool of one place with nothing beside it. The rest is an approximation
that benchmarks/pool.py measures against a simulation.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sizing.queueing.arguments import Floats, numbers, shaped
from sizing.queueing.host import NO_POOL, Hosts, solve
from sizing.queueing.processors import MOST_PLACES, Integers
from sizing.queueing.response import Part, beyond, quantile

MOST_CORES = 1024
CHUNK_ELEMENTS = 1 << 17
MOST_CHUNK = 1024
CROWDED, ROUNDS, CROWDED_ROUNDS = 0.9, 2, 6


@dataclass(frozen=True)
class SharedSolution:
    """S hosts with C classes and P pools in the steady state; times in seconds, inf where there is none.

    ``utilisation`` (S,): of all cores, by what is carried. ``busy`` (S, P): mean places taken. ``wait_probability`` and
    ``wait`` (S, P): of those let in, the mean over all of them. ``rejected`` (S, P): share of those who come (0 without
    limits). ``response`` (S, C): mean of those served, from coming to leaving. ``mixtures`` and ``order``: their
    distributions, for ``quantile``.
    """

    utilisation: Floats
    busy: Floats
    wait_probability: Floats
    wait: Floats
    rejected: Floats
    response: Floats
    mixtures: tuple[list[Part], ...] = field(repr=False)
    order: Integers = field(repr=False)

    def quantile(self, q: float) -> Floats:
        """Return (S, C): the response (s) that a share ``q`` of those served does not exceed; inf without a steady state.

        An approximation throughout. Raises ValueError for ``q`` outside 0..1.
        """
        if not 0 < q < 1:
            raise ValueError(f"q: {q:g} is not allowed; give a share between 0 and 1")
        with np.errstate(all="ignore"):
            return self._each(lambda parts, _: quantile(parts, q), np.inf)

    def beyond(self, seconds: ArrayLike) -> Floats:
        """Return (S, C): the share of those served whose response is longer than ``seconds`` ((S, C), or what broadcasts to it).

        1 where there is no steady state. An approximation, as ``quantile`` is: the one inverts the other.
        """
        at = np.broadcast_to(np.asarray(seconds, dtype=float), self.response.shape)
        with np.errstate(all="ignore"):
            return self._each(lambda parts, rows: beyond(parts, at[rows]), 1.0)

    def _each(self, of: Callable[[list[Part], Integers], Floats], otherwise: float) -> Floats:
        """Return ``of`` the parts of the hosts at the rows that go with them, ``otherwise`` without a steady state."""
        found, start = np.empty_like(self.response), 0
        for parts in self.mixtures:
            rows = self.order[start : start + len(parts[0].share)]
            found[rows] = of(parts, rows)
            start += rows.size
        return np.where(np.isfinite(self.response), found, otherwise)


def shared_processors(  # noqa: PLR0913, PLR0917 - a host has that many parts
    cores: ArrayLike,
    rates: ArrayLike,
    work: ArrayLike,
    variation: ArrayLike,
    delay: ArrayLike,
    pool: ArrayLike,
    places: ArrayLike,
    *,
    queue: ArrayLike = math.inf,
    patience: ArrayLike = math.inf,
    background: ArrayLike = 0.0,
    delay_variation: ArrayLike = 1.0,
) -> SharedSolution:
    """Solve S hosts whose ``cores`` (whole, 1..1024; (S,) or one number) are shared equally by all requests at work.

    C classes arrive at random (Poisson) with ``rates`` (S, C) per second, each request with ``work`` seconds of a core, of the
    coefficient of variation ``variation`` within the class, and ``delay`` seconds without a core, of ``delay_variation``
    (1: exponential, 0: fixed); (C,) or (S, C). ``pool`` (C,) says of which pool a class holds a place from its first work
    to its end, -1 for none. Pool p has ``places`` (P,) or (S, P), 1..8192. Who finds them taken waits, first come
    first served; who finds ``queue`` waiting, or has waited ``patience`` seconds, is rejected (one number, (P,) or
    (S, P); inf for no limit; where both limit, the one that ends the shorter wait counts). ``background`` busy cores
    ((S,) or one number) are many small jobs without a pool.

    Where rates exceed what a pool with limits can carry, the rest is rejected and everything stays finite; without limits
    its times are inf. If what needs no pool alone fills the cores, everything is inf. Raises ValueError for what
    is negative, not finite, not whole or of a shape that does not fit.
    """
    hosts, which = _checked(
        {"cores": cores, "background": background},
        {"rates": rates, "work": work, "variation": variation, "delay": delay, "delay_variation": delay_variation},
        {"places": places, "queue": queue, "patience": patience},
        pool,
    )
    size = hosts.places.sum(axis=1) + hosts.cores
    crowded = (hosts.rates * hosts.work).sum(axis=1) + hosts.background > CROWDED * hosts.cores
    order = np.lexsort((size, crowded))
    chunks = [order[start : start + step] for start, step in _steps(size[order], crowded[order])]
    with np.errstate(all="ignore"):
        solved = [solve(hosts.part(rows), which, CROWDED_ROUNDS if crowded[rows[0]] else ROUNDS) for rows in chunks]
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    utilisation, busy, waits, wait, rejected, response = (np.concatenate(same)[back] for same in zip(*(arrays for arrays, _ in solved), strict=True))
    return SharedSolution(utilisation, busy, waits, wait, rejected, response, tuple(mixture for _, mixture in solved), order)


def _steps(sizes: Floats, crowded: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where to start and how many to take, so that memory stays small and crowded hosts are among themselves."""
    step = max(1, min(MOST_CHUNK, CHUNK_ELEMENTS // int(sizes.max())))
    edges = [0, int(np.count_nonzero(~crowded)), crowded.size]
    return [(start, min(step, end - start)) for begin, end in pairwise(edges) for start in range(begin, end, step)]


def _checked(by_host: dict[str, ArrayLike], by_class: dict[str, ArrayLike], by_pool: dict[str, ArrayLike], pool: ArrayLike) -> tuple[Hosts, tuple[int, ...]]:
    """Return the arguments with all their axes; raises ValueError as ``shared_processors`` says."""
    least = {"cores": 1.0, "places": 1.0}
    endless, whole = ("queue", "patience"), ("cores", "places", "queue")
    given = {
        name: numbers(name, values, least=least.get(name, 0.0), whole=name in whole, endless=name in endless)
        for name, values in {**by_host, **by_class, **by_pool}.items()
    }
    classes, pools = np.atleast_1d(given["rates"]).shape[-1], np.atleast_1d(given["places"]).shape[-1]
    total = max([given[name].size for name in by_host] + [given[name].shape[0] for name in (*by_class, *by_pool) if given[name].ndim > 1], default=1)
    axes = {**dict.fromkeys(by_host, ()), **dict.fromkeys(by_class, (classes,)), **dict.fromkeys(by_pool, (pools,))}
    hosts = Hosts(**{name: shaped(name, given[name], (total, *axes[name]), "(hosts, ...)") for name in axes})
    if hosts.cores.max() > MOST_CORES or hosts.places.max(initial=0) > MOST_PLACES:
        raise ValueError(f"cores, places: more than {MOST_CORES} cores or {MOST_PLACES} places of a pool are not solved; give fewer")
    which = np.asarray(pool)
    if which.shape != (classes,) or not np.isin(which, np.arange(NO_POOL, pools)).all():
        raise ValueError(f"pool: give for each of the {classes} classes the index of one of the {pools} pools, or -1 for none")
    return hosts, tuple(int(one) for one in which)
