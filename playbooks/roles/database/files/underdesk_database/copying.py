"""Which of two servers is the primary: remembered on both, changed by an operator alone.

A server comes up without taking writes. The one that both remember as primary takes them when the other agrees, or is not seen. The
higher term is the later word: who was primary and meets it, takes no more writes.
"""

import json
import os
import time
from dataclasses import dataclass

import server
from agreement import Member
from settings import MEMORY

FILE = MEMORY / "primary.json"
UNSEEN_S = 10.0
"""A primary that comes up and does not see the other waits for so long before it takes writes: the other may be primary by now."""


@dataclass(frozen=True)
class Word:
    """Who is primary, by which term; ``ready`` is false while that one still takes over what the other has written."""

    primary: str = ""
    term: int = 0
    ready: bool = True


def word() -> Word:
    """Return what is remembered; nobody where nothing is."""
    try:
        return Word(**json.loads(FILE.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Word()


def remember(said: Word) -> None:
    """Remember it, also when the power fails now."""
    fresh = FILE.with_name(f"{FILE.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(json.dumps(said.__dict__))
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(0o644)
    fresh.replace(FILE)
    folder = os.open(MEMORY, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def later(own: Word, others: dict[str, Member]) -> Word | None:
    """Return what another knows and this host does not, yet."""
    found = max(others.values(), key=lambda member: member.term, default=None)
    return Word(found.primary_is, found.term) if found and found.term > own.term else None


def takes_writes(name: str, own: Word, others: dict[str, Member], up_s: float) -> bool:
    """Tell whether the server called ``name`` takes writes, ``up_s`` seconds after it came up."""
    if own.primary != name or not own.ready:
        return False
    return bool(others) or up_s > UNSEEN_S


class Copying:
    """Keeps a server writable or not, as both remember."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._up_since: float | None = None

    def look(self, told: dict[str, str] | None, others: dict[str, Member]) -> None:
        """Learn what the other knows; have the server, where it answers, take writes or none."""
        own = word()
        if learnt := later(own, others):
            remember(learnt)
            own = learnt
        if told is None:
            self._up_since = None
            return
        self._up_since = self._up_since or time.monotonic()
        refuses = told.get("read_only", "OFF") != "OFF"
        if own.primary != self.name or not own.ready:
            if not refuses:
                self._set("ON", own)
        elif refuses and takes_writes(self.name, own, others, time.monotonic() - self._up_since):
            self._set("OFF", own)

    def _set(self, refuses: str, own: Word) -> None:
        print(f"primary is {own.primary or 'nobody'} (term {own.term}): read_only = {refuses}", flush=True)  # noqa: T201 - the journal
        server.tell(f"SET GLOBAL read_only = {refuses}")
