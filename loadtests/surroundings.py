"""Where a deployment runs, and who drives load on it: of one that does not say so, all is this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.elsewhere.hand import Hand
from runtime.place import HERE, Place


@dataclass(frozen=True)
class Surroundings:
    """``own``: addresses that load may go to beside those of this machine; ``crew``: who drives on other machines, nobody: this one does."""

    own: frozenset[str] = frozenset()
    places: Sequence[Place] = (HERE,)
    crew: Sequence[Hand] = ()
    notes: tuple[str, ...] = ()

    @property
    def processes(self) -> int:
        """How many processes drive on other machines."""
        return sum(hand.processes for hand in self.crew)


ALONE: Final = Surroundings()


def of(deployment: object) -> Surroundings:
    """Return the surroundings of ``deployment``."""
    found = getattr(deployment, "surroundings", ALONE)
    return found if isinstance(found, Surroundings) else ALONE
