"""What a search for the capacity found, as it stands in ``result.json``."""

from typing import Literal

from pydantic import Field

from loadtests.part import Part
from loadtests.steady.measured import Came, Content, Generator, Judgement, Probe, Slow
from loadtests.steady.meter import Platform
from loadtests.steady.series import Series
from loadtests.steady.workload import Workload

LevelVerdict = Literal["met", "missed", "undecided", "invalid"]


class Extent(Part):
    """A load; ``low`` and ``high`` hold the true number with 95 % confidence."""

    value: float
    low: float
    high: float


class TargetLoad(Part):
    """The load at which one target is met just so."""

    target: str
    people: Extent
    method: Literal["line", "bracket"] = Field(description="a line through the levels; or between a level that met it and one that did not")


class Predicted(Part):
    """What the plan says of the same: of the load, with memory and disk left out."""

    people: int
    low: int = Field(description="with high: the plan's own interval")
    high: int
    first_to_give: str
    error: float | None = Field(description="predicted over measured, less one; null where nothing was measured")


class LevelFound(Part):
    """One level of load."""

    number: int
    share_asked: float = Field(description="of the plan's peak")
    share: float = Field(description="that came, by what the plan says each class works")
    people: float = Field(description="share times the plan's people")
    requests_per_second: float = Field(description="of all classes, that came in the measured part")
    open_at: float = Field(description="unix time")
    warm_up_s: float = Field(description="left out")
    measured_s: float
    requests: int = Field(description="the beginning included, as in failures")
    failures: int
    p95_ms: float | None = Field(description="of all pages; null: too few")
    p95_low_ms: float | None
    p95_high_ms: float | None
    utilisation: float = Field(description="share of all cores that the platform's services used")
    host_cpu: float = Field(description="share of all cores that worked, whoever for")
    judgements: tuple[Judgement, ...]
    generator: Generator
    verdict: LevelVerdict
    ended: str = Field(description="why it ended before its time; '' where it did not")
    came: Came | None = Field(default=None, description="null in results of earlier versions")
    p50_ms: float | None = Field(default=None, description="of all pages, as p99_ms; null: too few, or by an earlier version")
    p99_ms: float | None = None


class Fitted(Part):
    """A point of the lines through the levels."""

    people: float
    p95_ms: float = Field(description="of all pages")
    host_cpu: float = Field(description="share of all cores that work, whoever for")


class Capacity(Part):
    """The largest load that meets every target."""

    share: Extent | None = Field(description="of the plan's peak; null: no level says anything of it")
    people: Extent | None
    requests_per_second: Extent | None
    half_width: float | None = Field(description="half of the interval's width, relative")
    binding: str = Field(description="the target that gives first; '' where nothing is known")
    targets: tuple[TargetLoad, ...] = Field(description="the one that gives first is the first")
    predicted: Predicted
    levels: tuple[LevelFound, ...]
    stopped: str = Field(description="why the search ended")
    workload: Workload = Field(description="of the plan's whole peak")
    content: Content
    slow: tuple[Slow, ...]
    generator: Generator = Field(description="over all levels; what was wrong with it stands in each")
    probe: Probe
    platform: Platform
    notes: tuple[str, ...]
    fitted: tuple[Fitted, ...] = Field(default=(), description="the lines through the levels, from few people to many; empty: none could be fitted")
    series: Series | None = Field(default=None, description="over time, from the first level; null: by an earlier version")
