"""Demands from counts and processor time: the utilisation law as a regression, with what is known beforehand. Pure.

CPU seconds of a service in a time = background · time + Σ requests of a class · demand (utilisation law: Lazowska, Zahorjan,
Graham and Sevcik, 1984). All coefficients are told in units of what is known beforehand, so that 1 is "as the plan says".
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear
from scipy.special import stdtrit

Floats = NDArray[np.float64]
ROUNDS = 4
STEPS, FARTHEST, SETTLED = 12, 3.0, 1e-3
"""Of the search for the most likely numbers: the most steps, the largest factor of one, and the smallest that is worth another."""
TAIL = 0.025
LEAST = 0.02
"""Of what was believed: less than that is nothing, and nothing has no logarithm."""
LEAST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Row:
    """A service in a part of a level: seconds, CPU seconds used, and requests by the name of the number that they cost."""

    service: str
    level: int
    seconds: float
    cpu_s: float
    requests: Mapping[str, float]


@dataclass(frozen=True)
class Prior:
    """A number before anything was seen: seconds of a core (background: cores); relative standard deviation of its own."""

    value: float
    deviation: float


@dataclass(frozen=True)
class Belief:
    """All numbers before anything was seen; ``common`` is the relative standard deviation of a factor that all demands share.

    A machine and its pages are faster or slower as a whole, and each demand is off by itself: what one class shows is
    believed of the others, too, as far as it is common.
    """

    demands: Mapping[str, Prior]
    backgrounds: Mapping[str, Prior]
    common: float

    @property
    def priors(self) -> dict[str, Prior]:
        """Every number by its name, demands first."""
        return {**self.demands, **{background(name): prior for name, prior in self.backgrounds.items()}}


@dataclass(frozen=True)
class Found:
    """A number with its 95 % interval, in the unit of its prior; ``told`` is the part (0..1) of the prior variance that the measurement took away."""

    value: float
    low: float
    high: float
    told: float


@dataclass(frozen=True)
class Fit:
    """Every number; ``covariance`` (n, n) is that of ``names`` in units of their priors.

    ``spread`` is, by service, the variance of its CPU time over that of requests whose works vary with their means; ``drift``
    how much more levels scatter than their parts say.
    """

    numbers: dict[str, Found]
    names: tuple[str, ...]
    covariance: Floats
    spread: dict[str, float]
    drift: float

    def deviation(self, weights: Mapping[str, float]) -> float:
        """Return the standard error of the sum of numbers times ``weights`` (in units of their priors), errors taken together."""
        by = np.array([weights.get(name, 0.0) for name in self.names])
        return math.sqrt(float(by @ self.covariance @ by))


def fit(rows: Sequence[Row], belief: Belief) -> Fit:
    """Return every number (Theil and Goldberger, 1961: mixed estimation; never negative).

    A row's variance grows with the work of the requests in it, which differ within a class; how much is taken from what is
    left over, service by service. Where levels as a whole scatter by more than their parts say, all variances grow (Birge, 1932).
    """
    names = (*belief.demands, *(background(name) for name in belief.backgrounds))
    design, seen = _design(rows, belief, names), np.array([row.cpu_s for row in rows])
    known = _known(belief)
    services = sorted({row.service for row in rows})
    groups = {name: np.array([row.service == name for row in rows]) for name in services}
    shape = np.array([_shape(row, belief) for row in rows])
    spread = dict.fromkeys(services, 1.0)
    for _ in range(ROUNDS):
        variances = np.maximum(LEAST_VARIANCE, shape * np.array([spread[row.service] for row in rows]))
        found, covariance = _solved(design, seen, variances, known)
        left = seen - design @ found
        spread = {name: max(LEAST_VARIANCE, _scale(left[at], shape[at], design[at], covariance, spread[name])) for name, at in groups.items()}
    drift = max(1.0, _drift(rows, left, variances))
    freedom = max(1, len(rows) // max(1, len(services)) - 1)
    return Fit(_numbers(belief, names, found, covariance * drift, known, freedom), names, covariance * drift, spread, drift)


def background(service: str) -> str:
    """Return the name of what a service takes when nobody is there."""
    return f"background.{service}"


def _design(rows: Sequence[Row], belief: Belief, names: tuple[str, ...]) -> Floats:
    """Return (rows, numbers): CPU seconds in each row, were each number what is believed."""
    at, priors = {name: number for number, name in enumerate(names)}, belief.priors
    design = np.zeros((len(rows), len(names)))
    for line, row in zip(design, rows, strict=True):
        for name, count in row.requests.items():
            line[at[name]] = count * priors[name].value
        line[at[background(row.service)]] = row.seconds * priors[background(row.service)].value
    return design


def _known(belief: Belief) -> Floats:
    """Return the covariance (n, n) of the logarithms of what is believed."""
    own = np.array([prior.deviation for prior in belief.priors.values()])
    shared = np.array([belief.common] * len(belief.demands) + [0.0] * len(belief.backgrounds))
    return np.asarray(np.diag(own**2) + np.outer(shared, shared))


def _shape(row: Row, belief: Belief) -> float:
    """Return the variance of a row's CPU time but for a factor: that of sums of independent works, each varying with its mean."""
    works = {name: belief.demands[name].value for name in row.requests}
    mean = max(works.values(), default=belief.backgrounds[row.service].value)
    idle = row.seconds * belief.backgrounds[row.service].value * mean
    return sum(count * works[name] ** 2 for name, count in row.requests.items()) + idle


