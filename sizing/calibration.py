"""The calibration, ``calibration.json``: what was observed of real use, and what a load test measured of the platform."""

import hashlib
import json
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from runtime.errors import PlanError
from sizing.demands import CLASSES, demands
from sizing.reading import BriefError, problems
from sizing.vocabulary import wrong

NAME: Final = "calibration.json"
SCHEMA_VERSION: Final = 3
SINCE_MEASURED: Final = 2
ANEW: Final = "let 'plan calibrate' write this file again"
LEAST_MEASURED, MOST_MEASURED, WIDEST_MEASURED = 1e-6, 1e6, 1e4
"""Of a demand (ms) or the background (cores), and of the upper end of its interval over the lower."""
"""Version 1 had no measurements, version 2 no variations in them; both are still read."""
NUMBERS: Final = {
    "sessions_per_person_hour": "visits of one who takes part, in an hour of work",
    "sessions_per_person_day": "visits of one who takes part, on a working day",
    "pages_per_session": "pages opened in one visit",
    "think_time_s": "mean time from the end of one answer to the next thing that a person asks for, within a visit",
    "think_time_median_s": "median of the log-normal shape of think times",
    "think_time_sigma": "standard deviation of the logarithm of think times",
    "signed_in_share": "part of the blogs' pages read by people who are signed in",
    "wiki_share": "part of the pages that is in the wiki",
    "commenters_share": "part of those who came that commented",
    "authors_share": "part of those who came that saved a post",
    "wiki_editors_share": "part of those who came that edited the wiki",
    "zipf_exponent": "exponent of the pages' popularity",
    "page_cache_hit_ratio": "part of the page cache's requests that it answered",
    "bass_p": "hazard by channels, per year (Bass's p)",
    "bass_q": "imitation, per year (Bass's q)",
    "ceiling": "part of the audience that will ever take part",
}
SHARES: Final = frozenset(name for name in NUMBERS if name.endswith(("_share", "_ratio")) or name == "ceiling")
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
BACKGROUND: Final = "background_cores"
MEASURED: Final = frozenset({*(one.name for one in demands().lines if one.resource != "wait"), BACKGROUND})
"""Numbers that a load test measures."""


class Part(BaseModel):
    """A part of the file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Schema(Part):
    """Which shape of file this is."""

    version: Literal[1, 2, 3] = SCHEMA_VERSION


class Number(Part):
    """A number with its 95 % interval."""

    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    low: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    high: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    counted: Count = Field(description="events that it was counted from")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise wrong("the value is not within low and high", "let 'plan observe' write this file")
        return self


class Source(Part):
    """What was read; no name, address or page of anybody."""

    began: str = Field(description="first request, UTC")
    ended: str = Field(description="last request, UTC")
    days: Count = Field(description="days with requests")
    files: Count
    lines: Count = Field(description="lines read")
    requests: Count = Field(description="requests that count")
    left_out: dict[str, Count] = Field(description="lines that do not count, by reason")


class Observations(Part):
    """What the front door's logs of real use say; every number with a 95 % interval."""

    source: Source
    people: Count = Field(description="people who signed in, or browsers at addresses (see people_by)")
    people_by: Literal["sign-in", "address and browser"]
    sessions: Count = Field(description="visits")
    timeout_s: float = Field(description="time without anything done that ends a visit")
    crossing_s: float | None = Field(default=None, description="the gap that is as likely a think time as an absence; null: not told apart")
    sessions_factor: float = Field(default=1.0, description="visits for each that the time-out alone would count")
    pages: Count = Field(default=0, description="pages there must be for so many different ones to have been read; 0: not known")
    numbers: dict[str, Number]
    mix: dict[str, Number] = Field(description="share of the requests by class")
    per_session: dict[str, Number] = Field(description="requests of one visit by class")
    not_enough: dict[str, str] = Field(default={}, description="numbers that are not told, and why")

    @model_validator(mode="after")
    def _known(self) -> Self:
        for held, names in ((self.numbers, frozenset(NUMBERS)), (self.not_enough, frozenset(NUMBERS)), (self.mix, CLASSES), (self.per_session, CLASSES)):
            if unknown := sorted(set(held) - set(names)):
                raise wrong(f"'{unknown[0]}' is no number or class of this version", "let 'plan observe' write this file again")
        for name in SHARES & set(self.numbers):
            if self.numbers[name].high > 1:
                raise wrong(f"numbers.{name} is above 1", "let 'plan observe' write this file again")
        return self


