"""Values with an interval: rates and shares whose counts come in clusters, of people and of days."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sizing.evidence import Array

CONFIDENCE: Final = 0.95
TAIL: Final = (1 - CONFIDENCE) / 2
NORMAL: Final = 1.959963984540054
FEW: Final = 3
JEFFREYS: Final = 0.5


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, and how many things were counted for it."""

    value: float
    low: float
    high: float
    counted: int

    def scaled(self, factor: float) -> "Estimate":
        """Return it in another unit."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor, self.counted)


def ratio_variance(number: Array, of: Array) -> tuple[float, int]:
    """Return the variance of sum(number)/sum(of), and its degrees of freedom; cells are (groups of people, days).

    What one person does hangs together over the days, and what happens on one day over the people: clusters in two ways
    (Cameron, Gelbach and Miller, 2011). With fewer than three days people alone are the clusters.
    """
    whole = float(np.sum(of))
    rest = number - float(np.sum(number)) / whole * of
    groups, days = (int(np.count_nonzero(np.sum(of, axis=axis))) for axis in (1, 0))
    by_group = float(np.sum(np.sum(rest, axis=1) ** 2)) * groups / max(groups - 1, 1)
    cells = float(np.sum(rest**2))
    if days < FEW:
        return max(by_group, cells) / whole**2, max(groups - 1, 1)
    by_day = float(np.sum(np.sum(rest, axis=0) ** 2)) * days / (days - 1)
    both = by_group + by_day - cells
    found = both if both > cells / 2 else max(by_group, by_day)
    return found / whole**2, max(min(groups, days) - 1, 1)


def rate(number: Array, of: Array) -> Estimate:
    """Return sum(number)/sum(of), a rate; the interval is that of a Poisson rate (Jeffreys) with as many events as the variance is worth."""
    from scipy import stats  # noqa: PLC0415 - a second of import that only observing needs

    events, whole = float(np.sum(number)), float(np.sum(of))
    value = events / whole
    if not events:
        return Estimate(0.0, 0.0, float(stats.gamma.ppf(1 - TAIL, JEFFREYS)) / whole, 0)
    variance, freedom = ratio_variance(number, of)
    worth = value**2 / variance if variance > 0 else events
    worth *= (NORMAL / float(stats.t.ppf(1 - TAIL, freedom))) ** 2
    low, high = (float(stats.gamma.ppf(tail, worth + JEFFREYS)) * value / worth for tail in (TAIL, 1 - TAIL))
    return Estimate(value, min(low, value), max(high, value), round(events))


def share(number: Array, of: Array) -> Estimate:
    """Return sum(number)/sum(of), a share, with Jeffreys's interval for as many draws as the variance is worth (as Korn and Graubard, 1998)."""
    variance, freedom = ratio_variance(number, of)
    return share_of(float(np.sum(number)), float(np.sum(of)), variance, freedom)


def share_of(number: float, whole: float, variance: float, freedom: int) -> Estimate:
    """Return number/whole as a share whose ``variance`` is known with ``freedom`` degrees of freedom."""
    from scipy import stats  # noqa: PLC0415 - a second of import that only observing needs

    value = number / whole
    draws = value * (1 - value) / variance if variance > 0 else whole
    draws *= (NORMAL / float(stats.t.ppf(1 - TAIL, freedom))) ** 2
    inside, outside = value * draws + JEFFREYS, (1 - value) * draws + JEFFREYS
    low, high = (float(stats.beta.ppf(tail, inside, outside)) for tail in (TAIL, 1 - TAIL))
    return Estimate(value, 0.0 if not number else min(low, value), 1.0 if number >= whole else max(high, value), round(whole))


def jackknifed(value: float, without: Array, counted: int) -> Estimate:
    """Return a positive ``value`` with the interval that leaving out one of the groups of people at a time gives, on the log scale (Wolter, 2007)."""
    from scipy import stats  # noqa: PLC0415 - a second of import that only observing needs

    groups = len(without)
    logs = np.log(without)
    error = float(np.sqrt((groups - 1) / groups * np.sum((logs - np.mean(logs)) ** 2)))
    wide = float(np.exp(stats.t.ppf(1 - TAIL, groups - 1) * error))
    return Estimate(value, value / wide, value * wide, counted)
