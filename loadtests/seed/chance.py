"""Draws that are the same on every machine and with every Python for the same name."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of draws with a name of its own, so that one part of the content does not move another.

    Only ``Random.random`` is used: Python promises its sequence, and not that of ``choice`` or ``shuffle``.
    """

    def __init__(self, *name: object) -> None:
        self._random = Random("/".join(str(part) for part in name))  # noqa: S311 - content, no secret

    def share(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def between(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return low + int(self.share() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """Return one of ``items``."""
        return items[int(self.share() * len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return ``items`` in a random order (Fisher and Yates, 1938)."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.between(0, last)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def some(self, items: Sequence[T], number: int) -> list[T]:
        """Return ``number`` different ones of ``items``, all of them where there are no more."""
        return self.shuffled(items)[:number]
