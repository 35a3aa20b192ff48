"""What was seen: every request counted by class, failures by kind, to one file."""

import math
import os
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import Field

from loadtests.load import Driven, Event
from loadtests.part import Part
from loadtests.timeline import Timeline
from runtime import files

MESSAGE_CHARACTERS = 400
HIDDEN = "***"


class Schema(Part):
    """Which shape of file this is."""

    version: int = 1


class Failure(Part):
    """Failures of one kind within a class."""

    kind: str
    count: int
    first: str = Field(description="message of the first one")


class RequestClass(Part):
    """Requests of one class."""

    name: str
    requests: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    failures: tuple[Failure, ...] = ()
    p99_ms: float | None = Field(default=None, description="this and what follows: of a steady test")
    p999_ms: float | None = None
    p95_low_ms: float | None = Field(default=None, description="with p95_high_ms: holds the true p95 with 95 % confidence; null: too few requests to say")
    p95_high_ms: float | None = None
    p95_predicted_ms: float | None = Field(default=None, description="by the plan, at its whole peak")
    per_second: float | None = Field(default=None, description="in the measured part")
    per_second_planned: float | None = None
    dispersion_p50: float | None = Field(
        default=None, description="of the requests slower than the p50 over ten equal parts: 1 where independent; null: too few requests to say"
    )
    dispersion_p95: float | None = Field(default=None, description="of those slower than the p95")
    histograms: dict[str, str] = Field(default={}, description="HdrHistogram (V2, microseconds) by phase: 'warm-up', 'measured'")

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(failure.count for failure in self.failures)


class Summary(Part):
    """A run so far; ``ended`` says whether it came to its own end."""

    schema_: Schema = Field(default=Schema(), alias="schema")
    pid: int
    started: float = Field(description="unix time")
    duration_s: float
    ended: bool
    users: int = Field(description="people who were to act")
    finished: int = Field(description="people who came to the end of what they do")
    classes: tuple[RequestClass, ...]
    errors: tuple[str, ...] = Field(description="faults of the test itself")
    driven: Driven | None = Field(default=None, description="of a scenario with open arrivals")

    @property
    def requests(self) -> int:
        """Requests of all classes."""
        return sum(part.requests for part in self.classes)

    @property
    def failed(self) -> int:
        """Failed requests of all classes."""
        return sum(part.failed for part in self.classes)


class Recorder:
    """Collects in memory and writes whole files; holds no secret."""

    def __init__(self, path: Path, users: int, secrets: Collection[str]) -> None:
        self.path = path
        self.users = users
        self.finished = 0
        self._secrets = tuple(secret for secret in secrets if secret)
        self._started = time.time()
        self._clock = time.monotonic()
        self._times: dict[str, list[float]] = defaultdict(list)
        self._failures: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._errors: list[str] = []
        self.timeline: Timeline | None = None

    def arrival(self, request_class: str, at: float, waited_ms: float, problem: Exception | None) -> None:
        """Record a request of an open scenario: ``at`` is its intended start, the wait counts from there."""
        self.request(request_class, waited_ms, problem)
        if self.timeline is not None:
            kind, reason = str(getattr(problem, "kind", "") or type(problem).__name__), self.clear(str(problem or ""))
            status = int(getattr(problem, "status", 0))
            event = Event(at=at, request_class=request_class, status=status, kind=kind, reason=reason, waited_ms=round(waited_ms, 1))
            self.timeline.request(event, failed=problem is not None)

    def request(self, request_class: str, response_ms: float, problem: Exception | str | None) -> None:
        """Record one request and, where it failed, why."""
        self._times[request_class].append(response_ms)
        if problem is not None:
            kind = str(getattr(problem, "kind", "") or type(problem).__name__)
            self._failures[request_class][kind].append(self.clear(str(problem)))

    def error(self, problem: BaseException) -> None:
        """Record a fault of the test itself."""
        self._errors.append(self.clear(f"{type(problem).__name__}: {problem}"))

    def clear(self, text: str) -> str:
        """Return ``text`` without secrets, cut to a bearable length."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text[:MESSAGE_CHARACTERS]

    def summary(self, *, ended: bool) -> Summary:
        """Return what was recorded so far."""
        return Summary(
            pid=os.getpid(),
            started=self._started,
            duration_s=round(time.monotonic() - self._clock, 3),
            ended=ended,
            users=self.users,
            finished=self.finished,
            classes=tuple(self._class(name) for name in sorted(self._times)),
            errors=tuple(self._errors),
            driven=self.timeline.driven() if self.timeline else None,
        )

    def write(self, *, ended: bool) -> None:
        """Replace the file by what was recorded so far."""
        files.write(self.path, self.summary(ended=ended).model_dump_json(), files.PRIVATE)

    def _class(self, name: str) -> RequestClass:
        times = sorted(self._times[name])
        return RequestClass(
            name=name,
            requests=len(times),
            p50_ms=percentile(times, 50),
            p95_ms=percentile(times, 95),
            max_ms=round(times[-1], 1),
            failures=tuple(Failure(kind=kind, count=len(messages), first=messages[0]) for kind, messages in self._failures[name].items()),
        )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of ``ordered`` (ascending, not empty) that ``percent`` of them do not exceed (nearest rank)."""
    rank = max(1, math.ceil(len(ordered) * percent / 100))
    return round(ordered[rank - 1], 1)
