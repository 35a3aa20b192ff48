"""The share of a stream of yes and no, in bounded memory: batch means, so that what hangs together in time is not counted twice."""

from typing import Final

import numpy as np

from sizing.evidence import Array
from sizing.observing.interval import Estimate, share_of

MOST: Final = 1024
FEWEST: Final = 20
MOST_LEFT: Final = 0.8


class Batches:
    """Sums of equal batches; when there are too many, pairs become one and batches twice as long (Yeh and Schmeiser, 2000)."""

    def __init__(self) -> None:
        self.length = 1
        self.sums: list[int] = []
        self.inside = self.begun = 0

    def add(self, yes: bool) -> None:  # noqa: FBT001 - one of a stream
        """Take the next one."""
        self.inside += yes
        self.begun += 1
        if self.begun < self.length:
            return
        self.sums.append(self.inside)
        self.inside = self.begun = 0
        if len(self.sums) == MOST:
            self.sums = [first + second for first, second in zip(self.sums[::2], self.sums[1::2], strict=True)]
            self.length *= 2

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.sums) * self.length + self.begun

    def share(self) -> Estimate | None:
        """Return the share of yes; None where there are too few for an interval.

        Batches are joined until neighbours no longer hang together (the lag-one autocorrelation of their means is within one
        standard error), down to 20 of them; what is left of it is taken as that of a first-order autoregression.
        """
        if len(self.sums) < FEWEST:
            return None
        means = np.array(self.sums, dtype=float) / self.length
        while len(means) >= 2 * FEWEST and autocorrelation(means) > 1 / len(means) ** 0.5:
            means = means[: len(means) // 2 * 2].reshape(-1, 2).mean(axis=1)
        left = min(max(autocorrelation(means), 0.0), MOST_LEFT)
        variance = float(np.var(means, ddof=1)) / len(means) * (1 + left) / (1 - left)
        return share_of(sum(self.sums) + self.inside, self.count, variance, len(means) - 1)


def autocorrelation(values: Array) -> float:
    """Return the lag-one autocorrelation; 0 where nothing varies."""
    rest = values - np.mean(values)
    variance = float(np.sum(rest**2))
    return float(np.sum(rest[1:] * rest[:-1])) / variance if variance > 0 else 0.0
