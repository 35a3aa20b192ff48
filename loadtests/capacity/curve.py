"""The lines through the levels as points that can be drawn. Pure."""

import math
from collections.abc import Sequence

from loadtests.capacity.crowding import FULL, crowding
from loadtests.capacity.estimate import OTHERS_DEVIATION, Known, used_line
from loadtests.capacity.level import Level
from loadtests.capacity.line import Belief
from loadtests.capacity.measured import Fitted
from loadtests.capacity.pages import all_pages
from loadtests.measure.histogram import MOST_MS

POINTS = 40
BEYOND = 1.15
"""Of the larger of the capacity and the highest level: so far lines are drawn."""


def curve(levels: Sequence[Level], known: Known, people: int, capacity: float) -> tuple[Fitted, ...]:
    """Return p95 of all pages and the host's cores along the load; empty where no level tells of it. ``capacity`` is a share of the plan's peak."""
    sound = [one for one in levels if one.sound]
    bend = all_pages([one for one in sound if one.late is not None], known.cores)
    if bend is None:
        return ()
    host = used_line(sound, "host", Belief(0.0, OTHERS_DEVIATION))
    highest = BEYOND * max(one.came for one in sound)
    most = min(2 * highest, max(highest, BEYOND * capacity))
    found = []
    for number in range(1, POINTS + 1):
        share = most * number / POINTS
        busy = host.base + host.slope * share
        if busy >= FULL:
            break
        p95_ms = math.exp(min(math.log(MOST_MS), bend.height + bend.slope * (crowding(known.cores, busy) - bend.middle)))
        found.append(Fitted(people=round(share * people, 1), p95_ms=round(p95_ms, 1), host_cpu=round(max(0.0, busy), 4)))
    return tuple(found)