class Machine(Part):
    """The machine that was measured."""

    cpu_model: str
    cores: Count
    memory_gib: Positive
    name: str = Field(description="'desk', or its name in the catalogue")
    planned_cores: Count = Field(description="as its plan says: by these and the next one a brief's desk is known to be the same machine")
    planned_memory_gib: Positive
    score: Annotated[float, Field(ge=0.05, le=20)] | None = Field(description="of one core, all busy, as catalogue or brief state it; null: none was stated")


class Measurements(Part):
    """What a load test says of the platform's demands; every number with a 95 % interval."""

    at: str = Field(description="UTC")
    run: str = Field(description="'started' of the result.json it came from")
    verdict: Literal["passed", "failed", "invalid"]
    plan_digest: str = Field(description="of the plan that was deployed")
    machine: Machine
    images: dict[str, str] = Field(min_length=1, description="the platform's version: tag of each image that ran")
    as_of: dict[str, str] = Field(default={}, description="by image: the moment as of which its packages were taken")
    levels: Count = Field(description="levels of load that count")
    requests: Count = Field(description="requests in them")
    numbers: dict[str, Number] = Field(description="demand.CLASS.PART: ms of this machine's core for one request; background_cores: cores of this machine")
    mix: Number = Field(description="ms of a core for one request of the plan's mix at its peak, caches as the plan says")
    variations: dict[str, Number] = Field(default={}, description="standard deviation over mean of what one request takes, by class, as far as measured")
    not_told: dict[str, str] = Field(default={}, description="numbers that the levels hardly tell, and why: they are mostly the plan's own")

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, number in self.numbers.items():
            if name not in MEASURED:
                raise wrong(f"'{name}' is no number of this version", ANEW)
            _plausible(f"numbers.{name}", number)
        if missing := sorted(MEASURED - set(self.numbers)):
            raise wrong(f"numbers.{missing[0]} is missing", ANEW)
        _plausible("mix", self.mix)
        for kind, number in self.variations.items():
            if kind not in CLASSES:
                raise wrong(f"'{kind}' is no class of this version", ANEW)
            _plausible(f"variations.{kind}", number)
        try:
            datetime.fromisoformat(self.at)
        except ValueError:
            raise wrong("at is no time", ANEW) from None
        return self


def _plausible(name: str, number: Number) -> None:
    """Refuse what no measurement comes to: ms of a core, or cores."""
    if not LEAST_MEASURED <= number.low <= number.high <= MOST_MEASURED:
        raise wrong(f"{name} is not between {LEAST_MEASURED:g} and {MOST_MEASURED:g}", ANEW)
    if number.high > number.low * WIDEST_MEASURED:
        raise wrong(f"the interval of {name} is too wide to tell anything", ANEW)


class Calibration(Part):
    """The whole file. A part that is null has not been observed or measured."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True, serialize_by_alias=True)

    schema_: Schema = Field(default=Schema(), alias="schema")
    observations: Observations | None = None
    measurements: Measurements | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what it says: of a file without variations as it was before there were any."""
        left_out = {"measurements": {"variations"}} if self.measurements is not None and not self.measurements.variations else None
        return hashlib.sha256(self.model_dump_json(exclude=left_out).encode()).hexdigest()

    @model_validator(mode="after")
    def _of_its_version(self) -> Self:
        if self.measurements is not None and self.schema_.version < SINCE_MEASURED:
            raise wrong("measurements stand in a file of version 1, which had none", ANEW)
        if self.measurements is not None and self.measurements.variations and self.schema_.version < SCHEMA_VERSION:
            raise wrong(f"variations stand in a file of version {self.schema_.version}, which had none", ANEW)
        return self


def parse(text: str, name: str = NAME) -> Calibration:
    """Return the calibration in ``text``; raises BriefError naming every wrong value."""
    mend = "write it again with 'plan observe LOGS' or 'plan calibrate', or remove it"
    try:
        return Calibration.model_validate(json.loads(text))
    except ValidationError as problem:
        raise BriefError(tuple(PlanError(one.message, where=one.where, hint=mend) for one in problems(problem, name, Calibration))) from None
    except (ValueError, RecursionError) as problem:
        raise BriefError((PlanError("is no JSON", where=name, hint=mend),)) from problem
