"""The generator watches itself: how late its arrivals begin, its loop of events, its CPU, its sockets.

Imported by scenarios only, inside the Locust process.
"""

import errno
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gevent

from loadtests.steady.tape import Beat
from loadtests.steps.clock import now

LOOK_S = 0.02
BEAT_S = 1.0
NS = 1e-9
NONE_LEFT = frozenset({errno.EMFILE, errno.ENFILE})


class SelfWatch:
    """Tells a beat of ``process`` each second; ``under_way`` says how many requests have no answer yet."""

    def __init__(self, tell: Callable[[Beat], None], under_way: Callable[[], int], process: int = 1) -> None:
        self._tell, self._under_way, self._process = tell, under_way, process
        self._late: list[float] = []
        self._loop_ms = 0.0
        self._short = False
        self._queued_s = 0.0

    def started(self, late_ms: float) -> None:
        """Take down how late an arrival began: nothing but this process can delay that."""
        self._late.append(round(max(0.0, late_ms), 1))

    def short(self) -> None:
        """Take down that a connection could not be opened because this process may open no more."""
        self._short = True

    def watch(self) -> None:
        """Look on, for ever."""
        begin, cpu, queued = time.monotonic(), time.process_time(), self._queued()
        while True:
            before = time.monotonic()
            gevent.sleep(LOOK_S)
            now = time.monotonic()
            self._loop_ms = max(self._loop_ms, (now - before - LOOK_S) * 1000)
            if now - begin >= BEAT_S:
                worked, waited = time.process_time(), self._queued()
                self._beat((worked - cpu) / (now - begin), (waited - queued) / (now - begin))
                begin, cpu, queued = now, worked, waited

    def _beat(self, cpu: float, queued: float) -> None:
        late, self._late = tuple(self._late), []
        loop_ms, self._loop_ms = round(self._loop_ms, 1), 0.0
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        opened, self._short = limit if self._short else _open_files(limit), False
        self._tell(Beat(now(), late, loop_ms, round(cpu, 3), round(queued, 3), opened, limit, self._under_way(), self._process))

    def _queued(self) -> float:
        """Return how long this process was ready to run and had no core, in all; as before where that cannot be read, 0 where the kernel does not count it."""
        with suppress(OSError, ValueError, IndexError):
            self._queued_s = int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) * NS
        return self._queued_s


def _open_files(limit: int) -> int:
    """Return how many files and sockets are open; ``limit`` where there is none left to look with."""
    try:
        return len(list(Path("/proc/self/fd").iterdir()))
    except OSError as problem:
        return limit if problem.errno in NONE_LEFT else 0
