"""What a copy knew of its primary when it was heard last: kept for the hour in which the primary is lost, when nobody else can tell.

Counted are changes (transactions). The primary is asked for its position before the copy's own is looked at, so a copy that lacks none
held everything that the primary had at that moment.
"""

import json
import re
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass

from agreement import Member
from settings import MEMORY

FILE = MEMORY / "heard.json"
EVERY_S, OVER_S = 5.0, 60.0


@dataclass(frozen=True)
class Heard:
    """When (seconds since 1970) which primary was heard last, how many of its changes the copy lacked then, and how many it made in a second."""

    primary: str = ""
    at: float = 0.0
    lacked: int = -1
    pace: float = 0.0


def numbers(text: str) -> dict[str, int]:
    """Return how far changes go, by domain."""
    found: dict[str, int] = {}
    for domain, number in re.findall(r"(\d+)-\d+-(\d+)", text):
        found[domain] = max(found.get(domain, 0), int(number))
    return found


def lacking(wanted: str, has: str) -> int:
    """Return how many changes of ``wanted`` are missing in ``has``."""
    there = numbers(has)
    return sum(max(0, number - there.get(domain, 0)) for domain, number in numbers(wanted).items())


class Hearing:
    """Remembers it; what was heard last outlives this program."""

    def __init__(self) -> None:
        self.heard = _kept()
        self._made: deque[tuple[float, int]] = deque()
        self._silent = False

    def look(self, own: str, primary: Member | None, now: float) -> None:
        """Learn how far the ``primary`` is (None: it does not answer), and how far this copy, whose position is ``own``."""
        if primary is None or not primary.gtid:
            if self.heard.at and not self._silent:
                _keep(self.heard)
            self._silent = True
            return
        self._silent = False
        self.heard = Heard(primary.name, now, lacking(primary.gtid, own), self._pace(sum(numbers(primary.gtid).values()), now))

    def _pace(self, total: int, now: float) -> float:
        if not self._made or now - self._made[-1][0] >= EVERY_S:
            self._made.append((now, total))
        while self._made and not 0 <= now - self._made[0][0] <= OVER_S:
            self._made.popleft()
        if not self._made or now - self._made[0][0] < EVERY_S:
            return 0.0
        began, before = self._made[0]
        return round(max(0, total - before) / (now - began), 2)

    def told(self, primary: str, now: float) -> dict[str, float]:
        """Return what is told of it: seconds since, and the rest; nothing where that was another primary."""
        if not self.heard.at or self.heard.primary != primary:
            return {}
        return {"heard_s": round(max(0.0, now - self.heard.at), 1), "lacked": self.heard.lacked, "pace": self.heard.pace}


def _kept() -> Heard:
    with suppress(OSError, ValueError, TypeError):
        return Heard(**json.loads(FILE.read_text(encoding="utf-8")))
    return Heard()


def _keep(heard: Heard) -> None:
    fresh = FILE.with_name(f"{FILE.name}.new")
    with suppress(OSError):  # a full disk keeps nobody from being asked
        fresh.write_text(json.dumps(asdict(heard)), encoding="utf-8")
        fresh.replace(FILE)


def now() -> float:
    """Return the moment, as it stands in files."""
    return time.time()
