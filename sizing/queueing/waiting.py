"""The line before a full pool: how long it is, and who is sent away, where service is not exponential.

Exact are exponential service (Barrer 1957 with patience) and the mean wait for one place
(Pollaczek 1930, Khinchine 1932); the rest are two-moment approximations (Lee and Longton
1959) with one correction each way, its numbers fitted to simulations (benchmarks/pool.py
measures them on others).
"""

from dataclasses import dataclass

import numpy as np

from sizing.queueing.arguments import Floats
from sizing.queueing.pool import Inside
from sizing.queueing.processors import TINY

HEAVY, HEAVY_FROM, HEAVY_PLACES, HEAVY_SPARE = 0.105, 1.13, 0.88, 1.32
EVEN, EVEN_SPARE = 0.54, 0.87
BUSY_POWER = 12
SHAPE_PLACES, LEAST_SHAPE = 0.25, 0.6
NEAR, SERIES, FAR = 1e-6, 1e-3, 600.0


@dataclass(frozen=True)
class Classes:
    """The K classes of one pool of S hosts: ``places`` and ``rate`` (S,), the others (S, K), seconds; ``share`` of the rate."""

    places: Floats
    rate: Floats
    share: Floats
    work: Floats
    variation: Floats
    delay: Floats
    delay_variation: Floats

    @property
    def mean_work(self) -> Floats:
        """Mean work of a request (s), (S,)."""
        mean: Floats = np.maximum((self.share * self.work).sum(axis=1), TINY)
        return mean

    @property
    def mean_delay(self) -> Floats:
        """Mean delay of a request (s), (S,)."""
        mean: Floats = (self.share * self.delay).sum(axis=1)
        return mean


def variability(classes: Classes, found: Inside, free: Floats) -> tuple[Floats, Floats]:
    """Return (S,) the wait over that of exponential service, and the mean square of a wait over that of an exponential one with its mean.

    (1 + SCV) / 2 of the work where the processors (``free`` (S,) of them) are what is short, of the whole stay where
    places are. Requests longer than the mean count less the more places are left for the others to pass them by (to
    one place, and towards saturation, they count in full); even ones more, since with room to spare a wait is the
    rest of one service (Cosmetatos 1975 for constant service).
    """
    slow, mean_work = found.slow_full[:, None], classes.mean_work
    mean_stay = np.maximum(mean_work * found.slow_full + classes.mean_delay, TINY)[:, None]
    at_work, away = classes.work * slow / mean_stay, classes.delay / mean_stay
    stay = at_work + away
    square = stay**2 + (at_work * classes.variation) ** 2 + (away * classes.delay_variation) ** 2
    idle = 1 - np.minimum(classes.rate / np.maximum(found.completions, TINY), 1)
    busy = np.minimum(1, found.completions * mean_work / free)[:, None] ** BUSY_POWER
    works = (classes.work / mean_work[:, None]) ** 2 * (1 + classes.variation**2)
    mix = classes.share * (busy * works + (1 - busy) * square) / 2
    rest = square / np.maximum(2 * stay, TINY)
    spare = HEAVY * (classes.places - 1) ** HEAVY_PLACES * idle**HEAVY_SPARE
    counted = 1 / (1 + np.maximum(rest - HEAVY_FROM, 0) * spare[:, None])
    even = EVEN * np.maximum(0, 1 - mix.sum(axis=1)) * idle**EVEN_SPARE * (1 - 1 / classes.places)
    third = (classes.share * stay**3 * (1 + 3 * classes.variation**2) * counted).sum(axis=1)
    shape = 2 * third / (3 * np.maximum((classes.share * square * counted).sum(axis=1), TINY) ** 2)
    return (mix * counted).sum(axis=1) + even, 1 + (np.maximum(shape, LEAST_SHAPE) - 1) * idle * classes.places**-SHAPE_PLACES


