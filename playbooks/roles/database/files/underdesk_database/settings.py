"""What the deploy wrote for this program, and where things are."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path("/etc/underdesk/database.json")
DATA = Path("/var/lib/mysql")
SOCKET = "/run/mysqld/mysqld.sock"
SERVER = "/usr/sbin/mariadbd"
RUN = Path("/run/underdesk-database")
"""What holds until the next boot: who waits, and an operator's word."""
MEMORY = Path("/var/lib/underdesk/database")
"""What outlives a boot."""


@dataclass(frozen=True)
class Settings:
    """``mode`` is galera, alone or copy; ``members`` are the addresses by name, this host's among them."""

    mode: str
    name: str
    members: dict[str, str]
    port: int
    databases: tuple[str, ...]

    @property
    def others(self) -> dict[str, str]:
        """The addresses of the other members."""
        return {name: address for name, address in self.members.items() if name != self.name}


def read(file: Path = FILE) -> Settings:
    """Read what the deploy wrote."""
    told = json.loads(file.read_text(encoding="utf-8"))
    return Settings(told["mode"], told["name"], told["members"], told["port"], tuple(told["databases"]))


def word(name: str) -> str:
    """Return an operator's word, '' where there is none."""
    path = RUN / name
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def forget_words() -> None:
    """Forget all words: what they were said for has come."""
    for name in ("without", "begin-here", "give-up-data"):
        (RUN / name).unlink(missing_ok=True)
