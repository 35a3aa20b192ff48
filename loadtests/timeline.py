"""Requests in the order of time: each failure with its moment, each second with its worst wait."""

from collections import defaultdict

from loadtests.load import Driven, Event, Phase, Second, Writes

KEPT_EVENTS = 1000


class Timeline:
    """Collects what ``Driven`` tells."""

    def __init__(self) -> None:
        self.phase: Phase = "preparing"
        self.capacity_per_second = 0.0
        self.rate_per_second = 0.0
        self.late_ms = 0.0
        self.writes = Writes()
        self._seconds: dict[int, list[float]] = defaultdict(lambda: [0, 0, 0.0])
        self._events: list[Event] = []

    def request(self, event: Event, *, failed: bool) -> None:
        """Take a request; ``event`` says of a good one its time, class and wait."""
        second = self._seconds[int(event.at)]
        second[0] += 1
        second[1] += failed
        second[2] = max(second[2], event.waited_ms)
        if failed and len(self._events) < KEPT_EVENTS:
            self._events.append(event)

    def driven(self) -> Driven:
        """Return what was driven so far."""
        return Driven(
            phase=self.phase,
            capacity_per_second=round(self.capacity_per_second, 2),
            rate_per_second=round(self.rate_per_second, 2),
            late_ms=round(self.late_ms, 1),
            seconds=tuple(_second(at, *self._seconds[at]) for at in sorted(self._seconds)),
            events=tuple(self._events),
            writes=self.writes,
        )


def _second(at: int, requests: float, failed: float, worst_ms: float) -> Second:
    return Second(at=at, requests=int(requests), failed=int(failed), worst_ms=round(worst_ms, 1))
