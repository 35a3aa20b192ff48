"""The profile of a load: how much of it comes when, as a function of time that changes by steps."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf

from pydantic import Field

from loadtests.part import Part


class Stretch(Part):
    """A named time in which the load stays the same."""

    name: str
    seconds: float | None = Field(default=None, description="null: without end")
    share: float = Field(default=1.0, description="of the order's workload")
    crowd: float = Field(default=0.0, description="of the order's crowd")


CONSTANT = (Stretch(name="steady"),)


@dataclass(frozen=True)
class Steps:
    """A height for each time: ``heights[0]`` before 0, too, and none from the last of ``ends`` (seconds, ascending) on."""

    ends: tuple[float, ...]
    heights: tuple[float, ...]

    def at(self, seconds: float) -> float:
        """Return the height at a time."""
        step = bisect_right(self.ends, seconds)
        return self.heights[step] if step < len(self.heights) else 0.0

    @property
    def highest(self) -> float:
        """The largest height."""
        return max(self.heights)

    @property
    def end(self) -> float:
        """When nothing comes any more."""
        return self.ends[-1]


def ends(profile: Sequence[Stretch]) -> tuple[float, ...]:
    """Return when each stretch ends, in seconds from the beginning."""
    return tuple(accumulate(inf if stretch.seconds is None else stretch.seconds for stretch in profile))


def everyone(profile: Sequence[Stretch]) -> Steps:
    """Return the shares of the workload."""
    return Steps(ends(profile), tuple(stretch.share for stretch in profile))


def crowd(profile: Sequence[Stretch]) -> Steps:
    """Return the shares of the crowd."""
    return Steps(ends(profile), tuple(stretch.crowd for stretch in profile))


WITHOUT_END = everyone(CONSTANT)
