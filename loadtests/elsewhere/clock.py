"""How far another machine's clock is off this one's: asked there and back, the quickest answer counts (Cristian, 1989)."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runtime.errors import PlanError

ASKED: Final = 12
MOST_OFF_S: Final = 1.0
"""More than that nobody keeps that clock."""
CLOSE_S: Final = 0.05
"""Intended starts of two machines agree so well at least; the limit of a late arrival is no less."""
MEND: Final = "let one time server keep all clocks (systemd-timesyncd, chrony), then run the same command again"


@dataclass(frozen=True)
class Offset:
    """A clock is ``ahead_s`` of ours, ``within_s`` at most more or less."""

    ahead_s: float
    within_s: float

    def moved(self, later: "Offset") -> float:
        """Return how far it has moved for sure until ``later``; 0 where it may not have."""
        return max(0.0, abs(later.ahead_s - self.ahead_s) - self.within_s - later.within_s)


def measured(ask: Callable[[str], str], now: Callable[[], float] = time.time) -> Offset:
    """Return how far a clock is off that answers to ``ask``."""
    found = []
    for _ in range(ASKED):
        begun = now()
        at = float(json.loads(ask(json.dumps({"ask": "clock"})))["at"])
        ended = now()
        found.append(Offset(at - (begun + ended) / 2, (ended - begun) / 2))
    return min(found, key=lambda one: one.within_s)


def checked(name: str, offset: Offset) -> Offset:
    """Return ``offset``; raises PlanError where nobody keeps that clock, or it cannot be told well enough."""
    if abs(offset.ahead_s) - offset.within_s > MOST_OFF_S:
        side = "ahead of" if offset.ahead_s > 0 else "behind"
        raise PlanError(f"its clock is {abs(offset.ahead_s):.1f} s {side} this machine's", where=name, hint=MEND)
    if offset.within_s > CLOSE_S:
        said = f"its clock cannot be told better than ± {offset.within_s * 1000:.0f} ms: it answers too slowly"
        raise PlanError(said, where=name, hint="is it overloaded, or far away? let a nearer host drive")
    return offset
