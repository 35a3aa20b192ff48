"""The universal scalability law through measured capacities (Gunther, 1993 and 2007). Pure.

C(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)), with lambda > 0 and sigma, kappa ≥ 0. Turned over it is a plane,
N / C(N) = a + b (N - 1) + c N (N - 1) with a = 1 / lambda, b = sigma / lambda, c = kappa / lambda, whose least squares
under a, b, c ≥ 0 have one answer (Lawson and Hanson, 1974).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from loadtests.capacity.measured import Extent

Floats = NDArray[np.float64]
DRAWS = 1000
SEED = 1993
TAIL = 0.025
T_NORMAL = 1.96
LEAST = 0.05
"""Of the value: an end of an interval that is nearer to nothing counts as this, since the logarithm of nothing is no number."""
NARROWEST = 1e-3
TWO = 2


@dataclass(frozen=True)
class Law:
    """One curve."""

    one: float
    contention: float
    coherence: float

    def at(self, number: float) -> float:
        """Return the capacity with ``number``."""
        return self.one * number / (1 + self.contention * (number - 1) + self.coherence * number * (number - 1))

    @property
    def most_at(self) -> float:
        """Where the curve is highest; inf: it grows for ever."""
        if self.coherence <= 0:
            return math.inf if self.contention < 1 else 1.0
        return max(1.0, math.sqrt(max(0.0, 1 - self.contention) / self.coherence))


@dataclass(frozen=True)
class Fitted:
    """The curve through all capacities, and through each draw of them."""

    law: Law
    draws: tuple[Law, ...]
    coherence_known: bool

    def at(self, number: float) -> Extent:
        """Return the capacity with ``number``, and its 95 % interval."""
        return extent(self.law.at(number), [law.at(number) for law in self.draws])


def drawn(found: Extent, draw: np.random.Generator, many: int = DRAWS) -> Floats:
    """Return draws of a capacity: its logarithm is normal on either side, as wide as the interval's end there says."""
    below, above = (max(NARROWEST, abs(math.log(max(end, LEAST * found.value) / found.value)) / T_NORMAL) for end in (found.low, found.high))
    z = draw.standard_normal(many)
    return np.asarray(found.value * np.exp(np.where(z < 0, below, above) * z))


def samples(capacities: Mapping[int, Extent]) -> dict[int, Floats]:
    """Return draws of each capacity; the same capacities give the same draws."""
    return {number: drawn(found, np.random.default_rng((SEED, number))) for number, found in sorted(capacities.items()) if found.value > 0}


def fit(capacities: Mapping[int, Extent]) -> Fitted | None:
    """Return the law through ``capacities`` by number; None where fewer than two tell anything, or none lets a single one be told."""
    told = {number: found for number, found in sorted(capacities.items()) if found.value > 0}
    if len(told) < TWO:
        return None
    numbers, values = np.array(list(told), dtype=float), np.array([found.value for found in told.values()])
    widths = np.array([max(NARROWEST, math.log(found.high / max(found.low, LEAST * found.value)) / 2 / T_NORMAL) for found in told.values()])
    terms = [np.ones_like(numbers), numbers - 1, numbers * (numbers - 1)][: 3 if len(told) > TWO else TWO]
    plane, rows = np.column_stack(terms), np.column_stack(list(samples(told).values()))
    law = _law(plane, numbers, values, widths)
    draws = tuple(one for one in (_law(plane, numbers, row, widths) for row in rows) if one is not None)
    return Fitted(law, draws, len(told) > TWO) if law is not None and draws else None


def _law(plane: Floats, numbers: Floats, capacities: Floats, widths: Floats) -> Law | None:
    """Return the law of least squares, each row weighted by the width of its logarithm; None where a single one would carry any load."""
    turned = numbers / capacities
    weights = 1 / (widths * turned)
    found, _ = nnls(plane * weights[:, None], turned * weights)
    first, *rest = (float(one) for one in found)
    if first <= 0:
        return None
    return Law(1 / first, rest[0] / first, rest[1] / first if len(rest) > 1 else 0.0)


def extent(value: float, draws: list[float] | Floats) -> Extent:
    """Return a number with the ends between which 95 of 100 draws lie; it is never outside them."""
    low, high = (float(end) for end in np.quantile(np.asarray(draws, dtype=float), (TAIL, 1 - TAIL), method="closest_observation"))
    return Extent(value=value, low=min(low, value), high=max(high, value))
