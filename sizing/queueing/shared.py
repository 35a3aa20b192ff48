"""One host under open load: finite pools of places on processors that everything shares, many hosts at once.

The path of a request: it waits, first come first served, for a place of its pool, holds it
for its work at the processors and its delay without them, and leaves. Requests without a
pool go straight to the processors. The solution goes the same way:

- ``pool``: the states of each pool, beside open classes and the other pools (exact for one pool of exponential work);
- ``waiting``: the line before it, for any work, with patience and a limit;
- ``sojourn`` and ``response``: the distribution of what a request meets, and its quantiles.

What is exact: without pools the mean response (insensitivity); one pool of exponential work, all but its
quantiles; the mean wait for a pool of one place with nothing beside it. The rest is an approximation
that benchmarks/pool.py measures against a simulation.
"""

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing import response, sojourn
from sizing.queueing.arguments import Floats, numbers, shaped
from sizing.queueing.erlang import stretch
from sizing.queueing.pool import FINE, MOST_PLACES, TINY, Beside, Inside, beside, inside, only, per_job
from sizing.queueing.waiting import Classes, Line, line, variability

NO_POOL = -1
MOST_CORES = 1024
CHUNK_ELEMENTS = 1 << 15
MOST_CHUNK = 1024
ROUNDS = 2
NEAR_FULL = 0.98
ENDLESS = 1e12
MOST_SHARED_WAIT = 3.0


@dataclass(frozen=True)
class SharedSolution:
    """S hosts with C classes and P pools in the steady state; times in seconds, inf where there is none.

    ``utilisation`` (S,): of all cores, by what is carried. ``busy`` (S, P): mean places taken. ``wait_probability`` and
    ``wait`` (S, P): of those let in, the mean over all of them. ``rejected`` (S, P): share of those who come (0 without
    limits). ``response`` (S, C): mean of those served, from coming to leaving.
    """

    utilisation: Floats
    busy: Floats
    wait_probability: Floats
    wait: Floats
    rejected: Floats
    response: Floats
    parts: tuple[response.Part, ...]

    def quantile(self, q: float) -> Floats:
        """Return (S, C): the response (s) that a share ``q`` of those served does not exceed; inf without a steady state.

        An approximation throughout. Raises ValueError for ``q`` outside 0..1.
        """
        if not 0 < q < 1:
            raise ValueError(f"q: {q:g} is not allowed; give a share between 0 and 1")
        with np.errstate(all="ignore"):
            found = [
                response.quantile([response.Part(*(getattr(one, field.name)[rows] for field in fields(one))) for one in self.parts], q)
                for rows in _chunks(len(self.response), 1)
            ]
        return np.where(np.isfinite(self.response), np.concatenate(found), np.inf)


@dataclass(frozen=True)
class _Hosts:
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

    def part(self, rows: "slice | np.ndarray[tuple[int], np.dtype[np.int64]]") -> "_Hosts":
        return _Hosts(*(getattr(self, field.name)[rows] for field in fields(self)))


