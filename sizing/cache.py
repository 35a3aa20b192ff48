"""Hit ratio of a cache: popularity is Zipf; the ratio follows from the rate, the life of an entry and the room."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from sizing.evidence import Array

SINGLE: Final = 4
BINS: Final = 16
NEAR_ONE: Final = 1e-7
SECANTS: Final = 30
NEAR: Final = 1e-4
SELDOM: Final = 1e-9
SMALLEST: Final = 1e-300
TIMES: Final = 60.0
NEWTONS: Final = 12


def popularity(entries: Array, exponent: Array) -> tuple[Array, Array]:
    """Return (entries in a bin, share of the requests of one of them), both (S, bins).

    Zipf (1949): an entry's share goes with rank^-exponent. The first ranks have a bin each; later ones share geometric
    bins, whose weight is the integral over them.
    """
    end = np.maximum(entries, 1.0)[:, None] + 0.5
    ranks = np.arange(1, SINGLE + 1)[None, :]
    single = np.clip(end - (ranks - 0.5), 0.0, 1.0)
    start = SINGLE + 0.5
    edges = start * np.power(np.maximum(end / start, 1.0), np.linspace(0, 1, BINS + 1)[None, :])
    power = np.where(np.abs(1 - exponent) < NEAR_ONE, NEAR_ONE, 1 - exponent)[:, None]
    area = np.diff(np.power(edges, power) / power, axis=1)
    width = np.concatenate([single, np.diff(edges, axis=1)], axis=1)
    weight = np.concatenate([single * np.power(ranks, -exponent[:, None]), area], axis=1)
    return width, np.divide(weight, width, out=np.zeros_like(weight), where=width > 0) / np.sum(weight, axis=1, keepdims=True)


def hit_ratio(rate: ArrayLike, entries: ArrayLike, exponent: ArrayLike, life_s: ArrayLike, room: ArrayLike) -> Array:
    """Return the share (S,) of ``rate`` (requests/s over ``entries``) that a cache with ``room`` entries answers; see ``answered``."""
    rate, entries, exponent, life_s, room = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, dtype=float)) for x in (rate, entries, exponent, life_s, room)))
    return np.where(entries >= 1, answered(popularity(entries, exponent), rate, life_s, room), 0.0)


def life(longest_s: Array, purges: Array) -> Array:
    """Return the mean life (S,) of an entry that is kept for ``longest_s`` and purged at random at a rate of ``purges`` per second."""
    often = np.maximum(purges, SMALLEST)
    return np.where(often * longest_s > SELDOM, -np.expm1(-often * longest_s) / often, longest_s)


def answered(popular: tuple[Array, Array], rate: Array, life_s: Array, room: Array) -> Array:
    """Return the share (S,) of ``rate`` (requests/s) over entries as ``popular`` says that a cache answers; lives are (S,) or (S, bins).

    An entry that is asked for at rate r and kept for T seconds from its filling, but no longer than t without a request,
    has on the mean N = 1/(1/(r T) + 1/(exp(r t) - 1)) hits for each miss. Without a limit of room (t infinite) this is
    the renewal argument r T/(1 + r T); without a life it is Che's approximation 1 - exp(-r t) for LRU (Che, Tung & Wang,
    2002); between the two the harmonic sum is an interpolation. t, the characteristic time, fills the room.
    """
    count, share = popular
    each = np.maximum(rate, 0.0)[:, None] * share
    aged = each * np.maximum(life_s if life_s.ndim > 1 else life_s[:, None], 0.0)
    hits = aged / (1 + aged)
    tight = (np.sum(count * hits, axis=1) > room * (1 + 1e-9)) & (room > 0)
    if tight.any():
        hits[tight] = _limited(count[tight], each[tight], aged[tight], room[tight])
    return np.where((rate > 0) & (room > 0), np.sum(count * share * hits, axis=1), 0.0)


def kept(popular: tuple[Array, Array], entries: Array, room: Array) -> Array:
    """Return the hit ratio (S,) of an LRU cache whose entries have no end of life: 1 where there is room for all, whatever the rate.

    Che's approximation; the characteristic time by Newton's steps, which come from below as the content is concave in time.
    """
    hits = np.ones(len(room))
    tight = np.flatnonzero(room < entries)
    count, share, space = popular[0][tight], popular[1][tight], np.maximum(room[tight], SMALLEST)
    time = space.copy()
    for _ in range(NEWTONS):
        gone = np.exp(-np.minimum(share * time[:, None], TIMES))
        missing = space - np.einsum("ij,ij->i", count, 1 - gone)
        time += np.maximum(missing, 0) / np.maximum(np.einsum("ij,ij,ij->i", count, share, gone), SMALLEST)
        if float(np.max(missing / space, initial=0.0)) < NEAR:
            break
    hits[tight] = np.einsum("ij,ij->i", count * share, 1 - np.exp(-np.minimum(share * time[:, None], TIMES)))
    return hits


def _limited(count: Array, each: Array, aged: Array, room: Array) -> Array:
    """Return hit ratios (S, bins) where the room binds: the characteristic time by secants between the logarithms of time and content."""
    slowest = np.min(np.where(each > 0, each, np.inf), axis=1)
    low, high = np.log(1e-6 / np.max(each, axis=1)), np.log(TIMES / slowest)
    below, above = np.full(len(low), np.log(1e-9)), np.log(np.sum(count * aged / (1 + aged), axis=1) / room)
    at = np.log(room / np.sum(count * each, axis=1))
    hits = aged
    for step in range(SECANTS):
        hits = _hits(each * np.exp(at)[:, None], aged)
        excess = np.log(np.maximum(np.sum(count * hits, axis=1), SMALLEST) / room)
        if float(np.max(np.abs(excess))) < NEAR:
            break
        full = excess > 0
        low, below = np.where(full, low, at), np.where(full, below, excess)
        high, above = np.where(full, at, high), np.where(full, excess, above)
        secant = low + (high - low) * np.clip(-below / (above - below), 0.02, 0.98)
        at = np.where((step % 3 == 2) | (below < -1), (low + high) / 2, secant)  # noqa: PLR2004 - every third cut is in the middle
    return hits


def _hits(idle: Array, aged: Array) -> Array:
    """Return the hit ratio of entries with r t = ``idle`` and r T = ``aged``."""
    stayed = np.expm1(np.minimum(idle, TIMES))
    both = stayed * aged
    return both / (both + stayed + aged + SMALLEST)
