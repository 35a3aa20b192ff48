"""Distributions as mixtures by their first three moments, and the quantiles of them, many at once.

Each part is a shifted gamma distribution (Pearson's type III) through its mean, standard
deviation and skewness, evaluated by the cube root of Wilson and Hilferty (1931): within
some 2 % of the tail's quantiles for what is no more skew than an exponential.
"""

from dataclasses import dataclass, fields

import numpy as np

from sizing.queueing.arguments import Floats

STEPS, MORE_STEPS, SETTLED = 5, 40, 1e-7
WIDER = 0.003
LEAST_SKEW, MOST_SKEW, MOST_NEGATIVE_SKEW = 0.02, 4.0, -2.0
NARROW = 1e-4
LEAST_ROOT, FARTHEST = 1e-9, 8.0
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
    """Return what a share ``q`` (0..1) of the responses does not exceed (s), (S, C), within SETTLED of itself."""
    shape = parts[0].share.shape
    share, mean, deviation, skew = (np.stack([getattr(one, field.name).ravel() for one in parts]) for field in fields(Part))
    wanted = 1 - q
    high = _alone(mean, deviation, skew, wanted / np.maximum(share * len(parts), wanted)).max(axis=0) * (1 + WIDER)
    across = skew / (2 * deviation)
    curves = np.stack((share, share / deviation, across, 1 - across * mean, 6 / skew, skew / 6 - 6 / skew))
    low = np.zeros_like(high)
    at, last = _between(curves, wanted, low, high, high, high, STEPS)
    rest = np.flatnonzero(last > SETTLED * at)
    if rest.size:
        at[rest], _ = _between(curves[:, :, rest], wanted, low[rest], high[rest], at[rest], last[rest], MORE_STEPS)
    return at.reshape(shape)


def beyond(parts: list[Part], at: Floats) -> Floats:
    """Return the share (S, C) of the responses that are longer than ``at`` (s), (S, C)."""
    above = np.zeros(at.shape)
    for one in parts:
        root = np.cbrt(np.maximum(1 + one.skew / (2 * one.deviation) * (at - one.mean), LEAST_ROOT))
        normal = np.clip(6 / one.skew * (root - 1) + one.skew / 6, -FARTHEST, FARTHEST)
        above += one.share / (1 + np.exp(normal * (SLOPE + BEND * normal * normal)))
    return above


def _between(curves: Floats, wanted: float, low: Floats, high: Floats, at: Floats, last: Floats, steps: int) -> tuple[Floats, Floats]:  # noqa: PLR0913, PLR0917
    """Return where the share ``wanted`` is beyond, and the last step to it, by Newton's steps on the logarithm kept between ``low`` and ``high``."""
    share, weight, across, start, height, shift = curves
    for _ in range(steps):
        root = np.cbrt(np.maximum(across * at + start, LEAST_ROOT))
        normal = np.clip(height * root + shift, -FARTHEST, FARTHEST)
        square = normal * normal
        tail = 1 / (1 + np.exp(normal * (SLOPE + BEND * square)))  # Page 1977: the normal distribution within 0.00014
        above = np.einsum("ki,ki->i", share, tail)
        density = np.einsum("ki,ki->i", weight, tail * (1 - tail) * (SLOPE + 3 * BEND * square) / (root * root))
        more = above > wanted
        low, high = np.where(more, at, low), np.where(more, high, at)
        step = above * np.log(np.maximum(above, TINY) / wanted) / np.maximum(density, TINY)
        size = np.abs(step)
        good = (at + step >= low * (1 - SETTLED)) & (at + step <= high * (1 + SETTLED)) & (size <= np.maximum(last / 2, SETTLED * at))
        at, last = np.where(good, at + step, (low + high) / 2), np.where(good, size, (high - low) / 2)
    return at, last


def _alone(mean: Floats, deviation: Floats, skew: Floats, tail: Floats) -> Floats:
    """Return what the share ``tail`` of one part exceeds (s): the inverse of the normal distribution by Hastings (1955), within 0.003."""
    less = np.sqrt(-2 * np.log(np.minimum(tail, 1 - tail) + TINY))
    normal = np.copysign(less - (2.30753 + 0.27061 * less) / (1 + less * (0.99229 + 0.04481 * less)), 0.5 - tail)
    root = np.maximum(1 + skew * normal / 6 - skew**2 / 36, 0)
    result: Floats = mean + 2 * deviation / skew * (root**3 - 1)
    return result