def _solved(design: Floats, seen: Floats, variances: Floats, known: Floats) -> tuple[Floats, Floats]:
    """Return the numbers (units of what is believed) and their covariance; no number is below ``LEAST``.

    What is believed is log-normal: a number may be several times what the plan says, and a normal belief of the same width
    would hold it back. Its logarithm is taken as a line at the last step's numbers (Gauss and Newton).
    """
    root = np.linalg.inv(np.linalg.cholesky(known))
    weights = 1 / np.sqrt(variances)
    found: Floats = np.ones(design.shape[1])
    for _ in range(STEPS):
        whole = np.vstack([weights[:, None] * design, root / found])
        answer = lsq_linear(whole, np.concatenate([weights * seen, root @ (1 - np.log(found))]), bounds=(LEAST, np.inf))
        before, found = found, np.clip(np.asarray(answer.x), found / FARTHEST, found * FARTHEST)
        if np.max(np.abs(np.log(found / before))) < SETTLED:
            break
    return found, np.asarray(np.linalg.inv(whole.T @ whole))


def _scale(left: Floats, shape: Floats, design: Floats, covariance: Floats, before: float) -> float:
    """Return the variance of a service's rows over their shape, from what is left over and what the fit took away of it."""
    used = float(np.sum((design @ covariance) * design / np.maximum(LEAST_VARIANCE, shape * before)[:, None]))
    return float(np.sum(left**2 / np.maximum(LEAST_VARIANCE, shape))) / max(1.0, len(left) - used)


def _drift(rows: Sequence[Row], left: Floats, variances: Floats) -> float:
    """Return the mean square of what is left over in a level and service as a whole, over its variance."""
    sums: dict[tuple[str, int], list[float]] = {}
    for row, error, variance in zip(rows, left, variances, strict=True):
        one = sums.setdefault((row.service, row.level), [0.0, 0.0])
        one[0] += error
        one[1] += variance
    return float(np.mean([error**2 / variance for error, variance in sums.values()])) if sums else 1.0


def _numbers(belief: Belief, names: tuple[str, ...], found: Floats, covariance: Floats, known: Floats, freedom: int) -> dict[str, Found]:  # noqa: PLR0913, PLR0917 - what a fit comes to
    reach, priors = float(stdtrit(freedom, 1 - TAIL)), belief.priors
    numbers = {}
    for at, name in enumerate(names):
        value, deviation = priors[name].value * found[at], math.sqrt(covariance[at, at])
        width = math.exp(reach * deviation / max(found[at], deviation / 2))
        numbers[name] = Found(value, value / width, value * width, max(0.0, 1 - covariance[at, at] / found[at] ** 2 / known[at, at]))
    return numbers
