"""Closed multi-class networks, approximately, each scenario with its own populations.

Mean value analysis needs what an arrival sees: the network with one job less (Reiser and
Lavenberg 1980). Bard (1979) and Schweitzer (1979) take each class's share of its jobs at
a station as unchanged by that job; the Linearizer (Chandy and Neuse 1982) solves the
network with one job less of each class too, and carries the change of the shares over.
Sums over classes are carried in place of pairs (de Souza e Silva and Muntz 1990).

With several servers the response is demand * sum over j of (j + 1)/speed(j + 1) p(j),
which is exact if p is the distribution that an arrival sees; for c servers it equals
demand * (1 + (jobs - load + probability that all are busy) / c). The jobs are the
Linearizer's, the load that of the network with one job less, and only the shape of p
below c is taken from elsewhere: from a stream of Poisson arrivals (Erlang 1917).
Measured against exact solutions, that beats a stream that thins out as jobs gather at
the station (p95 of the error 1.3 % against 4 % with two to sixteen servers everywhere).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing.arguments import Floats, Truths, chunks
from sizing.queueing.iteration import TINY, Networks
from sizing.queueing.stations import Closed, ClosedNetworks, closed, result

TOLERANCES = (1e-4, 1e-4, 1e-6)
CHUNK_ELEMENTS = 1 << 16


@dataclass(frozen=True)
class ApproximateNetworks(ClosedNetworks):
    """As ClosedNetworks; where ``converged`` (S,) is False the numbers are those of the last iteration."""

    converged: Truths


def linearizer(
    populations: ArrayLike,
    demands: ArrayLike,
    servers: ArrayLike,
    think_s: ArrayLike = 0.0,
    *,
    speeds: ArrayLike | None = None,
) -> ApproximateNetworks:
    """Solve closed networks as ``solve_closed`` does, but approximately, in a time that does not grow with the lattice.

    ``populations`` (S, C), the other arguments as in ``solve_closed``; ``speeds`` may not
    fall with the jobs. The errors of throughput and response are mostly below 1 %
    (docs/reference/queueing.md). Raises ValueError as ``solve_closed``, except for the
    number of jobs.
    """
    return _approximate_closed(closed(populations, demands, servers, think_s, speeds), linearize=True)


def bard_schweitzer(
    populations: ArrayLike,
    demands: ArrayLike,
    servers: ArrayLike,
    think_s: ArrayLike = 0.0,
    *,
    speeds: ArrayLike | None = None,
) -> ApproximateNetworks:
    """Solve closed networks as ``linearizer`` does, several times faster, with errors mostly below 10 %."""
    return _approximate_closed(closed(populations, demands, servers, think_s, speeds), linearize=False)


def _approximate_closed(given: Closed, *, linearize: bool) -> ApproximateNetworks:
    if (np.diff(given.speeds, axis=-1) < 0).any():
        raise ValueError("speeds: fall with the jobs somewhere, which the approximation cannot follow; use solve_closed, or speeds that do not fall")
    throughput, response, converged = approximate(given, linearize=linearize)
    return ApproximateNetworks(*result(given, throughput, response), converged=converged)


def approximate(given: Closed, *, linearize: bool) -> tuple[Floats, Floats, Truths]:
    """Return the throughput (S, C), the response (S, C, K) at queueing stations, and which scenarios (S,) converged."""
    sets, classes, stations = given.demands.shape
    alone = np.where(_roomy(given)[:, None, :], given.queued / given.speeds[:, None, :, 0], 0.0)
    rest = replace(given, queued=np.where(alone > 0, 0.0, given.queued), away=given.away + alone.sum(axis=-1))
    elements = (classes + 1 if linearize else 1) * classes * stations
    parts = [_solve(rest.part(rows), linearize=linearize) for rows in chunks(sets, elements, CHUNK_ELEMENTS)]
    throughput, response, converged = zip(*parts, strict=True)
    return np.concatenate(throughput), np.concatenate(response) + alone, np.concatenate(converged)


def _roomy(given: Closed) -> Truths:
    """Where (S, K) nobody ever waits, since there are as many servers as jobs that may come (with a first one of a class without jobs)."""
    visits = given.queued > 0
    visitors = (given.populations[..., None] * visits).sum(axis=1) + (visits & (given.populations[..., None] == 0)).any(axis=1)
    size = given.speeds.shape[-1]
    last = np.clip(visitors, 1, size)
    speed = np.take_along_axis(given.speeds, last.astype(np.int64)[..., None] - 1, axis=-1)[..., 0]
    return np.asarray((visitors <= size) & (speed >= last * given.speeds[..., 0]))


def _solve(given: Closed, *, linearize: bool) -> tuple[Floats, Floats, Truths]:
    networks = Networks.of(given, linearize=linearize)
    state = networks.start()
    converged = np.ones(len(given.populations), dtype=bool)
    for tolerance in TOLERANCES if linearize else TOLERANCES[-1:]:
        state, converged = networks.settle(state, tolerance)
        if linearize:
            networks.carry(state.share[1:] - state.share[0])
    throughput = networks.jobs[0] / np.maximum(state.cycle[0], TINY)
    response = state.share[0] * state.cycle[0][:, None]
    return throughput.T, response.transpose(2, 0, 1), converged
