"""What a calibration found, as it stands in ``result.json``."""

from pydantic import Field

from loadtests.part import Part
from loadtests.steady.measured import Came, Content, Generator, Judgement, Probe
from loadtests.steady.meter import Platform
from loadtests.steady.workload import Workload


class DemandFound(Part):
    """One number: what the plan says, and what was measured with its 95 % interval."""

    name: str
    unit: str = Field(description="ms of a core of this machine for one request; or cores")
    planned: float
    value: float
    low: float
    high: float
    told: float = Field(description="part (0..1) of what was not known before that the measurement took away; the rest is the plan's")
    requests: int = Field(description="of its class, in the levels that count")


class VariationFound(Part):
    """How much requests of one class differ."""

    request_class: str
    value: float = Field(description="standard deviation over mean of what one request takes")
    low: float = Field(description="with high: the 95 % interval")
    high: float
    requests: int
    level: int = Field(description="its number: the one with the least busy processors that holds enough of the class")


class MixDriven(Part):
    """One level."""

    number: int
    words: str
    workload: Workload
    open_at: float = Field(description="unix time")
    measured_s: float
    requests: int = Field(description="in the measured part, pictures and styles included")
    failures: int
    utilisation: float = Field(description="share of all cores that the platform's services used")
    planned: float = Field(description="the same by the plan's demands and the requests that came")
    fitted: float = Field(description="the same by the measured demands")
    p95_ms: float | None = Field(description="of the class of pages that most are of; null: too few")
    p95_planned_ms: float | None = Field(description="the plan's, moved from its peak to this level's utilisation; not fitted; null: a mix of its own")
    generator: Generator
    ended: str = Field(description="why it ended before its time; '' where it did not")
    counts: bool = Field(description="whether the regression uses it")
    came: Came | None = Field(default=None, description="null in results of earlier versions, as judgements are empty")
    judgements: tuple[Judgement, ...] = ()


class Calibrated(Part):
    """Demands as they are here."""

    numbers: tuple[DemandFound, ...]
    mix: DemandFound | None = Field(description="one request of the plan's mix at its peak, caches as the plan says; null: nothing could be fitted")
    levels: tuple[MixDriven, ...]
    variations: tuple[VariationFound, ...] = Field(default=(), description="of classes with requests enough; empty in results of earlier versions")
    drift: float = Field(description="how many times more levels scatter than their parts say; the intervals are wider by its root")
    stopped: str
    content: Content
    generator: Generator = Field(description="over all levels")
    probe: Probe
    platform: Platform
    notes: tuple[str, ...]
