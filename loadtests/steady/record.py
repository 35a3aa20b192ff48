"""What a running test has told so far."""

import threading
from dataclasses import dataclass, field

from loadtests.measure.histogram import MOST_MS
from loadtests.steady.tape import DRIVER, GATHERS, Beat, Sample, Turn, read

PROBE = "probe"
HITS = frozenset({"HIT", "STALE", "UPDATING", "REVALIDATED"})
"""What nginx says of an answer that it had (ngx_http_upstream_module: upstream_cache_status)."""


@dataclass
class Record:
    """Samples of the workload, looks at real pages, and what the generator said of itself; lines come from another thread."""

    samples: list[Sample] = field(default_factory=list)
    probes: list[Sample] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, line: str) -> None:
        """Take what one line of the generator tells."""
        told = read(line)
        with self._lock:
            if isinstance(told, Sample):
                (self.probes if told.request_class == PROBE else self.samples).append(told)
            elif isinstance(told, Beat):
                self.beats.append(told)
            elif isinstance(told, Turn):
                self.turns.append(told)

    def so_far(self) -> "Record":
        """Return a copy that does not change."""
        with self._lock:
            return Record(list(self.samples), list(self.probes), list(self.beats), list(self.turns))

    def began(self, phase: str) -> float | None:
        """Return when ``phase`` began (unix time); None where it did not."""
        return next((turn.at for turn in self.turns if turn.phase == phase), None)

    @property
    def drivers(self) -> dict[int, str]:
        """The machines that processes drive from, by their numbers; empty where it is this one."""
        told = (turn.reason.partition(" ") for turn in self.turns if turn.phase == DRIVER)
        return {int(number): host for number, _, host in told}

    @property
    def last_beat(self) -> float:
        """When a process that drives last said something of itself (unix time); 0 where none did."""
        return next((beat.at for beat in reversed(self.beats) if beat.process != GATHERS), 0.0)

    @property
    def refused(self) -> str:
        """Why nobody could act; '' where people could."""
        return next((turn.reason for turn in self.turns if turn.phase == "refused"), "")

    @property
    def faults(self) -> list[str]:
        """Faults of the test itself, each once."""
        return list(dict.fromkeys(turn.reason for turn in self.turns if turn.phase == "fault"))


def felt_ms(sample: Sample) -> float:
    """Return how long a request took as a person feels it: one that failed never came, however fast it failed."""
    return MOST_MS if sample.kind else sample.waited_ms
