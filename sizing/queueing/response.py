"""Distributions as mixtures by their first three moments, and the quantiles of them, many at once.

Each part is a shifted gamma distribution (Pearson's type III) through its mean, standard
deviation and skewness, evaluated by the cube root of Wilson and Hilferty (1931): within
some 2 % of the tail's quantiles for what is no more skew than an exponential.
"""

from dataclasses import dataclass

import numpy as np

from sizing.queueing.arguments import Floats

STEPS, BISECT_EVERY, SETTLED = 12, 3, 1e-6
WIDER = 0.003
LEAST_SKEW, MOST_SKEW, MOST_NEGATIVE_SKEW = 0.02, 4.0, -2.0
NARROW = 1e-4
TINY = 1e-300
SLOPE, BEND = 1.5976, 0.07056


@dataclass(frozen=True)
class Part:
    """One part of a mixture, all (S, C): its share, mean (s), standard deviation (s) and skewness."""

    share: Floats
    mean: Floats
    deviation: Floats
    skew: Floats


def part(share: Floats, mean: Floats, variance: Floats, third: Floats) -> Part:
    """Return a part by its ``share``, ``mean`` (s), ``variance`` (s²) and ``third`` central moment (s³)."""
    deviation = np.sqrt(np.maximum(variance, (NARROW * mean) ** 2)) + TINY
    skew = np.clip(third / deviation**3, MOST_NEGATIVE_SKEW, MOST_SKEW)
    return Part(share, mean, deviation, np.where(np.abs(skew) < LEAST_SKEW, LEAST_SKEW, skew))


def quantile(parts: list[Part], q: float) -> Floats:
    """Return what a share ``q`` of the responses does not exceed (s), (S, C): Newton's steps on the logarithm, kept between bounds."""
    wanted = 1 - q
    low = np.minimum.reduce([_alone(one, np.full(one.share.shape, wanted)) for one in parts]) * (1 - WIDER)
    high = np.maximum.reduce([_alone(one, wanted / np.maximum(one.share * len(parts), wanted)) for one in parts]) * (1 + WIDER)
    at = (low + high) / 2
    for step in range(1, STEPS + 1):
        above, density = _beyond(parts, at)
        more = above > wanted
        low, high = np.where(more, at, low), np.where(more, high, at)
        middle = (low + high) / 2
        newton = at + above * np.log(np.maximum(above, TINY) / wanted) / np.maximum(density, TINY)
        inner = (newton > low) & (newton < high) & (step % BISECT_EVERY > 0)
        at = np.where(inner, newton, middle)
    return at


def _beyond(parts: list[Part], at: Floats) -> tuple[Floats, Floats]:
    """Return the probability that a response is longer than ``at`` (S, C), and its density (1/s)."""
    above, density = np.zeros(at.shape), np.zeros(at.shape)
    for one in parts:
        root = np.cbrt(np.maximum(1 + one.skew / (2 * one.deviation) * (at - one.mean), 1e-9))
        normal = np.clip(6 / one.skew * (root - 1) + one.skew / 6, -8, 8)
        square = normal * normal
        tail = 1 / (1 + np.exp(normal * (SLOPE + BEND * square)))  # Page 1977: the normal distribution within 0.00014
        above += one.share * tail
        density += one.share * tail * (1 - tail) * (SLOPE + 3 * BEND * square) / (one.deviation * root * root)
    return above, density


def _alone(one: Part, tail: Floats) -> Floats:
    """Return what the share ``tail`` of one part exceeds (s): the inverse of the normal distribution by Hastings (1955), within 0.003."""
    less = np.sqrt(-2 * np.log(np.minimum(tail, 1 - tail) + TINY))
    normal = less - (2.30753 + 0.27061 * less) / (1 + less * (0.99229 + 0.04481 * less))
    normal = np.where(tail > 0.5, -normal, normal)  # noqa: PLR2004 - the median
    root = np.maximum(1 + one.skew * normal / 6 - one.skew**2 / 36, 0)
    return one.mean + 2 * one.deviation / one.skew * (root**3 - 1)
