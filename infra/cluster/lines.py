"""Connections to a host that sessions share: as many as it takes, for sshd allows only so many sessions on one."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.cluster.playing import SHARED
from infra.cluster.session import hang_up, ssh
from infra.inventory.connect import Reach
from runtime.errors import PlanError
from runtime.run import last_line, run

SESSIONS: Final = 7
"""On one connection at once: sshd allows ten, and others than we use the first one, too."""
LIMIT_S: Final = 30


class Lines:
    """The shared connections to one host; the first is everybody's, the others end with us."""

    def __init__(self, reach: Reach, folder: Path) -> None:
        self._reach, self._folder = reach, folder
        self._all: list[_Line] = []
        self._lock = threading.Lock()

    @contextmanager
    def command(self, words: Sequence[str]) -> Iterator[list[str]]:
        """Give the command that runs ``words`` there, on a connection that has room for it and is open; raises PlanError where none can be made."""
        with self._lock:
            line = next((one for one in self._all if one.busy < SESSIONS), None)
            if line is None:
                line = _Line(self._reach, self._folder, f"{SHARED}-{len(self._all)}" if self._all else SHARED)
                self._all.append(line)
            line.busy += 1
        try:
            line.open()
            yield ssh(self._reach, self._folder, words, line.shared)
        finally:
            with self._lock:
                line.busy -= 1

    def close(self) -> None:
        """End all connections but the first."""
        for line in self._all[1:]:
            hang_up(self._reach, self._folder, line.shared)


class _Line:
    """One connection, and how many sessions it has."""

    def __init__(self, reach: Reach, folder: Path, shared: str) -> None:
        self.shared, self.busy = shared, 0
        self._reach, self._folder = reach, folder
        self._lock, self._problem, self._is_open = threading.Lock(), "", False

    def open(self) -> None:
        """Make the connection where it is not made yet: once for all who wait for it, and they all fail where it cannot be made."""
        waits = self._lock.locked()
        with self._lock:
            if self._is_open:
                return
            if not (waits and self._problem):
                done = run(ssh(self._reach, self._folder, ["true"], self.shared), timeout_s=LIMIT_S, check=False)
                self._is_open, self._problem = done.returncode == 0, last_line(done.stderr) if done.returncode else ""
            if self._problem:
                raise PlanError(self._problem, where=f"{self._reach.name} ({self._reach.address})", hint="see 'plan doctor --inventory'")
