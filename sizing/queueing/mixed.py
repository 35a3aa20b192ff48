"""Mixed networks: open and closed classes at the same stations (Baskett, Chandy, Muntz and Palacios 1975).

The open classes leave the closed ones a station with other speeds: with one server of
which they use rho, the speed 1 - rho; with several, the generating function of the
station is expanded at the open load, which gives a table of speeds and stays exact. An
open arrival sees the closed network with all its jobs, as a class without jobs would.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing.approximate import ApproximateNetworks, linearizer
from sizing.queueing.arguments import Floats, Truths, numbers, scenarios, shaped
from sizing.queueing.closed import solve_closed
from sizing.queueing.stations import DELAY, ClosedNetworks

MOST_SERVERS = 500
LARGEST_TERM = 1e290


@dataclass(frozen=True)
class MixedNetworks:
    """The steady state of S networks with O open and C closed classes and K stations; times in seconds, rates per second.

    A scenario whose open classes alone saturate a station has no steady state: its closed
    throughput is 0, its responses are infinite where there is a demand, and where its
    closed jobs are is not a number.
    """

    open_response: Floats
    """(S, O, K): mean time at the station for an open request, all its visits together."""
    open_jobs: Floats
    """(S, O, K): mean number present."""
    throughput: Floats
    """(S, C): cycles per second of the closed classes."""
    response: Floats
    """(S, C, K): mean time at the station in one cycle."""
    jobs: Floats
    """(S, C, K): mean number present."""
    utilisation: Floats
    """(S, K): busy share of the servers, by all classes; at a delay station the mean number present."""
    converged: Truths
    """(S,): always True of the exact solution."""


@dataclass(frozen=True)
class OpenClasses:
    """``rates`` (S, O) in 1/s and ``demands`` (S, O, K) in seconds of one server."""

    rates: ArrayLike
    demands: ArrayLike


@dataclass(frozen=True)
class ClosedClasses:
    """``populations`` (C,), or (S, C) for the approximation; ``demands`` (S, C, K) and ``think_s`` (S, C) in seconds."""

    populations: ArrayLike
    demands: ArrayLike
    think_s: ArrayLike = 0.0


def solve_mixed(opened: OpenClasses, closed: ClosedClasses, servers: ArrayLike, *, exact: bool = True) -> MixedNetworks:
    """Solve mixed networks of processor-sharing and delay stations.

    ``servers`` (S, K), 0 for a delay station. Exact by ``solve_closed``, or approximate by
    ``linearizer``. Raises ValueError as these, and for more than 500 servers at a station.
    """
    given = _checked(opened, closed, servers)
    speeds = left_speeds(given.servers, np.where(given.queues & ~given.endless[:, None], given.load, 0.0))
    none = np.zeros_like(given.rates)
    populations, think = np.concatenate([given.populations, none], axis=1), np.concatenate([given.think, none], axis=1)
    demands = np.concatenate([given.closed, given.open], axis=1)
    solved = (solve_closed if exact else linearizer)(populations, demands, given.servers, think, speeds=speeds)
    converged = solved.converged if isinstance(solved, ApproximateNetworks) else np.ones(len(demands), dtype=bool)
    return _result(given, solved, converged)


@dataclass(frozen=True)
class _Mixed:
    """Checked and broadcast; axes as in OpenClasses and ClosedClasses."""

    rates: Floats
    open: Floats
    populations: Floats
    closed: Floats
    think: Floats
    servers: Floats

    @property
    def queues(self) -> Truths:
        return np.asarray(self.servers != DELAY)

    @property
    def load(self) -> Floats:
        """(S, K): erlang of the open classes."""
        load: Floats = (self.rates[:, None, :] @ self.open)[:, 0, :]
        return load

    @property
    def endless(self) -> Truths:
        """(S,): the open classes alone saturate a station."""
        return np.asarray((self.queues & (self.load >= self.servers)).any(axis=1))


def _checked(opened: OpenClasses, closed: ClosedClasses, servers: ArrayLike) -> _Mixed:
    rates, guests, own = numbers("rates", opened.rates), numbers("open demands", opened.demands), numbers("closed demands", closed.demands)
    jobs, think, count = numbers("populations", closed.populations, whole=True), numbers("think_s", closed.think_s), numbers("servers", servers, whole=True)
    for name, demands in (("open demands", guests), ("closed demands", own)):
        if demands.ndim not in {2, 3}:
            raise ValueError(f"{name}: {demands.ndim} axes; give (scenarios, classes, stations), or (classes, stations) for all scenarios")
    if (count > MOST_SERVERS).any():
        raise ValueError(f"servers: more than {MOST_SERVERS} at a station beside open classes; give fewer, or 0 if nobody ever waits there")
    sets = scenarios((rates, 2), (guests, 3), (own, 3), (jobs, 2), (count, 2), (think, 2))
    open_classes, classes, stations = guests.shape[-2], *own.shape[-2:]
    return _Mixed(
        shaped("rates", rates, (sets, open_classes), "(scenarios, open classes)"),
        shaped("open demands", guests, (sets, open_classes, stations), "(scenarios, open classes, stations)"),
        shaped("populations", jobs, (sets, classes), "(scenarios, closed classes)"),
        shaped("closed demands", own, (sets, classes, stations), "(scenarios, closed classes, stations)"),
        shaped("think_s", think, (sets, classes), "(scenarios, closed classes)"),
        shaped("servers", count, (sets, stations), "(scenarios, stations)"),
    )


def _result(given: _Mixed, solved: ClosedNetworks, converged: Truths) -> MixedNetworks:
    classes = given.closed.shape[1]
    endless = given.endless[:, None]
    throughput = np.where(endless, 0.0, solved.throughput[:, :classes])
    response = np.where(endless[..., None] & (given.closed > 0), np.inf, solved.response[:, :classes])
    open_response = np.where(endless[..., None] & (given.open > 0), np.inf, solved.response[:, classes:])
    open_jobs = np.where(given.rates[..., None] > 0, given.rates[..., None], np.nan) * open_response
    utilisation = (given.load + (throughput[:, None, :] @ given.closed)[:, 0, :]) / np.where(given.queues, given.servers, 1.0)
    jobs = np.where(endless[..., None], np.nan, solved.jobs[:, :classes])
    return MixedNetworks(open_response, np.nan_to_num(open_jobs, posinf=np.inf), throughput, response, jobs, utilisation, converged)


def left_speeds(servers: Floats, load: Floats) -> Floats:
    """Return (S, K, m) speeds that open ``load`` (S, K) erlang leaves to 1..m closed jobs at ``servers`` (S, K).

    The station's function of x is P(x) / (1 - x/c) with P = sum over j < c of x^j/j! (1 - j/c);
    only ratios count, and exp(-load) keeps all terms within the range of floats.
    """
    count = np.maximum(servers, 1.0)
    most = int(count.max())
    weights = np.cumprod(np.concatenate([np.exp(-load)[None], np.array([count / j for j in range(1, most)]).reshape(-1, *count.shape)]), axis=0)
    parts = weights * np.maximum(1 - np.arange(most).reshape(-1, *[1] * count.ndim) / count, 0.0)
    share = load / count
    for first in range(most - 1):
        for power in range(most - 2, first - 1, -1):
            parts[power] += share * parts[power + 1]
    jobs = np.arange(1, most).reshape(-1, *[1] * count.ndim)
    left, term = count - load, parts[0] / (1 - share)
    speeds = np.empty((most, *count.shape))
    speeds[-1] = left
    for j in range(1, most):
        term = np.minimum(term, LARGEST_TERM)
        speeds[j - 1] = left * term / (parts[j] + term)
        term = (parts[j] + term) / (1 - share)
    speeds[:-1] = np.where(jobs < count, speeds[:-1], left)
    return np.moveaxis(np.maximum.accumulate(speeds), 0, -1)
