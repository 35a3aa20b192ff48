"""Open multi-class networks of product form (Baskett, Chandy, Muntz and Palacios 1975), many at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing.arguments import Floats, numbers, scenarios, shaped
from sizing.queueing.erlang import stretch

DELAY = 0


@dataclass(frozen=True)
class OpenNetworks:
    """The steady state of S open networks with C classes and K stations; times in seconds.

    A saturated station has utilisation of 1 or more and infinite response and jobs for
    the classes that go there.
    """

    utilisation: Floats
    """(S, K): busy share of the servers; at a delay station the mean number present."""
    response: Floats
    """(S, C, K): mean time at the station for a request of the class, all its visits together."""
    jobs: Floats
    """(S, C, K): mean number present."""
    total_response: Floats
    """(S, C): mean time in the network."""
    total_jobs: Floats
    """(S, C): mean number in the network."""


def solve_open(rates: ArrayLike, demands: ArrayLike, servers: ArrayLike) -> OpenNetworks:
    """Solve open networks of processor-sharing (or FCFS with one exponential demand for all classes) and delay stations.

    ``rates`` (S, C) in 1/s, ``demands`` (S, C, K) in seconds of one server, ``servers``
    (S, K) with 0 for a delay station; what has fewer axes holds for all scenarios.
    The exact solution for Poisson arrivals. Raises ValueError for shapes that do not fit,
    and for what is negative or not finite.
    """
    arrivals, service, count = numbers("rates", rates), numbers("demands", demands), numbers("servers", servers)
    if service.ndim not in {2, 3}:
        raise ValueError(f"demands: {service.ndim} axes; give (scenarios, classes, stations), or (classes, stations) for all scenarios")
    sets = scenarios((arrivals, 2), (service, 3), (count, 2))
    classes, stations = service.shape[-2:]
    arrivals = shaped("rates", arrivals, (sets, classes), "(scenarios, classes)")
    count = shaped("servers", count, (sets, stations), "(scenarios, stations)")
    load = (arrivals[:, None, :] @ shaped("demands", service, (sets, classes, stations), "(scenarios, classes, stations)"))[:, 0, :]
    delay = count == DELAY
    slower = np.where(delay, 1.0, stretch(np.where(delay, 1.0, count), np.where(delay, 0.0, load)))
    with np.errstate(invalid="ignore"):
        response = np.where(service > 0, service * slower[:, None, :], 0.0)
        jobs = np.where(arrivals[..., None] > 0, arrivals[..., None] * response, 0.0)
    return OpenNetworks(load / np.where(delay, 1.0, count), response, jobs, response.sum(axis=-1), jobs.sum(axis=-1))
