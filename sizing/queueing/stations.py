"""Closed networks as they are given, made ready for the solvers, and as they come back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing.arguments import Floats, Truths, numbers, scenarios, shaped

DELAY = 0


@dataclass(frozen=True)
class ClosedNetworks:
    """The steady state of S closed networks with C classes and K stations; times in seconds, rates per second.

    A class without jobs gets the response that a first job of it would find.
    """

    throughput: Floats
    """(S, C): cycles per second."""
    response: Floats
    """(S, C, K): mean time at the station in one cycle, all visits together."""
    jobs: Floats
    """(S, C, K): mean number present."""
    utilisation: Floats
    """(S, K): work done over the most that can be done; at a delay station the mean number present."""
    total_response: Floats
    """(S, C): mean time of one cycle without the think time."""


@dataclass(frozen=True)
class Closed:
    """S closed networks, checked and broadcast; demands at delay stations are counted in ``away``."""

    populations: Floats
    """(S, C)"""
    demands: Floats
    """(S, C, K), seconds at speed 1"""
    queued: Floats
    """(S, C, K), demands without those at delay stations"""
    away: Floats
    """(S, C), think time and demands at delay stations"""
    speeds: Floats
    """(S, K, m), work done per second with 1..m jobs there; that of m holds for more"""
    delay: Truths
    """(S, K)"""

    def part(self, rows: slice) -> "Closed":
        """Return some of the scenarios."""
        return Closed(self.populations[rows], self.demands[rows], self.queued[rows], self.away[rows], self.speeds[rows], self.delay[rows])


def server_speeds(servers: ArrayLike, size: int) -> Floats:
    """Return (..., size) busy servers with 1..size jobs at stations of ``servers`` (...); a delay station serves all."""
    count = numbers("servers", servers, whole=True)[..., None]
    return np.where(count == DELAY, 1.0, np.minimum(np.arange(1, size + 1), count))


def closed(populations: ArrayLike, demands: ArrayLike, servers: ArrayLike, think_s: ArrayLike, speeds: ArrayLike | None) -> Closed:
    """Check and broadcast; the arguments are those of ``solve_closed`` and ``linearizer``, and so are the errors."""
    jobs, service, think = numbers("populations", populations, whole=True), numbers("demands", demands), numbers("think_s", think_s)
    count = numbers("servers", servers, whole=True)
    if service.ndim not in {2, 3}:
        raise ValueError(f"demands: {service.ndim} axes; give (scenarios, classes, stations), or (classes, stations) for all scenarios")
    table = None if speeds is None else numbers("speeds", speeds)
    if not all(array.size for array in (jobs, service, count, think)):
        raise ValueError("populations, demands, servers and think_s need one scenario, class and station at least; one of them is empty")
    sets = scenarios((jobs, 2), (service, 3), (count, 2), (think, 2), *([] if table is None else [(table, 3)]))
    classes, stations = service.shape[-2:]
    count = shaped("servers", count, (sets, stations), "(scenarios, stations)")
    jobs = shaped("populations", jobs, (sets, classes), "(scenarios, classes)")
    if table is None:
        most = min(count.max(initial=1), jobs.sum(axis=1).max(initial=0) + 1)
        table = server_speeds(count, max(1, int(most)))
    elif not (table.ndim and table.shape[-1] and (table > 0).all()):
        raise ValueError("speeds: each must be above 0, and there must be one at least; give the work done per second with 1, 2, ... jobs there")
    table = shaped("speeds", table, (sets, stations, table.shape[-1]), "(scenarios, stations, jobs)")
    think = shaped("think_s", think, (sets, classes), "(scenarios, classes)")
    service = shaped("demands", service, (sets, classes, stations), "(scenarios, classes, stations)")
    delay = count == DELAY
    queued = np.where(delay[:, None, :], 0.0, service)
    away = think + (service - queued).sum(axis=-1)
    idle = (away + queued.sum(axis=-1) <= 0) & (jobs > 0)
    if idle.any():
        place = [int(at) for at in np.argwhere(idle)[0]]
        raise ValueError(f"demands{place}: a class with jobs needs a demand somewhere or a think time, or its throughput has no bound; give it one, or no jobs")
    return Closed(jobs, service, queued, away, table, delay)


def result(given: Closed, throughput: Floats, queued: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return the fields of ClosedNetworks from the throughput (S, C) and the response (S, C, K) at the queueing stations."""
    response = np.where(given.delay[:, None, :], given.demands, queued)
    jobs = throughput[..., None] * response
    load = (throughput[:, None, :] @ given.demands)[:, 0, :]
    utilisation = load / np.where(given.delay, 1.0, given.speeds.max(axis=-1))
    return throughput, response, jobs, utilisation, response.sum(axis=-1)
