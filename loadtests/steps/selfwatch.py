"""The generator watches itself: how late its arrivals begin, its loop of events, its CPU, its sockets.

Imported by scenarios only, inside the Locust process.
"""

import resource
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gevent

from loadtests.steady.tape import Beat

LOOK_S = 0.02
BEAT_S = 1.0
NS = 1e-9


class SelfWatch:
    """Tells a beat of ``process`` each second; ``under_way`` says how many requests have no answer yet."""

    def __init__(self, tell: Callable[[Beat], None], under_way: Callable[[], int], process: int = 1) -> None:
        self._tell, self._under_way, self._process = tell, under_way, process
        self._late: list[float] = []
        self._loop_ms = 0.0
        self._limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    def started(self, late_ms: float) -> None:
        """Take down how late an arrival began: nothing but this process can delay that."""
        self._late.append(round(max(0.0, late_ms), 1))

    def watch(self) -> None:
        """Look on, for ever."""
        begin, cpu, queued = time.monotonic(), time.process_time(), _queued_s()
        while True:
            before = time.monotonic()
            gevent.sleep(LOOK_S)
            now = time.monotonic()
            self._loop_ms = max(self._loop_ms, (now - before - LOOK_S) * 1000)
            if now - begin >= BEAT_S:
                worked, waited = time.process_time(), _queued_s()
                self._beat((worked - cpu) / (now - begin), (waited - queued) / (now - begin))
                begin, cpu, queued = now, worked, waited

    def _beat(self, cpu: float, queued: float) -> None:
        late, self._late = tuple(self._late), []
        loop_ms, self._loop_ms = round(self._loop_ms, 1), 0.0
        self._tell(Beat(time.time(), late, loop_ms, round(cpu, 3), round(queued, 3), _open_files(), self._limit, self._under_way(), self._process))


def _queued_s() -> float:
    """Return how long this process was ready to run and had no core, in all; 0 where the kernel does not count that."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) * NS
    return 0.0


def _open_files() -> int:
    with suppress(OSError):
        return len(list(Path("/proc/self/fd").iterdir()))
    return 0
