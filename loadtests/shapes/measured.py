"""What a shape of load found, part by part, as it stands in ``result.json``."""

from pydantic import Field

from loadtests.part import Part
from loadtests.steady.measured import Answer
from loadtests.steady.workload import Workload


class PartFound(Part):
    """One part of the profile, by the intended start of its requests; response times are those of all pages."""

    name: str
    open_at: float = Field(description="unix time")
    seconds: float = Field(description="that were driven")
    share: float = Field(description="of the plan's peak, in requests per second, as planned")
    requests: int
    failures: int
    rejected: int = Field(description="of the failures: the front door's 503, after waiting too long in its queue")
    per_second: float = Field(description="requests that came")
    per_second_planned: float
    p50_ms: float | None = Field(description="null: no page came")
    p95_ms: float | None
    p99_ms: float | None
    p95_low_ms: float | None = Field(description="with p95_high_ms: holds the true p95 with 95 % confidence; null: too few pages to say")
    p95_high_ms: float | None
    utilisation: float | None = Field(description="share of the cores that the platform used; null: not measured")
    utilisation_predicted: float | None = Field(description="by the plan, at this load; null: it does not say")
    faults: tuple[str, ...] = Field(description="why the generator was the bottleneck in this part; empty where it was not")


class Growing(Part):
    """Whether something grows while the load stays the same."""

    what: str = Field(description="memory or open files of a service, p95 of all pages")
    unit: str
    value: float = Field(description="at the end")
    limit: float = Field(description="0: none is known")
    per_day: float = Field(description="slope (Theil and Sen)")
    low: float = Field(description="with high: holds the true slope with 99.9 % confidence")
    high: float
    days_left: float | None = Field(description="until the limit is reached; null: it does not surely grow, or has no limit")
    answer: Answer = Field(description="missed: the limit would be reached within 7 days; undecided: the run was too short to tell")


class Shape(Part):
    """The parts of a profile, and what is asked of this shape alone."""

    crowd: Workload | None = Field(default=None, description="of a mail, where its factor is 1; ``measured.workload`` is that of those who come anyway")
    whole: bool = Field(description="whether it was driven to its end")
    parts: tuple[PartFound, ...]
    recovery_s: float | None = Field(
        default=None, description="of a spike: after the jump's end, until p95 was within the target; null: it was not, or not seen"
    )
    front_door: str = Field(default="", description="of a spike: what the front door did, in words")
    growing: tuple[Growing, ...] = Field(default=(), description="of a soak")
