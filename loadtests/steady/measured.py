"""What a steady test found, as it stands in ``result.json``."""

from typing import Literal

from pydantic import Field

from loadtests.closed.measured import Closed
from loadtests.part import Part
from loadtests.steady.meter import Platform
from loadtests.steady.series import Series
from loadtests.steady.workload import Workload

Answer = Literal["met", "missed", "undecided"]
MEMORY = "memory of "
"""How the targets of services' memory begin."""


class Judgement(Part):
    """One target, what was measured, and whether it is met; ``low`` and ``high`` hold the true number with 95 % confidence."""

    target: str = Field(description="p95 of a class of pages, of all pages, of real pages; errors; processors; memory of a service")
    unit: str
    limit: float
    value: float
    low: float
    high: float
    number: int = Field(description="of requests, or of seconds, that it stands on")
    method: str
    answer: Answer
    predicted: float | None = Field(default=None, description="by the plan, at this share of its peak; null: it does not say")


class Slow(Part):
    """One of the slowest requests."""

    at: float = Field(description="unix time of its intended start")
    request_class: str
    url: str
    waited_ms: float
    kind: str = Field(description="'' where it was answered well")


class Generator(Part):
    """The generator of the load itself."""

    faults: tuple[str, ...] = Field(description="why it was the bottleneck; empty where it was not")
    late_p99_ms: float = Field(description="99 of 100 arrivals began no later than so much after their intended start")
    loop_worst_ms: float
    cpu_mean: float = Field(description="share of one core; of several processes together it may be more than one")
    queued_mean: float = Field(description="share of the time that it waited for a core; of the process that waited longest")
    sockets_most: int = Field(description="of one process")
    processes: int = Field(default=1, description="that drove")
    machines: tuple[str, ...] = Field(default=(), description="hosts of a cluster's inventory that drove, one for each process; empty: where the command ran")


class Content(Part):
    """What was there to be read."""

    posts: int
    pages: int
    seeded: bool = Field(description="rehearsal content (plan seed); otherwise the test space's own")


class Probe(Part):
    """Looks at real first pages."""

    requests: int
    failed: int
    p95_ms: float


class Came(Part):
    """What came in the measured part."""

    per_second: dict[str, float] = Field(description="requests by class")
    page_cache_hits: float | None = Field(description="share of the requests for what the page cache may hold that it answered; null: there were none")


class Measured(Part):
    """A run of open arrivals."""

    workload: Workload
    content: Content
    open_at: float = Field(description="unix time at which arrivals began")
    warm_up_s: float | None = Field(description="left out, as found (MSER-5); null: it did not settle, half of the run is left out")
    measured_s: float
    offered_per_second: float = Field(description="requests that came, per second of the measured part")
    stopped: str = Field(description="why arrivals ended")
    judgements: tuple[Judgement, ...]
    slow: tuple[Slow, ...]
    generator: Generator
    probe: Probe
    platform: Platform
    notes: tuple[str, ...] = Field(description="what to know when comparing with the plan")
    came: Came | None = Field(default=None, description="null in results of earlier versions")
    pages_dispersion_p50: float | None = Field(default=None, description="of all pages, as of a class")
    pages_dispersion_p95: float | None = None
    closed: Closed | None = Field(default=None, description="null: open arrivals")
    series: Series | None = Field(default=None, description="over time, from the first arrival; null: by an earlier version")

    @property
    def span(self) -> tuple[float, float]:
        """Begin and end (unix time) of the measured part."""
        begin = self.open_at + (self.measured_s if self.warm_up_s is None else self.warm_up_s)
        return begin, begin + self.measured_s
