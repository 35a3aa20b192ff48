"""What a response is made of: waiting for a place, slowed work, delay. S scenarios, C classes, seconds."""

from dataclasses import dataclass

import numpy as np

from sizing.queueing.arguments import Floats
from sizing.queueing.response import Part, part

OFTEN = 4.0
TINY = 1e-300
LEAST_EXCESS, LEAST_PROBABILITY, LEAST_TIME = 1e-6, 1e-4, 1e-6
MOST_VARIANCE = 0.95
CALMER = 0.5


@dataclass(frozen=True)
class Requests:
    """The classes: ``rates`` (1/s), ``work`` and ``delay`` (s) with their coefficients of variation, all (S, C)."""

    rates: Floats
    work: Floats
    variation: Floats
    delay: Floats
    delay_variation: Floats


@dataclass(frozen=True)
class Met:
    """What the requests of each class meet, (S, C) unless said.

    ``waits``: probability to wait; ``wait_share``, ``wait_mean``, ``wait_variance`` (S, C, 2): the two parts of a wait;
    ``slow``: mean time at the processors over work; ``slow_full``: that of who comes when all places are taken;
    ``most``: the largest; ``seen`` (S, C, 3): slowdown, its square, and a processor of one's own, as found on coming.
    """

    waits: Floats
    wait_share: Floats
    wait_mean: Floats
    wait_variance: Floats
    slow: Floats
    slow_full: Floats
    most: Floats
    seen: Floats


def mean(requests: Requests, met: Met) -> Floats:
    """Return the mean response (s), (S, C): its terms are means, so their sum is as exact as they are."""
    wait = np.where(met.waits > 0, met.waits * (met.wait_share * met.wait_mean).sum(axis=2), 0.0)
    result: Floats = wait + requests.work * met.slow + requests.delay
    return result


def parts(requests: Requests, met: Met, cores: Floats, utilisation: Floats) -> list[Part]:
    """Return the responses as a mixture of four parts: untouched, slowed, and two kinds of having waited.

    The slowdown of work x is the mean of what is found over x. Its variance is that found on coming, lessened by
    an exponential autocorrelation over the work done, with the rate (1 - utilisation) over the work left of the others: exact for
    M/M/1 (Coffman, Muntz and Trotter 1970; Ott 1984), for others right for very short and very long work. How soon the untouched are
    slowed after all is fitted (OFTEN), as is how calm it is after a wait (CALMER).
    """
    calm = (1 - utilisation)[:, None]
    typical, kept = _autocorrelation(requests, calm)
    passed = np.maximum(calm * requests.work / typical, LEAST_TIME)
    after = met.slow + np.maximum(met.slow_full - met.slow, 0) * -np.expm1(-passed) / passed
    rest = np.maximum(1 - met.waits, LEAST_PROBABILITY**2)
    at_once = np.maximum(1, (met.slow - met.waits * after) / rest)
    excess = at_once - 1
    found = np.maximum(met.seen[:, :, 0] - 1, LEAST_EXCESS**1.5)
    variance = np.maximum(met.seen[:, :, 1] - met.seen[:, :, 0] ** 2, 0) * (excess / found) ** 2
    busy = np.clip(1 - met.seen[:, :, 2], LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    ever = 1 - (1 - busy) * np.exp(-OFTEN * busy / (1 - busy) * cores[:, None] * passed)
    slowed = excess / ever
    spread = np.maximum((excess**2 + variance * kept) / ever - slowed**2, 0)
    room = np.maximum(met.most - 1, LEAST_EXCESS)
    none = np.zeros_like(excess)
    calmer = (after - 1) ** 2 * utilisation[:, None] * CALMER * kept
    waited = _worked(requests, after - 1, calmer, room)
    return [
        part((1 - met.waits) * (1 - ever), *_worked(requests, none, none, room)),
        part((1 - met.waits) * ever, *_worked(requests, slowed, spread, room)),
        *(_behind(met, at, *waited) for at in (0, 1)),
    ]


def _autocorrelation(requests: Requests, calm: Floats) -> tuple[Floats, Floats]:
    """Return the typical work of those met (S, 1) (s), and what is kept (S, C) of the variance when it is averaged over a request's work."""
    load = requests.rates * requests.work
    share = load / np.maximum(load.sum(axis=1, keepdims=True), TINY)
    left = (share * requests.work * (1 + requests.variation**2) / 2).sum(axis=1, keepdims=True)
    return np.maximum((share * requests.work).sum(axis=1, keepdims=True), TINY), _averaged(calm * requests.work / np.maximum(left, TINY))


def _averaged(time: Floats) -> Floats:
    """Return the variance of the mean, over ``time``, of what has unit variance and the autocorrelation exp(-t)."""
    time = np.clip(time, LEAST_TIME**0.5, 1 / LEAST_TIME)
    result: Floats = 2 * (time - 1 + np.exp(-time)) / time**2
    return result


def _worked(requests: Requests, excess: Floats, variance: Floats, room: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, variance and third moment of work and delay, with the slowdown 1 + ``excess`` of ``variance`` in 0..``room`` (as if beta)."""
    slow = 1 + excess
    full = np.clip(excess / room, LEAST_EXCESS, 1 - LEAST_EXCESS)
    inner = full * (1 - full)
    square = room * room
    variance = np.minimum(variance, MOST_VARIANCE * inner * square)
    size = np.maximum(inner * square / np.maximum(variance, LEAST_EXCESS**2) - 1, LEAST_EXCESS)
    skew = 2 * (1 - 2 * full) * np.sqrt((1 + size) / inner) / (size + 2)
    pace = requests.work * slow
    own, delayed = (requests.variation * pace) ** 2, (requests.delay * requests.delay_variation) ** 2
    third = 2 * own * requests.variation**2 * pace + 2 * delayed * requests.delay_variation**2 * requests.delay
    moved = requests.work**2 * variance
    return pace + requests.delay, own + delayed + moved, third + skew * moved * np.sqrt(moved)


def _behind(met: Met, at: int, mean_after: Floats, variance: Floats, third: Floats) -> Part:
    """Return the part that waits the ``at``-th kind of wait before."""
    wait, spread = met.wait_mean[:, :, at], met.wait_variance[:, :, at]
    skewed = 2 * spread * np.minimum(wait, spread / np.maximum(wait, TINY))
    return part(met.waits * met.wait_share[:, :, at], mean_after + wait, variance + spread, third + skewed)
