"""Hardware to choose from: shapes with price, speed, memory, disk and network."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from sizing.evidence import read
from sizing.infrastructure import Desk
from sizing.reading import BriefError, loaded, problems
from sizing.vocabulary import Entry, Line, Number, Text, Whole, wrong

Positive = Annotated[Number, Field(gt=0, le=1e12)]


class Shape(Entry):
    """A machine that can be had."""

    name: Line = Field(description="its name", examples=["server-16"])
    cores: Annotated[Whole, Field(ge=1, le=1024)] = Field(description="processor cores", examples=[16])
    memory_gib: Positive = Field(description="memory (GiB)", examples=[64])
    disk_gib: Positive = Field(description="disk (GiB)", examples=[960])
    disk_iops: Positive = Field(description="durable writes of 4 KiB in a second", examples=[20000])
    network_mbit: Positive = Field(description="network (Mbit/s)", examples=[10000])
    single: Annotated[Number, Field(ge=0.05, le=20)] = Field(
        description="score of one core, alone; 1 is a core of the machine on which the demands were measured", examples=[1.2]
    )
    multi: Positive = Field(description="score of all cores together, in the same unit", examples=[16.5])
    price_per_month: Annotated[Number, Field(ge=0, le=1e9)] = Field(description="all that it costs in a month", examples=[220])
    source: Text = Field(description="where its numbers come from", examples=["assumption"])
    note: Text = Field(default="", description="what to know of it", examples=["rack server"])

    @model_validator(mode="after")
    def _scores_agree(self) -> Self:
        if self.multi > self.single * self.cores * 1.001:
            raise wrong("multi is more than cores times single", "write the score of all cores together: no more than cores times the score of one")
        return self


class Catalogue(Entry):
    """The shapes to choose from."""

    shapes: Annotated[tuple[Shape, ...], Field(min_length=1, max_length=200)] = Field(description="the machines that can be had")

    @model_validator(mode="after")
    def _names_distinct(self) -> Self:
        names = [shape.name for shape in self.shapes]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise wrong(f"two shapes are named '{twice}'", "give each shape a name of its own")
        return self


@dataclass(frozen=True)
class Host:
    """A machine; ``speed`` is that of one core while all are busy, against a core of the machine on which the demands of the evidence were measured.

    ``stated``: the speed is a score, not taken to be 1. ``scaled``: demands come to it from another machine by its score
    (None: where the speed is not exactly 1).
    """

    name: str
    cores: int
    memory_gib: float
    disk_gib: float
    disk_iops: float
    network_mbit: float
    speed: float
    price_per_month: float
    stated: bool = True
    scaled: bool | None = None


def hosts(catalogue: Catalogue) -> tuple[Host, ...]:
    """Return the machines of ``catalogue``, the cheapest first."""
    made = (
        Host(
            shape.name,
            shape.cores,
            float(shape.memory_gib),
            float(shape.disk_gib),
            float(shape.disk_iops),
            float(shape.network_mbit),
            shape.multi / shape.cores,
            float(shape.price_per_month),
        )
        for shape in catalogue.shapes
    )
    return tuple(sorted(made, key=lambda host: (host.price_per_month, host.cores, host.name)))


def own(desk: Desk) -> Host:
    """Return the machine that the company has already: it costs nothing more."""
    stated = "speed" in desk.model_fields_set
    return Host(
        "desk", desk.cores, float(desk.memory_gib), float(desk.disk_gib), float(desk.disk_iops), float(desk.network_mbit), float(desk.speed), 0.0, stated
    )


@cache
def standard() -> Catalogue:
    """Return the catalogue that comes with the program, ``catalogue.yaml``."""
    return Catalogue.model_validate(read("../catalogue.yaml"))


def parse(text: str, name: str) -> Catalogue:
    """Return the catalogue in ``text``; ``name`` is what errors call the file. Raises BriefError naming every wrong value."""
    try:
        return Catalogue.model_validate(loaded(text, name))
    except ValidationError as problem:
        raise BriefError(tuple(problems(problem, name, Catalogue))) from None