@dataclass(frozen=True)
class Line:
    """Who waits outside: see ``line``. All (S,), but the two parts of the waits (S, 2): their shares, means (s) and variances (s²)."""

    tail: Floats
    served_tail: Floats
    share: Floats
    mean: Floats
    variance: Floats


def line(rate: Floats, completions: Floats, factor: Floats, shape: Floats, queue: Floats, patience: Floats) -> Line:  # noqa: PLR0913, PLR0917
    """Return the line before a full pool, that ends at ``queue`` waiting or ``patience`` seconds, all (S,).

    ``tail``: the time during which all places are busy over that during which nobody waits as well (inf without a
    steady state); ``served_tail``: its part in which those who come will be let in. The time to be waited has the
    density exp(-v (completions - rate) / factor) up to the patience, exact for exponential service and
    factor = 1; with ``shape`` above 1 it is mixed of two such (balanced means, Whitt 1982). A line of ``queue`` that is
    always full takes as long as that many completions, with their variance.
    """
    high = np.maximum(2 * (shape - 1), 0)
    lower = (1 + np.sqrt(high / (high + 2))) / 2
    parts = np.stack((lower, 1 - lower), axis=1)
    most = _longest(rate, completions, queue, patience)[:, None]
    drift = (completions - rate)[:, None]
    time = factor[:, None] / (2 * parts)
    steps = np.where(most > 0, np.maximum(np.where(drift == 0, 0.0, drift * most) / time, -FAR), 0.0)
    near, far = np.abs(steps) < SERIES, steps > FAR
    safe = np.where(near | far, 1.0, steps)
    lost = np.where(far, 0.0, np.exp(-np.minimum(steps, FAR)))
    served = completions[:, None] * np.where(near, most * (1 - steps / 2) / time, np.where(far, 1 / drift, -np.expm1(-safe) / drift))
    mean = np.where(near, most * (0.5 - steps / 12), np.where(far, time / drift, most * (1 / safe - 1 / np.expm1(safe))))
    spread = np.where(far, (time / drift) ** 2, most**2 * np.where(near, 1 / 12, 1 / safe**2 - 1 / (4 * np.sinh(safe / 2) ** 2)))
    counted = np.where(most < patience[:, None], mean * (factor / completions)[:, None] * np.exp(-np.maximum(steps, 0)), 0.0)
    endless = ~np.isfinite(most) & (drift <= 0)
    whole = (parts * served).sum(axis=1)
    return Line(
        np.where(endless[:, 0], np.inf, whole + (parts * lost).sum(axis=1)),
        np.where(endless[:, 0], np.inf, whole),
        np.where(endless, parts, parts * served / np.maximum(whole, TINY)[:, None]),
        np.where(endless, np.inf, mean),
        np.where(endless, np.inf, spread * np.clip(2 * shape - 1, 0, 1)[:, None] + counted),
    )


def full_times(rate: Floats, completions: Floats, queue: Floats, patience: Floats) -> Floats:
    """Return (S,) the time during which all places are busy over that during which nobody waits as well, for exponential service: ``Line.tail``."""
    drift = completions - rate
    most = _longest(rate, completions, queue, patience)
    steps = np.maximum(np.where(most > 0, drift * most, 0.0), -FAR)
    lost = np.exp(-steps)
    near = np.abs(steps) < SERIES
    return np.where(near, completions * np.where(near, most, 0.0), completions * (1 - lost) / np.where(near, 1.0, drift)) + lost


def _longest(rate: Floats, completions: Floats, queue: Floats, patience: Floats) -> Floats:
    """Return the longest wait (s): the patience, or that at which the chance to be beyond is that of ``queue`` before one in M/M/c."""
    ratio = np.maximum(rate / np.maximum(completions, TINY), TINY)
    beside = np.abs(ratio - 1) < NEAR
    length = np.where(beside, 1.0, np.log(ratio) / np.where(beside, 1.0, ratio - 1))
    return np.minimum(patience, np.where(queue == 0, 0.0, queue * length / np.maximum(completions, TINY)))
