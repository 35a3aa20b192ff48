"""Who is read most: Zipf's law, and how a number of comments, links or edits is divided by it."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from loadtests.seed.chance import Chance

EXPONENT = 0.9  # as sizing/evidence/content.yaml says; a constant, since another exponent would be other content


def weights(number: int, exponent: float = EXPONENT) -> list[float]:
    """Return the share of each rank from 1 on: rank ** -exponent, divided by their sum (Zipf, 1949)."""
    raw = [rank**-exponent for rank in range(1, number + 1)]
    whole = sum(raw)
    return [one / whole for one in raw]


def ranks(chance: Chance, number: int) -> list[int]:
    """Return a rank (1 is read most) for each of ``number`` things, in a random order."""
    return chance.shuffled(range(1, number + 1))


def divided(total: int, shares: Sequence[float], least: int = 0) -> list[int]:
    """Divide ``total`` by ``shares``, at least ``least`` for each, by the largest remainder: the sum is exact."""
    left = total - least * len(shares)
    exact = [left * share for share in shares]
    whole = [int(one) for one in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: (whole[at] - exact[at], at))
    for at in by_remainder[: left - sum(whole)]:
        whole[at] += 1
    return [least + one for one in whole]


class Popular:
    """Draws positions by weight: position 0 is drawn with the weight of ``shares[0]``."""

    def __init__(self, shares: Sequence[float]) -> None:
        self._until = list(accumulate(shares))

    def draw(self, chance: Chance) -> int:
        """Return one position."""
        return self.at(chance.share())

    def at(self, share: float) -> int:
        """Return the position at ``share`` (0 to 1) of the whole weight."""
        return min(bisect_right(self._until, share * self._until[-1]), len(self._until) - 1)
