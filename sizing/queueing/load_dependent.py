"""One station by its birth-death process: load-dependent speeds, a finite buffer, a finite source; many stations at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sizing.queueing.arguments import Floats, chunks, numbers, shaped
from sizing.queueing.stations import server_speeds

CHUNK_ELEMENTS = 1 << 20
LEAST_THINK_S = 1e-200


def usl_speedup(jobs: ArrayLike, contention: ArrayLike, coherence: ArrayLike) -> Floats:
    """Return how many times the work of one job ``jobs`` at once get done: n / (1 + contention (n - 1) + coherence n (n - 1)).

    Arrays that broadcast. Source: Gunther's universal scalability law (1993; 2007).
    Raises ValueError for what is negative or not finite.
    """
    count = numbers("jobs", jobs)
    serial, pairs = numbers("contention", contention), numbers("coherence", coherence)
    return count / (1 + np.maximum(count - 1, 0) * (serial + pairs * count))


def usl_peak(contention: ArrayLike, coherence: ArrayLike) -> Floats:
    """Return the number of jobs with the largest ``usl_speedup``, sqrt((1 - contention) / coherence), 1 at least; inf if it never falls.

    Source: Gunther 2007. Raises ValueError for what is negative or not finite.
    """
    serial, pairs = np.broadcast_arrays(numbers("contention", contention), numbers("coherence", coherence))
    with np.errstate(divide="ignore"):
        peak = np.sqrt(np.maximum(1 - serial, 0.0) / np.where(pairs > 0, pairs, 1.0))
        return np.maximum(np.where(pairs > 0, peak, np.where(serial < 1, np.inf, 1.0)), 1.0)[()]


def usl_speeds(cores: ArrayLike, contention: ArrayLike, coherence: ArrayLike) -> Floats:
    """Return (S, m) speeds of a station with ``cores`` (S,): ``usl_speedup`` of as many jobs as have a core, m the most cores."""
    count = numbers("cores", cores, least=1, whole=True)
    jobs = np.minimum(np.arange(1, int(count.max(initial=1)) + 1), count[..., None])
    return usl_speedup(jobs, numbers("contention", contention)[..., None], numbers("coherence", coherence)[..., None])


@dataclass(frozen=True)
class LoadDependent:
    """The steady state of S open stations; a saturated one has infinite jobs and response."""

    utilisation: Floats
    """(S,): offered work over the speed with many jobs; 1 or more is saturated."""
    jobs: Floats
    """(S,): mean number present."""
    response: Floats
    """(S,): mean response, seconds."""
    present: Floats
    """(S, m + 1): probabilities of 0..m - 1 jobs present, and last of m or more."""


def load_dependent(rate: ArrayLike, demand: ArrayLike, speeds: ArrayLike) -> LoadDependent:
    """Solve stations that their jobs share (PS) and whose speed depends on how many there are.

    ``rate`` (S,) 1/s of Poisson arrivals, mean ``demand`` (S,) in seconds at speed 1,
    ``speeds`` (S, m) with 1..m jobs there (that of m holds for more). Exact for any
    distribution of demand (BCMP 1975). Raises ValueError for shapes that do not fit, for
    what is negative or not finite, and for speeds that are not above 0.
    """
    table = numbers("speeds", speeds)
    if table.ndim == 0 or not table.shape[-1] or not (table > 0).all():
        raise ValueError("speeds: each must be above 0, and there must be one at least; give the work done per second with 1, 2, ... jobs there")
    arrivals, service = _rows(("rate", numbers("rate", rate)), ("demand", numbers("demand", demand)), ("speeds", table[..., 0]))[:2]
    table = shaped("speeds", table, (*arrivals.shape, table.shape[-1]), "(scenarios, jobs)")
    load, last = arrivals * service, table.shape[1]
    ratio = load / table[:, -1]
    stable = ratio < 1
    tail = 1 / (1 - np.where(stable, ratio, 0.0))
    states = _birth_death(load[:, None] / table, tail)
    present = np.where(stable[:, None], states, np.arange(last + 1) == last)
    beyond = present[:, -1] * (last + tail) / table[:, -1]
    response = service * ((present[:, :-1] * np.arange(1, last + 1) / table).sum(axis=1) + beyond)
    response = np.where(stable, response, np.inf)
    return LoadDependent(ratio, np.where(arrivals > 0, arrivals, 0.0) * np.where(arrivals > 0, response, 0.0), response, present)


@dataclass(frozen=True)
class FiniteBuffer:
    """The steady state of S stations with a limit on the jobs present."""

    rejection: Floats
    """(S,): probability that an arrival is turned away."""
    throughput: Floats
    """(S,): accepted per second."""
    jobs: Floats
    """(S,): mean number present."""
    response: Floats
    """(S,): mean response of the accepted, seconds."""


def finite_buffer(rate: ArrayLike, demand: ArrayLike, servers: ArrayLike, places: ArrayLike) -> FiniteBuffer:
    """Solve M/M/c/K: arrivals that find ``places`` (S,) jobs present, in service or waiting, are turned away.

    ``rate`` (S,) 1/s, mean ``demand`` (S,) seconds, ``servers`` (S,). Exact; with
    processor sharing for any distribution of demand. Raises ValueError for shapes that do
    not fit, for less than one server or place, for what is negative or not finite.
    """
    count, most = numbers("servers", servers, least=1, whole=True), numbers("places", places, least=1, whole=True)
    rows = _rows(("rate", numbers("rate", rate)), ("demand", numbers("demand", demand)), ("servers", count), ("places", most))
    size = int(most.max(initial=1))
    parts = [_finite_buffer(*(each[part] for each in rows)) for part in chunks(len(rows[0]), size, CHUNK_ELEMENTS)]
    return FiniteBuffer(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _finite_buffer(arrivals: Floats, service: Floats, count: Floats, most: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    size = int(most.max(initial=1))
    jobs = np.arange(1, size + 1)
    speeds = server_speeds(count, size)
    states = _birth_death(np.where(jobs <= most[:, None], (arrivals * service)[:, None] / speeds, 0.0))
    rejection = np.take_along_axis(states, most.astype(np.int64)[:, None], axis=1)[:, 0]
    seen = np.where(jobs <= most[:, None], states[:, :-1], 0.0)
    response = service * (seen * jobs / speeds).sum(axis=1) / seen.sum(axis=1)
    throughput = arrivals * seen.sum(axis=1)
    return rejection, throughput, throughput * response, response


@dataclass(frozen=True)
class FiniteSource:
    """The steady state of S stations with a limited number of customers."""

    throughput: Floats
    """(S,): cycles per second."""
    jobs: Floats
    """(S,): mean number at the station."""
    response: Floats
    """(S,): mean response, seconds; without customers, what a first one would find."""
    utilisation: Floats
    """(S,): busy share of the servers."""


def machine_repairman(customers: ArrayLike, think_s: ArrayLike, demand: ArrayLike, servers: ArrayLike) -> FiniteSource:
    """Solve the finite source: each of ``customers`` (S,) thinks ``think_s`` (S,), then needs ``demand`` (S,) seconds of one of ``servers`` (S,).

    Exact; with processor sharing for any distributions. Source: the machine repairman
    (Palm 1947), by the arrival theorem. Raises ValueError for shapes that do not fit, for
    less than one server, for what is negative or not finite, and where neither takes time.
    """
    count = numbers("servers", servers, least=1, whole=True)
    people, away = numbers("customers", customers, whole=True), numbers("think_s", think_s)
    rows = _rows(("customers", people), ("think_s", away), ("demand", numbers("demand", demand)), ("servers", count))
    if ((rows[1] + rows[2] <= 0) & (rows[0] > 0)).any():
        raise ValueError("think_s, demand: both are 0 for some customers, whose throughput has no bound; give one of them")
    size = int(people.max(initial=1))
    parts = [_machine_repairman(*(each[part] for each in rows)) for part in chunks(len(rows[0]), max(size, 1), CHUNK_ELEMENTS)]
    return FiniteSource(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _machine_repairman(people: Floats, away: Floats, service: Floats, count: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    jobs = np.arange(1, max(1, int(people.max(initial=1))) + 1)
    speeds = server_speeds(count, len(jobs))
    left = np.maximum(people[:, None] - jobs, 0.0)
    states = _birth_death(left * service[:, None] / speeds / np.maximum(away, LEAST_THINK_S)[:, None])
    response = service * (states[:, :-1] * jobs / speeds).sum(axis=1)
    throughput = people / np.where(people > 0, away + response, 1.0)
    return throughput, throughput * response, response, throughput * service / count


def _birth_death(ratios: Floats, last: Floats | None = None) -> Floats:
    """Return (S, n + 1) probabilities of a birth-death process with ``ratios`` (S, n) of births to deaths; the last state counts ``last`` (S,) times."""
    with np.errstate(divide="ignore"):
        logs = np.cumsum(np.log(np.concatenate([np.ones((len(ratios), 1)), ratios], axis=1)), axis=1)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    if last is not None:
        weights[:, -1] *= last
    probabilities: Floats = weights / weights.sum(axis=1, keepdims=True)
    return probabilities


def _rows(*named: tuple[str, Floats]) -> list[Floats]:
    """Broadcast to (S,), S the longest; raises ValueError for what cannot be."""
    size = max((len(array) for _, array in named if array.ndim), default=1)
    return [shaped(name, array, (size,), "(scenarios,)") for name, array in named]
