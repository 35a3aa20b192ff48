"""How sure a measured number is: confidence intervals of a mean, of a quantile, and of a share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
BATCHES = 10
LEAST_IN_BATCH = 40
T_9 = 2.262157
"""Student's t, 97.5 % quantile, 9 degrees of freedom: ten batches."""
LEAST_ORDERED = 59
"""Of fewer values the largest is not above the 95 % quantile with 95 % confidence: 0.95^59 < 0.05."""


@dataclass(frozen=True)
class Interval:
    """A measured number and where the true one lies with 95 % confidence; ``method`` is how that was found."""

    value: float
    low: float
    high: float
    method: str

    @property
    def half_width(self) -> float:
        """Half of the interval's width."""
        return (self.high - self.low) / 2


def mean_interval(series: Sequence[float]) -> Interval | None:
    """Return the mean of ``series`` (in order of time) by batch means; None where there are fewer than two values a batch.

    Schmeiser, 1982: ten to thirty batches; means of long batches are nearly independent though neighbours are not.
    """
    if len(series) < 2 * BATCHES:
        return None
    means = [float(np.mean(part)) for part in np.array_split(np.asarray(series, dtype=float), BATCHES)]
    return _student(float(np.mean(np.asarray(series, dtype=float))), means, "batch means")


def quantile_interval(series: Sequence[float], share: float) -> Interval | None:
    """Return the quantile of ``series`` (in order of time) below which ``share`` of it lies; None where it holds too little.

    Batch quantiles (Muñoz, 2010) with 40 values a batch and more: neighbours may depend on each other. With fewer
    values by order statistics (David and Nagaraja, 2003, 7.1), whatever the distribution, of independent values;
    59 are the least of which 95 % confidence of a 95 % quantile can come.
    """
    values = np.asarray(series, dtype=float)
    if len(values) < LEAST_ORDERED:
        return None
    point = quantile(values, share)
    if len(values) < BATCHES * LEAST_IN_BATCH:
        return _ordered(values, share, point)
    parts = [quantile(part, share) for part in np.array_split(values, BATCHES)]
    return _student(point, parts, "batch quantiles")


def quantile(values: Sequence[float] | np.ndarray[tuple[int, ...], np.dtype[np.float64]], share: float) -> float:
    """Return the smallest of ``values`` that ``share`` of them do not exceed (nearest rank)."""
    return float(np.quantile(np.asarray(values), share, method="inverted_cdf"))


def _student(value: float, parts: Sequence[float], method: str) -> Interval:
    half = T_9 * float(np.std(parts, ddof=1)) / math.sqrt(len(parts))
    return Interval(value, max(0.0, value - half), value + half, method)


def _ordered(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], share: float, point: float) -> Interval:
    """Return the interval between the two order statistics that the quantile is outside of with 2.5 % each (the upper with 5 % where the largest is needed)."""
    ordered, number = np.sort(values), len(values)
    below = _binomial(number, share)
    tail = (1 - CONFIDENCE) / 2
    low = max(0, int(np.searchsorted(below, tail, side="right")) - 1)
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    return Interval(point, float(ordered[low]), float(ordered[min(high, number - 1)]), "order statistics")


def _binomial(number: int, share: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return P(X ≤ k) for k = 0..number of a binomial number of ``number`` with ``share``."""
    k = np.arange(number + 1)
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, number + 1)))))
    chances = logs[number] - logs[k] - logs[number - k] + k * np.log(share) + (number - k) * np.log1p(-share)
    return np.asarray(np.cumsum(np.exp(chances)))


def share_high(found: int, number: int) -> float:
    """Return the 95 % upper bound of a share of which ``found`` in ``number`` were seen (Wilson, 1927, one-sided)."""
    return _wilson(found, number, 1)


def share_low(found: int, number: int) -> float:
    """Return its 95 % lower bound."""
    return _wilson(found, number, -1)


def _wilson(found: int, number: int, side: int) -> float:
    z = 1.644854
    if number == 0:
        return 1.0 if side > 0 else 0.0
    share = found / number
    middle = share + z * z / (2 * number)
    half = z * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return min(1.0, max(0.0, (middle + side * half) / (1 + z * z / number)))