def shared_processors(  # noqa: PLR0913 - a host has that many parts
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
    order = np.argsort(size, kind="stable")
    with np.errstate(all="ignore"):
        found = [_solve(hosts.part(order[rows]), which) for rows in _chunks(order.size, int(size.max()))]
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    arrays = [np.concatenate([getattr(one, field.name) for one in found])[back] for field in fields(SharedSolution) if field.name != "parts"]
    parts = (
        response.Part(*(np.concatenate([getattr(one.parts[at], field.name) for one in found])[back] for field in fields(response.Part)))
        for at in range(len(found[0].parts))
    )
    return SharedSolution(*arrays, tuple(parts))


def _chunks(total: int, elements: int) -> list[slice]:
    step = max(1, min(MOST_CHUNK, CHUNK_ELEMENTS // elements))
    return [slice(start, min(start + step, total)) for start in range(0, total, step)]


def _checked(
    by_host: dict[str, ArrayLike], by_class: dict[str, ArrayLike], by_pool: dict[str, ArrayLike], pool: ArrayLike
) -> tuple[_Hosts, tuple[int, ...]]:
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
    hosts = _Hosts(**{name: np.array(shaped(name, given[name], (total, *axes[name]), "(hosts, ...)")) for name in axes})
    if hosts.cores.max() > MOST_CORES or hosts.places.max(initial=0) > MOST_PLACES:
        raise ValueError(f"cores, places: more than {MOST_CORES} cores or {MOST_PLACES} places of a pool are not solved; give fewer")
    which = np.asarray(pool)
    if which.shape != (classes,) or not np.isin(which, np.arange(NO_POOL, pools)).all():
        raise ValueError(f"pool: give for each of the {classes} classes the index of one of the {pools} pools, or -1 for none")
    return hosts, tuple(int(one) for one in which)


def _solve(hosts: _Hosts, which: tuple[int, ...]) -> SharedSolution:
    """Solve one chunk of hosts."""
    loads = hosts.rates * hosts.work
    opened = loads[:, [kind for kind, one in enumerate(which) if one == NO_POOL]].sum(axis=1) + hosts.background
    pools = [_classes(hosts, [kind for kind, one in enumerate(which) if one == at], hosts.places[:, at]) for at in range(hosts.places.shape[1])]
    found = _states(hosts, opened, pools)
    free = np.maximum(hosts.cores - opened, FINE * hosts.cores)
    varied = [variability(one, inner, free) for one, inner in zip(pools, found, strict=True)]
    more = _shared_wait(hosts, opened, pools, found)
    lines = [
        line(one.rate, inner.completions, factor * more, shape, hosts.queue[:, at], hosts.patience[:, at])
        for at, (one, inner, (factor, shape)) in enumerate(zip(pools, found, varied, strict=True))
    ]
    return _solution(hosts, which, opened, pools, found, lines)


def _classes(hosts: _Hosts, kinds: list[int], places: Floats) -> Classes:
    """Return the classes of a pool; one that is never asked for gets next to nothing of each, so that its times are those of the first to come."""
    if not kinds:
        one, none = np.ones((places.size, 1)), np.zeros((places.size, 1))
        return Classes(places, np.full(places.size, TINY), one, one, none, none, none)
    rates, work, delay = hosts.rates[:, kinds], hosts.work[:, kinds], hosts.delay[:, kinds]
    least = FINE / np.maximum((work + delay).max(), TINY) / len(kinds)
    rates = np.where(rates.sum(axis=1, keepdims=True) > 0, rates, least)
    rate = rates.sum(axis=1)
    return Classes(places, rate, rates / rate[:, None], work, hosts.variation[:, kinds], delay, hosts.delay_variation[:, kinds])


def _states(hosts: _Hosts, opened: Floats, pools: list[Classes]) -> list[Inside]:
    """Return the states of the pools, each beside those of the others, in turns."""
    if not pools:
        return []
    widest = [int(one.places.max()) + 1 for one in pools]
    alone = per_job(hosts.cores, opened, int(hosts.places.sum(axis=1).max()) + 1)
    if len(pools) == 1:
        one = pools[0]
        return [inside(one.rate, one.mean_work, one.mean_delay, one.places, only(hosts.cores, alone[:, : widest[0]]))]
    load = np.stack([one.rate * one.mean_work for one in pools], axis=1)
    away = np.stack([one.rate * one.mean_delay for one in pools], axis=1)
    rest = [np.array([other != at for other in range(len(pools))]) for at in range(len(pools))]
    around = [
        beside(hosts.cores, alone, load[:, other].sum(axis=1), away[:, other].sum(axis=1), hosts.places[:, other].sum(axis=1), size)
        for other, size in zip(rest, widest, strict=True)
    ]
    free = np.maximum((hosts.cores - opened)[:, None] - load.sum(axis=1, keepdims=True) + load, FINE)
    tails = 1 / (1 - np.clip(load / free, 0, NEAR_FULL))
    for _ in range(ROUNDS):
        found = [_beside(hosts, one, around[at], alone[:, : widest[at]], load[:, rest[at]], tails[:, rest[at]]) for at, one in enumerate(pools)]
        tails = 2 / (1 / tails + 1 / np.stack([_tail(hosts, at, one, inner) for at, (one, inner) in enumerate(zip(pools, found, strict=True))], axis=1))
    return found
