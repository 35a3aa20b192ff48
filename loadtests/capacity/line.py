"""A straight line through levels, with what is known beforehand; and the distribution of a number that was estimated."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
TAIL = 0.025


@dataclass(frozen=True)
class Point:
    """One level: ``y`` was seen at ``x``, with ``variance``."""

    x: float
    y: float
    variance: float


@dataclass(frozen=True)
class Belief:
    """What is known of a coefficient before anything was seen: its mean and standard deviation (inf: nothing)."""

    mean: float = 0.0
    deviation: float = math.inf

    @property
    def precision(self) -> float:
        """One over the variance."""
        return self.deviation**-2


@dataclass(frozen=True)
class Line:
    """y = ``base`` + ``slope`` · x, the covariance of the two (2, 2), and the degrees of freedom that the variance stands on."""

    base: float
    slope: float
    covariance: Floats
    freedom: float

    def variance(self, by_base: float, by_slope: float) -> float:
        """Return the variance of what has these derivatives by base and slope (delta method)."""
        by = np.array([by_base, by_slope])
        return float(by @ self.covariance @ by)


def line(points: Sequence[Point], base: Belief, slope: Belief, freedom: float) -> Line:
    """Return the line of least squares, weighted by the variances, which were estimated with ``freedom`` degrees.

    Beliefs count as observations of the coefficients themselves (generalised least squares: Aitken, 1935; as a prior:
    Theil and Goldberger, 1961). Where the points scatter about the line by more than their variances say, these are too
    small and are multiplied by as much (Birge, 1932).
    """
    x = np.array([[1.0, point.x] for point in points])
    y, weights = np.array([point.y for point in points]), np.array([1 / point.variance for point in points])
    known = np.diag([base.precision, slope.precision])
    covariance = np.linalg.inv(x.T @ (weights[:, None] * x) + known)
    found = covariance @ (x.T @ (weights * y) + known @ np.array([base.mean, slope.mean]))
    left = len(points) - 1
    birge = float(weights @ (y - x @ found) ** 2) / left if left else 1.0
    return Line(float(found[0]), float(found[1]), covariance * max(1.0, birge), freedom)


@dataclass(frozen=True)
class Estimate:
    """A load at which a target is met just so: its logarithm is distributed about that of ``value`` as Student's t with ``freedom`` degrees."""

    target: str
    value: float
    deviation: float
    freedom: float

    def below(self, load: float) -> float:
        """Return the probability that the true one is below ``load``."""
        if self.value <= 0 or load <= 0:
            return float(self.value <= 0)
        return float(stdtr(self.freedom, math.log(load / self.value) / max(1e-9, self.deviation)))

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends of the 95 % interval."""
        reach = float(stdtrit(self.freedom, 1 - TAIL)) * self.deviation
        return self.value * math.exp(-reach), self.value * math.exp(reach)


@dataclass(frozen=True)
class Bracket:
    """A load between one at which a target was met (0: none was) and one at which it was missed; any between is as likely."""

    target: str
    low: float
    high: float

    @property
    def value(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    def below(self, load: float) -> float:
        """Return the probability that the true one is below ``load``."""
        return min(1.0, max(0.0, (load - self.low) / max(1e-12, self.high - self.low)))

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high
