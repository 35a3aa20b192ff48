"""Whether chance alone makes a difference: p-values, intervals of ratios, and many of them at once. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import ndtri, stdtr, stdtrit
from scipy.stats import fisher_exact

from loadtests.measure.intervals import Interval

Z_95 = 1.959964
TAIL = 0.025
FREEDOM = 18
"""Of a dispersion: ten parts of each result, less one."""
T_95 = 2.100922
"""Student's t, 97.5 % quantile, 18 degrees of freedom."""


@dataclass(frozen=True)
class Ratio:
    """After over before, less one, with its 95 % interval, and the probability ``p`` that chance alone makes one as far from 0 (two-sided).

    ``value`` is None where it was nothing before, the ends where nothing can be said of them.
    """

    value: float | None
    low: float | None
    high: float | None
    p: float


@dataclass(frozen=True)
class Part:
    """Some of many: how many were found in how many independent ones."""

    found: float
    number: float

    @property
    def share(self) -> float:
        """Found over number."""
        return self.found / self.number if self.number else 0.0


@dataclass(frozen=True)
class Mean:
    """A mean, its standard error, and the degrees of freedom of that."""

    value: float
    error: float
    freedom: float


def of_intervals(before: Interval, after: Interval, p: float | None = None) -> Ratio:
    """Return the ratio of two numbers of which 95 % intervals are known (Zou and Donner, 2008: variances recovered from the ends, of logarithms).

    Without a ``p`` of its own it is that of Student's t, with 18 degrees, whose 95 % interval reaches as far towards the other:
    the ends are Student's, too, and how many degrees they stand on is not told.
    """
    if before.value <= 0 or after.value <= 0:
        same = before.value == after.value
        return Ratio(0.0 if same else None, None, None, 1.0 if p is None else p)
    change = math.log(after.value / before.value)
    down, up = (math.hypot(*ends) for ends in ((_below(after), _above(before)), (_above(after), _below(before))))
    reach = up if change < 0 else down
    found = p if p is not None else student(change / (reach / T_95)) if reach > 0 else float(change == 0)
    return Ratio(math.expm1(change), _less_one(change - down), _less_one(change + up), found)


def _below(one: Interval) -> float:
    return math.log(one.value / one.low) if one.low > 0 else math.inf


def _above(one: Interval) -> float:
    return math.log(max(one.high, one.value) / one.value)


def _less_one(logarithm: float) -> float | None:
    return math.expm1(logarithm) if math.isfinite(logarithm) else None


def of_means(before: Mean, after: Mean) -> Ratio:
    """Return the ratio of two means (Welch, 1947, of logarithms by the delta method)."""
    if before.value <= 0 or after.value <= 0:
        return Ratio(0.0 if before.value == after.value else None, None, None, 1.0)
    change = math.log(after.value / before.value)
    parts = [((one.error / one.value) ** 2, one.freedom) for one in (before, after)]
    variance = sum(part for part, _ in parts)
    if variance <= 0:
        return Ratio(math.expm1(change), math.expm1(change), math.expm1(change), float(change == 0))
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    half = float(stdtrit(freedom, 1 - TAIL)) * math.sqrt(variance)
    return Ratio(math.expm1(change), math.expm1(change - half), math.expm1(change + half), 2 * float(stdtr(freedom, -abs(change) / math.sqrt(variance))))


def of_shares(before: Part, after: Part, p: float, by: float = 1.0) -> Ratio:
    """Return the ratio of two shares (Zou and Donner, 2008, from the ends of Wilson, 1927), where what was found comes together with a dispersion ``by``."""
    if not before.found:
        return Ratio(None if after.found else 0.0, None, None, p)
    old, new = (_wilson(one, by) for one in (before, after))
    if not after.found:
        return Ratio(-1.0, -1.0, new.high / old.low - 1 if old.low > 0 else None, p)
    return of_intervals(old, new, p)


def _wilson(one: Part, by: float) -> Interval:
    """Return a share and the two ends of its 95 % interval."""
    number, square = one.number / by, reach(by) ** 2
    middle, half = one.share + square / (2 * number), math.sqrt(square * (one.share * (1 - one.share) / number + square / (4 * number**2)))
    low, high = ((middle + side * half) / (1 + square / number) for side in (-1, 1))
    return Interval(one.share, max(0.0, low), min(1.0, high), "Wilson")


def student(deviate: float) -> float:
    """Return how likely Student's t is as far from 0."""
    return 2 * float(stdtr(FREEDOM, -abs(deviate)))


def clumped(dispersions: Sequence[float]) -> float:
    """Return the dispersion that counts for both results, from that of each: 1 at least."""
    return max(1.0, sum(dispersions) / len(dispersions))


def reach(by: float) -> float:
    """Return how many standard errors a 95 % interval reaches, of a dispersion ``by``: one above 1 is estimated from ten parts of each result."""
    return Z_95 if by <= 1 else T_95


def of_parts(before: Part, after: Part, by: float = 1.0) -> float:
    """Return how likely two shares differ as much by chance (Fisher's exact test, 1935), where what was found comes together with a dispersion ``by``.

    Then so many fewer count as independent ones; and the dispersion is itself an estimate, so that the tails are those of
    Student's t.
    """
    table = [[round(one.found / by), max(0, round(one.number / by) - round(one.found / by))] for one in (before, after)]
    p = min(1.0, float(fisher_exact(table)[1]))
    return p if by <= 1 else 2 * float(stdtr(FREEDOM, float(ndtri(p / 2))))


def sure(chances: Sequence[float], level: float) -> list[bool]:
    """Tell of each difference whether it is sure, all of them judged together: one call too many has at most the probability ``level`` (Holm, 1979)."""
    found, left = [False] * len(chances), len(chances)
    for number in sorted(range(len(chances)), key=lambda one: chances[one]):
        if chances[number] > level / left:
            break
        found[number], left = True, left - 1
    return found
