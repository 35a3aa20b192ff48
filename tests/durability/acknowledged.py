"""What clients were told is done; filled outside of everything that loses power."""

import threading
from typing import Generic, TypeVar

PATIENCE_S = 240
What = TypeVar("What")


class Acknowledged(Generic[What]):
    """Answers that reached a client."""

    def __init__(self) -> None:
        self.seen: set[What] = set()
        self._more = threading.Condition()

    def add(self, what: What) -> None:
        """Note an answer."""
        with self._more:
            self.seen.add(what)
            self._more.notify_all()

    def wait_for(self, more: int) -> None:
        """Wait until ``more`` answers have come."""
        with self._more:
            enough = len(self.seen) + more
            assert self._more.wait_for(lambda: len(self.seen) >= enough, PATIENCE_S), f"{len(self.seen)} of {enough} answers"
