"""What a plan's report and explanation need beside the plan: plain data, nothing computed here."""

from dataclasses import dataclass

from sizing.plan import Plan


@dataclass(frozen=True)
class HourLoad:
    """Requests per second that one group makes in one UTC hour of the reference week (0 is Monday 00:00), at the medians."""

    group: str
    hour: int
    requests_per_second: float


@dataclass(frozen=True)
class CurvePoint:
    """The chosen servers under ``people`` people at the peak, at the medians; response is the slowest page's (ms, may be inf)."""

    people: float
    cpu: float
    fpm: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    rejected: float


@dataclass(frozen=True)
class CostPoint:
    """The cheapest servers that hold with a confidence; ``price_per_month`` None where none of the catalogue do."""

    confidence: float
    price_per_month: float | None
    servers: str
    machines: int


@dataclass(frozen=True)
class Step:
    """One line of the way from people to servers: what, its value in words with the unit, and how it was got."""

    chapter: str
    what: str
    value: str
    how: str


@dataclass(frozen=True)
class Study:
    """A plan with what it was read off."""

    plan: Plan
    company: str
    hours: tuple[HourLoad, ...]
    curve: tuple[CurvePoint, ...]
    costs: tuple[CostPoint, ...]
    steps: tuple[Step, ...]
