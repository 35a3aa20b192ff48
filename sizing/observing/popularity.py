"""The exponent of the pages' popularity (Zipf) from how often each was read."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sizing.evidence import Array
from sizing.observing.interval import NORMAL, Estimate

FEWEST_VIEWS: Final = 500
FEWEST_PAGES: Final = 20
LARGEST: Final = 3.0
RANKS: Final = 20_000
MOST_PAGES: Final = 200_000
SEED: Final = 6
DRAWN: Final = 500_000
TIMES: Final = (12, 60)
SPREADS: Final = np.array([-3.0, -1.5, 0.0, 1.5, 3.0])
CLOSE: Final = 1e-6
STEPS: Final = 50
REPEATED: Final = 2
FLAT: Final = 0.05
"""Where pages are nearly alike, the order by count hardly depends on the exponent any more."""


@dataclass(frozen=True)
class Popularity:
    """The exponent, and the number of pages that there must be for so many different ones to have been seen."""

    exponent: Estimate
    pages: int
    seen: int


def popularity(counts: Array, pages: int | None = None) -> Popularity | None:
    """Return the exponent from ``counts`` (views of each page that was seen); None where they are too few, or pages too much alike.

    Maximum likelihood over ranks by count is biased: chance alone puts pages into an order, which looks like popularity. So
    the bias and the error are those of the same estimate on samples drawn from a known exponent: the value is the exponent
    whose samples give what was seen on the mean, the interval holds those of which what was seen is no outlier (indirect
    inference: Gourieroux, Monfort and Renault, 1993). ``pages``: how many there are; None: as many as the number of different
    ones that were seen asks for.
    """
    views, seen = float(np.sum(counts)), len(counts)
    if views < FEWEST_VIEWS or seen < FEWEST_PAGES or views < REPEATED * seen:
        return None
    raw = by_rank(counts)
    sample = _Sample(views, seen, pages)
    mean, error = sample.at(raw, 0)
    centre, spread = raw - (mean - raw), max(error, 1e-4)
    centre = min(max(centre, 3 * spread), LARGEST - 3 * spread)
    tried = centre + SPREADS * spread
    found = np.array([sample.at(float(one), at + 1) for at, one in enumerate(tried)])
    slope, start = np.polyfit(tried - centre, found[:, 0], 1)
    if slope < FLAT:
        return None
    wide = NORMAL * float(np.mean(found[:, 1])) / slope
    whole = centre + (raw - start) / slope
    if whole + wide <= 0:
        return None
    value, limits = max(0.0, whole), (max(0.0, whole - wide), max(0.0, whole + wide))
    return Popularity(Estimate(value, *limits, round(views)), sample.pages_at(value), seen)


def by_rank(counts: Array, begin: float = 1.0) -> float:
    """Return the exponent that makes ``counts``, the largest as rank 1, most likely among the first 20,000 (by Newton's steps from ``begin``)."""
    first = np.sort(counts)[::-1][:RANKS]
    logs = np.log(np.arange(1, len(first) + 1))
    wanted = float(np.sum(first * logs) / np.sum(first))
    exponent = begin
    for _ in range(STEPS):
        weights = np.exp(-exponent * logs)
        weights /= np.sum(weights)
        mean = float(weights @ logs)
        step = (mean - wanted) / max(float(weights @ (logs - mean) ** 2), CLOSE)
        before, exponent = exponent, min(max(exponent + step, 0.0), LARGEST)
        if abs(exponent - before) < CLOSE:
            break
    return exponent


@dataclass(frozen=True)
class _Sample:
    """Samples as large as what was seen."""

    views: float
    seen: int
    pages: int | None

    def at(self, exponent: float, stream: int) -> tuple[float, float]:
        """Return mean and standard deviation of the estimate on samples of an exponent."""
        rates = self.views * _shares(exponent, self.pages_at(exponent))
        draw = np.random.default_rng([SEED, stream])
        times = int(np.clip(DRAWN // len(rates), *TIMES))
        found = [by_rank(counts[counts > 0], exponent) for counts in (draw.poisson(rates).astype(float) for _ in range(times))]
        return float(np.mean(found)), float(np.std(found, ddof=1))

    def pages_at(self, exponent: float) -> int:
        """Return how many pages there must be for ``seen`` different ones among the views, if the exponent is this one."""
        if self.pages is not None:
            return max(self.pages, self.seen)
        low, high = self.seen, self.seen
        while high < MOST_PAGES and self._seen_of(exponent, high) < self.seen:
            low, high = high, min(high * 2, MOST_PAGES)
        while high - low > max(1, low // 1000):
            middle = (low + high) // 2
            low, high = (middle, high) if self._seen_of(exponent, middle) < self.seen else (low, middle)
        return high

    def _seen_of(self, exponent: float, pages: int) -> float:
        return float(np.sum(-np.expm1(-self.views * _shares(exponent, pages))))


def _shares(exponent: float, pages: int) -> Array:
    weights = np.arange(1, pages + 1, dtype=float) ** -exponent
    return np.asarray(weights / np.sum(weights))
