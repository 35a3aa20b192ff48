"""Cases, each predicted and measured, as they stand in ``accuracy.json``."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, ValidationError

from loadtests.part import Part
from runtime.errors import PlanError
from sizing.reading import BriefError, problems

NAME: Final = "accuracy.json"
MEND: Final = "take it from the repository again, or move it away and add the results anew"
LEAST, MOST = 1e-12, 1e15
"""Less is nothing, and nothing that is measured is more: quotients are numbers, whatever somebody wrote into the file."""
Amount = Annotated[float, Field(ge=0, le=MOST, allow_inf_nan=False), AfterValidator(lambda value: value if value >= LEAST else 0.0)]
Key = tuple[str, str, str, int, str]


class Schema(Part):
    """Which shape of file this is."""

    version: Literal[1] = 1


class CalibratedOn(Part):
    """When and where the plan's demands were measured."""

    at: str = Field(description="UTC")
    machine: str


class Load(Part):
    """What came; the prediction is asked at it."""

    asked: Amount = Field(description="share of the plan's peak that was to come")
    share: Amount = Field(description="that came, by what the plan says each class works")
    requests_per_second: Amount
    per_second: dict[str, Amount] = Field(description="requests by class")
    counted: Literal["by class", "in all"] = Field(description="in all: the result tells their sum, and the classes are those of the mix that was asked")
    looks_per_second: Amount = Field(default=0.0, description="at real first pages, which no class counts")
    generator_cores: Amount = Field(default=0.0, description="that the generator used; the model is told them")
    others_cores: Amount = Field(
        default=0.0,
        description="that neither the platform nor the generator used, but somebody (the container engine, the system); the model is told them, too",
    )


class Numbers(Part):
    """What a plan says of a case, or what a test saw of it."""

    people: Amount | None = Field(default=None, description="the capacity; null: the case tells none")
    binding: str = Field(default="", description="what gives first: processors, page time, errors, disk, network, memory; '' or other words")
    binding_near: tuple[str, ...] = Field(default=(), description="resources whose own interval holds the capacity: the test does not tell which gives first")
    utilisation: dict[str, Amount] = Field(default={}, description="share of the plan's cores, of the whole platform ('processors') and of each station")
    p95_ms: dict[str, Amount] = Field(default={}, description="by class of pages")
    page_cache_hits: Amount | None = Field(default=None, description="share that the page cache answers; null: not told")


class Noise(Part):
    """Relative half widths of the 95 % intervals of what was measured: an error below says nothing."""

    people: Amount | None = None
    utilisation: dict[str, Amount] = Field(default={})
    p95_ms: dict[str, Amount] = Field(default={})


class Row(Part):
    """One case: a search for the capacity, a steady test, or a level of a search or of a calibration."""

    platform: str
    run: str = Field(description="when the test began, UTC")
    scenario: str
    level: int | None = Field(default=None, description="of the run; null: the run itself")
    case: str = Field(description="in words")
    configuration: str = Field(default="", description="what was set otherwise than the plan of a brief sets it, in words")
    shape: str = Field(description="machine, PHP processes and page cache, as the plan sets them")
    load: Load
    predicted: Numbers
    predicted_by: str = Field(description="how the plan was asked at this load")
    measured: Numbers
    noise_floor: Noise
    below_knee: bool = Field(description="the processors of the machine were busy no more than the plan's limit allows; else p95 does not count")
    undisturbed: bool = Field(description="others used no more than a tenth of the cores; else p95 does not count")
    calibrated_on: CalibratedOn | None = Field(description="null: the plan stands on the evidence's demands")
    held_out: bool
    held_out_because: str
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What makes it one case of one plan: the same run with the same calibration stands once."""
        return self.platform, self.run, self.scenario, -1 if self.level is None else self.level, self.calibrated_on.at if self.calibrated_on else ""


class Comparison(Part):
    """The whole file."""

    schema_: Schema = Field(default=Schema(), alias="schema")
    rows: tuple[Row, ...] = ()

    def with_rows(self, rows: Iterable[Row]) -> "Comparison":
        """Return the file with ``rows`` too, in the order of their keys; a case that is there is told anew."""
        found = {row.key: row for row in self.rows} | {row.key: row for row in rows}
        return self.model_copy(update={"rows": tuple(found[key] for key in sorted(found))})

    def since(self, begin: datetime) -> "Comparison":
        """Return the rows of runs that began at ``begin`` or later; one that does not tell when began before."""
        return self.model_copy(update={"rows": tuple(row for row in self.rows if _began(row) >= begin)})


def moment(text: str) -> datetime:
    """Return a moment of ISO 8601, UTC where no zone is told; raises ValueError."""
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _began(row: Row) -> datetime:
    try:
        return moment(row.run)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def parse(text: str, name: str = NAME) -> Comparison:
    """Return the file in ``text``; raises BriefError naming every wrong value, and where a case stands twice: it would count twice."""
    try:
        found = Comparison.model_validate(_as_now(json.loads(text)))
    except ValidationError as problem:
        raise BriefError(tuple(PlanError(one.message, where=one.where, hint=MEND) for one in problems(problem, name, Comparison))) from None
    except (ValueError, RecursionError) as problem:
        raise BriefError((PlanError("is no JSON", where=name, hint=MEND),)) from problem
    return _once(found, name)


def _as_now(told: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a file without what files told before: a second number for the same capacity."""
    if isinstance(told, dict) and isinstance(told.get("rows"), list):
        for row in told["rows"]:
            for numbers in (row.get("predicted"), row.get("measured")) if isinstance(row, dict) else ():
                if isinstance(numbers, dict):
                    numbers.pop("people_at_medians", None)
    return told


def _once(found: Comparison, name: str) -> Comparison:
    first: dict[Key, int] = {}
    for number, row in enumerate(found.rows):
        if first.setdefault(row.key, number) != number:
            raise BriefError((PlanError(f"is the same case as rows[{first[row.key]}]", where=f"{name}: rows[{number}]", hint="keep one of the two"),))
    return found


def written(found: Comparison) -> str:
    """Return the text of the file."""
    return json.dumps(found.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
