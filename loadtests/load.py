"""How much load a scenario with open arrivals drives, and what it has driven so far."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from loadtests.part import Part
from loadtests.steady.order import Order

Phase = Literal["preparing", "measuring", "open", "ending", "reading back", "done"]


class Load(Part):
    """Open arrivals: a rate that is given, or a share of the capacity that is measured first by people without think time."""

    rate_per_second: float = Field(default=0.0, ge=0, description="0: from the measured capacity")
    share: float = Field(default=0.55, gt=0, le=1, description="of the measured capacity")
    least_per_second: float = Field(default=2.0, description="a measured rate is not driven lower than this")
    most_per_second: float = Field(default=25.0, description="nor higher")
    measure_s: float = Field(default=15.0, description="how long capacity is measured, where no rate is given")
    at_once: int = Field(default=8, description="people without think time, for that")
    limit_s: float = Field(default=600.0, description="arrivals end by themselves after this")
    seed: int = 1
    stop: Path = Field(description="arrivals end when this file is there")


class Manner(Part):
    """How a scenario is driven: ``load`` or ``order`` where its arrivals are open, ``headers`` that everybody sends along."""

    load: Load | None = None
    order: Order | None = Field(default=None, description="of the steady test")
    headers: dict[str, str] = Field(default={}, description="leave to write while nobody else may")


class Event(Part):
    """A failed request."""

    at: float = Field(description="unix time of its intended start")
    request_class: str
    status: int = Field(description="0: no answer")
    kind: str
    reason: str
    waited_ms: float


class Second(Part):
    """One second of arrivals, by intended start."""

    at: int = Field(description="unix time")
    requests: int
    failed: int
    worst_ms: float


class Writes(Part):
    """Posts, comments and edits: what was acknowledged, and what was found when all was read back."""

    acknowledged: int = 0
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    stale: tuple[str, ...] = Field(default=(), description="pages that show a reader without a session not what was written last")


class Driven(Part):
    """What was driven so far."""

    phase: Phase
    capacity_per_second: float = 0.0
    rate_per_second: float = 0.0
    late_ms: float = Field(default=0.0, description="the latest that an arrival began after its intended start: the generator's own lag")
    seconds: tuple[Second, ...] = ()
    events: tuple[Event, ...] = ()
    writes: Writes = Writes()
