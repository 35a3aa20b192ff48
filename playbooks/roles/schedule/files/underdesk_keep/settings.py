"""What the deploy wrote for this program."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path("/etc/underdesk/keep/settings.json")
RUN = Path("/run/underdesk-keep")
"""What holds until the next boot: since when something is due."""


@dataclass(frozen=True)
class Settings:
    """``turn`` says after how many others this host does what is due; ``told`` is what this program and the deploy's have in common."""

    name: str
    host: str
    cluster: str
    home: Path
    store: bool
    mode: str
    health: str
    turn: int
    place: str
    every_s: int
    drill_s: int
    keeping: tuple[str, ...]
    underdesk: str
    told: dict[str, Any]

    @property
    def data(self) -> Path:
        """Where the files are that hosts share."""
        return self.home / "data"

    @property
    def memory(self) -> Path:
        """Where it is remembered what was done: all hosts see it."""
        return self.data / "keep"

    @property
    def kept(self) -> Path:
        """What this manager keeps of the deployment."""
        return self.home / "kept"


def read(file: Path = FILE) -> Settings:
    """Read what the deploy wrote."""
    told = json.loads(file.read_text(encoding="utf-8"))
    return Settings(**{**told, "home": Path(told["home"]), "keeping": tuple(told["keeping"])})
