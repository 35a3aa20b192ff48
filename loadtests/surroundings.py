"""Where a deployment runs, and who drives load on it: of one that does not say so, all is this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.elsewhere.hand import Hand
from runtime.place import HERE, Place


@dataclass(frozen=True)
class Pages:
    """The nodes of a swarm that may serve pages: a task of blogs and one of the wiki runs on each that has ``label``; ``managers`` are told so."""

    nodes: tuple[str, ...]
    label: str
    managers: tuple[str, ...]


@dataclass(frozen=True)
class Room:
    """The host that has least room of those that keep content."""

    host: str
    free_bytes: int


@dataclass(frozen=True)
class Surroundings:
    """``own``: addresses that load may go to beside those of this machine; ``crew``: who drives on other machines, nobody: this one does.

    ``pages`` is where each of several hosts has its own tasks; None: services have as many replicas as they are told. ``room`` is what content may take;
    None: what the disk of this machine has.
    """

    own: frozenset[str] = frozenset()
    places: Sequence[Place] = (HERE,)
    crew: Sequence[Hand] = ()
    notes: tuple[str, ...] = ()
    pages: Pages | None = None
    room: Room | None = None

    @property
    def processes(self) -> int:
        """How many processes drive on other machines."""
        return sum(hand.processes for hand in self.crew)


ALONE: Final = Surroundings()


def of(deployment: object) -> Surroundings:
    """Return the surroundings of ``deployment``."""
    found = getattr(deployment, "surroundings", ALONE)
    return found if isinstance(found, Surroundings) else ALONE
