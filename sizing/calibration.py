"""The calibration, ``calibration.json``: what was observed of real use, beside which a load test's measurements will stand."""

import json
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from runtime.errors import PlanError
from sizing.demands import CLASSES
from sizing.reading import BriefError, problems
from sizing.vocabulary import wrong

NAME: Final = "calibration.json"
SCHEMA_VERSION: Final = 1
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


class Part(BaseModel):
    """A part of the file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Schema(Part):
    """Which shape of file this is."""

    version: Literal[1] = SCHEMA_VERSION


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


class Calibration(Part):
    """The whole file. A part that is null has not been observed or measured."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True, serialize_by_alias=True)

    schema_: Schema = Field(default=Schema(), alias="schema")
    observations: Observations | None = None


def parse(text: str, name: str = NAME) -> Calibration:
    """Return the calibration in ``text``; raises BriefError naming every wrong value."""
    mend = "write it again with 'plan observe LOGS', or remove it"
    try:
        return Calibration.model_validate(json.loads(text))
    except ValidationError as problem:
        raise BriefError(tuple(PlanError(one.message, where=one.where, hint=mend) for one in problems(problem, name, Calibration))) from None
    except ValueError as problem:
        raise BriefError((PlanError("is no JSON", where=name, hint=mend),)) from problem
