"""Where a series has forgotten how it began."""

from collections.abc import Sequence

import numpy as np

BATCH = 5
LEAST = 20
END_LEAST, END_PART = 5, 10


def warm_up(series: Sequence[float]) -> int | None:
    """Return how many values of ``series`` (in order of time) to leave out; None where it has not settled, or is too short.

    MSER-5 (White, 1997; White, Cobb and Spratt, 2000): means of 5 values; leave out as many of the first as make the sum
    of squared differences from the mean of the others, divided by the square of their number, least. Where that lies in
    the second half the series has not settled. Values are taken by their ranks, so that one outlier (a stall of seconds)
    does not look like the end of the warm-up. The last tenth is not tried: a few values are alike by chance (Hoad,
    Robinson and Davies, 2010).
    """
    if len(series) < LEAST:
        return None
    ranks = _ranks(series)
    whole = len(ranks) // BATCH
    means = ranks[: whole * BATCH].reshape(whole, BATCH).mean(axis=1)
    left = np.arange(whole, 0, -1)
    sums = np.cumsum(means[::-1])[::-1]
    squares = np.cumsum((means**2)[::-1])[::-1]
    spread = (squares - sums**2 / left) / left**2
    cut = int(np.argmin(spread[: max(1, whole - max(END_LEAST, whole // END_PART))]))
    return cut * BATCH if cut <= whole // 2 else None


def _ranks(series: Sequence[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the rank of each value; equal ones share the mean of theirs."""
    _, at, counts = np.unique(np.asarray(series), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[at], dtype=np.float64)
