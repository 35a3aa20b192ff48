"""A machine that drives load for a command on another one."""

from dataclasses import dataclass

from loadtests.elsewhere.clock import Offset
from runtime.place import Place


@dataclass(frozen=True)
class Hand:
    """``place`` with what Locust needs in ``folders`` (its packages, ours) and a clock that is ``clock`` off; ``processes`` of it drive."""

    place: Place
    processes: int
    folders: tuple[str, str]
    clock: Offset

    @property
    def name(self) -> str:
        """What the inventory calls it."""
        return self.place.name
