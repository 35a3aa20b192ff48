"""Queueing networks: numbers in, numbers out, times in seconds, rates per second.

Open stations share processors among their jobs (PS): by the insensitivity of
symmetric queues the mean response of a job is its demand times one stretch,
whatever the distribution of demands. The finite pool is solved by decomposition:
the closed inner network gives a completion rate for each number of jobs inside,
and the pool is then a birth-death queue with these rates. Pools that share
processors are solved in turns, each beside the number of the other's jobs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

EXACT_POPULATIONS = 48
LARGE = 1e200


def erlang_b(servers: int, load: float) -> float:
    """Return the blocking probability of M/M/c/c with ``load`` erlang (recursion, stable for any size)."""
    blocking = 1.0
    for server in range(1, servers + 1):
        blocking = load * blocking / (server + load * blocking)
    return blocking


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that an arrival of M/M/c finds all servers busy; 1 from saturation on."""
    if load >= servers:
        return 1.0
    blocking = erlang_b(servers, load)
    return blocking / (1 - load / servers * (1 - blocking))


def stretch(servers: int, load: float) -> float:
    """Return mean response over demand at a multi-server PS station; inf from saturation on.

    Equals 1 + C/(c - load) with Erlang's C, the mean of M/M/c for any distribution of demand.
    """
    return 1 + erlang_c(servers, load) / (servers - load) if load < servers else math.inf


@dataclass(frozen=True)
class Station:
    """``servers`` processors shared by all jobs there; 0 servers is a delay without a queue."""

    name: str
    servers: int


@dataclass(frozen=True)
class Solution:
    """Utilisation (0..1 and beyond) by station; mean response (s) by class and station."""

    utilisation: tuple[float, ...]
    response: tuple[tuple[float, ...], ...]


def open_network(rates: Sequence[float], demands: Sequence[Sequence[float]], stations: Sequence[Station]) -> Solution:
    """Solve an open multi-class product-form network: ``demands[class][station]`` in seconds.

    The exact solution for Poisson arrivals at PS and delay stations.
    """
    loads = [sum(rate * demand[k] for rate, demand in zip(rates, demands, strict=True)) for k in range(len(stations))]
    stretches = [stretch(station.servers, load) if station.servers else 1.0 for station, load in zip(stations, loads, strict=True)]
    return Solution(
        tuple(load / station.servers if station.servers else load for station, load in zip(stations, loads, strict=True)),
        tuple(tuple(time * slow if time else 0.0 for time, slow in zip(demand, stretches, strict=True)) for demand in demands),
    )


def alone(servers: float, size: int) -> list[float]:
    """Return busy processors with 1..size jobs there and nothing else."""
    return [min(float(jobs), servers) for jobs in range(1, size + 1)]


def shared(servers: float, size: int, others: Sequence[float]) -> list[float]:
    """Return busy processors that 1..size jobs get beside others; ``others[k]`` is the probability of k of them.

    Each job gets a processor, or an equal share. Past 48 jobs the others count by their mean.
    """
    if size > EXACT_POPULATIONS or len(others) > EXACT_POPULATIONS:
        mean = sum(k * share for k, share in enumerate(others))
        return [jobs * min(1.0, servers / (jobs + mean)) for jobs in range(1, size + 1)]
    return [jobs * sum(share * min(1.0, servers / (jobs + k)) for k, share in enumerate(others)) for jobs in range(1, size + 1)]


def present(load: float, speeds: Sequence[float]) -> list[float]:
    """Return the probabilities of 0..size jobs at processors that they load with ``load`` erlang; those who wait outside count as size."""
    if load >= speeds[-1]:
        return [0.0] * len(speeds) + [1.0]
    weights = [1.0]
    for speed in speeds:
        weights.append(weights[-1] * load / speed)
    weights[-1] /= 1 - load / speeds[-1]
    whole = sum(weights)
    return [weight / whole for weight in weights]


def closed_throughput(speeds: Sequence[float], demand: float, delay: float, population: int) -> float:
    """Return the completion rate of ``population`` jobs going round processors and a delay (exact).

    ``speeds[k-1]`` processors are busy with k jobs there.
    """
    if not delay:
        return speeds[population - 1] / demand
    weight, total, done = 1.0, 1.0, 0.0
    for jobs in range(1, population + 1):
        weight *= demand / speeds[jobs - 1] * (population - jobs + 1) / delay
        total += weight
        done += weight * speeds[jobs - 1] / demand
        if weight > LARGE:
            weight, total, done = weight / LARGE, total / LARGE, done / LARGE
    return done / total


def pool_rates(speeds: Sequence[float], demand: float, delay: float) -> list[float]:
    """Return completion rates for 1..len(speeds) jobs inside; exact to 48 jobs, then interpolated between doublings."""
    size = len(speeds)
    at = [*range(1, min(size, EXACT_POPULATIONS) + 1)]
    while at[-1] < size:
        at.append(min(at[-1] * 2, size))
    rates = [closed_throughput(speeds, demand, delay, at[0])]
    for before, after in pairwise(at):
        low, high = rates[-1], closed_throughput(speeds, demand, delay, after)
        rates += [low + (high - low) * step / (after - before) for step in range(1, after - before + 1)]
    return rates


@dataclass(frozen=True)
class Pool:
    """A finite pool in the steady state."""

    busy: float
    wait_probability: float
    wait_s: float
    inside_s: float


SATURATED = Pool(math.inf, 1.0, math.inf, math.inf)


def finite_pool(rate: float, rates: Sequence[float], variation: float = 1.0) -> Pool:
    """Solve a pool of ``len(rates)`` places fed with ``rate``; ``rates[n-1]`` completions with n inside.

    Arrivals beyond the places queue without limit. ``variation`` is the squared coefficient of
    variation of the time inside: 1 (exponential) is exact, else the wait is scaled by
    (1 + variation) / 2, exact for one place (Pollaczek and Khinchine). Returns SATURATED
    where the pool cannot follow.
    """
    size, fastest = len(rates), rates[-1]
    if rate >= fastest:
        return SATURATED
    if rate <= 0:
        return Pool(0.0, 0.0, 0.0, 1 / rates[0])
    weight, total, jobs = 1.0, 1.0, 0.0
    for n, speed in enumerate(rates, 1):
        weight *= rate / speed
        total += weight
        jobs += n * weight
        if total > LARGE:
            weight, total, jobs = weight / LARGE, total / LARGE, jobs / LARGE
    ratio = rate / fastest
    full = weight / (1 - ratio)
    waiting = weight * ratio / (1 - ratio) ** 2
    beyond = weight * ratio / (1 - ratio)
    total += beyond
    busy = (jobs + size * beyond) / total
    return Pool(busy, full / total, waiting / total / rate * (1 + variation) / 2, busy / rate)
