"""Hit ratio of a cache with a life: popularity is Zipf, the ratio follows from the rate."""

from functools import cache as remember
from itertools import pairwise

BINS = 200


@remember
def popularity(pages: int, exponent: float) -> tuple[tuple[float, float], ...]:
    """Return (pages in the bin, share of the requests of one of them): Zipf, ranks in geometric bins."""
    edges = sorted({1, *(min(pages, max(1, round(pages ** (step / BINS)))) for step in range(BINS + 1))})
    edges = [*edges, pages + 1] if edges[-1] <= pages else edges
    bins = [(float(upper - lower), ((lower + upper - 1) / 2) ** -exponent) for lower, upper in pairwise(edges)]
    whole = sum(count * weight for count, weight in bins)
    return tuple((count, weight / whole) for count, weight in bins)


def hit_ratio(rate: float, pages: int, exponent: float, life_s: float, room: float) -> float:
    """Return the share of ``rate`` (requests/s over ``pages``) answered from the cache.

    A page asked for at rate r and kept for T seconds from its last filling is a hit in
    r T / (1 + r T) of its requests (renewal argument: one miss, then r T hits). Where the
    cache has room for fewer pages, T is the characteristic time that fills it (Che et al.'s
    approximation), found by bisection.
    """
    if rate <= 0 or pages < 1 or life_s <= 0 or room <= 0:
        return 0.0
    bins = popularity(pages, exponent)
    life = life_s if _kept(bins, rate, life_s) <= room else _filling(bins, rate, life_s, room)
    return sum(count * share * _hit(rate * share, life) for count, share in bins)


def _hit(rate: float, life_s: float) -> float:
    return rate * life_s / (1 + rate * life_s)


def _kept(bins: tuple[tuple[float, float], ...], rate: float, life_s: float) -> float:
    return sum(count * _hit(rate * share, life_s) for count, share in bins)


def _filling(bins: tuple[tuple[float, float], ...], rate: float, life_s: float, room: float) -> float:
    low, high = 0.0, life_s
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _kept(bins, rate, middle) <= room else (low, middle)
    return low
