"""Where a command runs: on this machine, or on a host that is reached by SSH."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol


class Place(Protocol):
    """A machine that commands run on, as its administrator."""

    @property
    def name(self) -> str:
        """What the inventory calls it; "" of this machine."""

    @property
    def programs(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the processes by role that serve on the machine itself, in no container."""

    def argv(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs ``words`` there."""


@dataclass(frozen=True)
class Here:
    """The machine that we are on."""

    name: str = ""
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def argv(self, words: Sequence[str]) -> list[str]:
        """Return ``words``."""
        return list(words)


HERE: Final = Here()

LOADER: Final = "import sys; exec(sys.stdin.read(int(sys.argv[1])))"


def python(program: str) -> list[str]:
    """Return the words that run ``program``, which is said first on stdin; what is said after it is the program's to read."""
    return ["python3", "-I", "-u", "-c", LOADER, str(len(program))]
