"""How far predictions are off: each number of each row, and the medians over them. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from statistics import mean, median
from typing import Final, Literal, get_args

from pydantic import Field

from loadtests.accuracy.record import Comparison, Noise, Numbers, Row, Schema
from loadtests.measure.intervals import quantile
from loadtests.part import Part

Quantity = Literal["capacity", "utilisation", "p95"]
ASKED: Final[dict[Quantity, tuple[float, float | None]]] = {"capacity": (0.05, 0.10), "utilisation": (0.05, None), "p95": (0.15, None)}
"""Median, and what nine of ten must keep to."""
P90: Final = 0.9
LEAST_USED: Final = 0.005
"""Of the cores: a station that uses less, by plan and by measurement, decides nothing; it is told and not counted."""


class Compared(Part):
    """One number: its relative error, and the noise floor of what was measured (null: not known)."""

    quantity: Quantity
    of: str = Field(description="the station or the class of pages; '' for the capacity")
    predicted: float
    measured: float
    error: float = Field(description="predicted over measured, less one")
    noise_floor: float | None
    within_noise: bool = Field(description="the error is no larger than the noise floor")
    counts: bool = Field(description="false: a p95 above the knee or where others used much of the cores, or a station that uses next to nothing")

    @property
    def name(self) -> str:
        """What it is, in words."""
        return f"{self.quantity} of {self.of}" if self.of else self.quantity


class ToldRow(Row):
    """A row with its errors; ``noise_floor`` is the spread of repeats where that is larger."""

    errors: tuple[Compared, ...]
    within_noise: tuple[str, ...] = Field(description="numbers whose error is no larger than the noise")
    binding_agrees: bool | None = Field(description="null: the case tells no binding resource")
    binding_within_noise: bool | None = Field(description="the same, a resource that the test cannot tell from the first one counting, too")


class Error(Part):
    """Relative errors (absolute values) over rows; null where there are none."""

    median: float | None
    p90: float | None
    n: int
    noise_floor: float | None = Field(description="median of the noise floors of the same numbers, as far as they are known")
    within_noise: int = Field(description="how many are no larger than their noise floor")


class Target(Part):
    """What is asked of an error."""

    median: float
    p90: float | None
    reached: bool | None = Field(description="null: nothing was measured")
    missed: tuple[str, ...] = Field(default=(), description="stations whose own median is larger")


class Three(Part):
    """The errors that something is asked of."""

    capacity_error: Error
    utilisation_error: Error
    p95_latency_error: Error


class Errors(Three):
    """The errors over some of the rows."""

    by_station: dict[str, Error]
    by_class: dict[str, Error]
    by_configuration: dict[str, Three]
    binding_agrees: int
    binding_within_noise: int
    binding_n: int
    cases: int


class Summary(Errors):
    """The answer of ``plan accuracy``: of calibrated plans, held out; and beside it the errors of plans that were not calibrated."""

    schema_: Schema = Field(default=Schema(), alias="schema")
    targets: dict[str, Target]
    uncalibrated: Errors = Field(description="the same over plans that stand on the evidence's demands")
    not_held_out: Errors = Field(description="the same over runs that the calibration stands on, or may")
    rows: tuple[ToldRow, ...]


def summary(found: Comparison) -> Summary:
    """Return every row with its errors, and the errors over them."""
    rows = tuple(_told(found.rows))
    counted = errors([row for row in rows if row.calibrated_on and row.held_out])
    return Summary(
        **dict(counted),
        targets=_targets(counted),
        uncalibrated=errors([row for row in rows if not row.calibrated_on]),
        not_held_out=errors([row for row in rows if row.calibrated_on and not row.held_out]),
        rows=rows,
    )


def errors(rows: Sequence[ToldRow]) -> Errors:
    """Return the errors over ``rows``."""
    by = _by_quantity(rows)
    bound = [row.binding_agrees for row in rows if row.binding_agrees is not None]
    return Errors(
        **dict(_three(rows)),
        by_station=_each(by["utilisation"]),
        by_class=_each(by["p95"]),
        by_configuration={words: _three([row for row in rows if row.configuration == words]) for words in sorted({row.configuration for row in rows})},
        binding_agrees=sum(bound),
        binding_within_noise=sum(bool(row.binding_within_noise) for row in rows),
        binding_n=len(bound),
        cases=len(rows),
    )


def _three(rows: Sequence[ToldRow]) -> Three:
    by = _by_quantity(rows)
    return Three(capacity_error=_error(by["capacity"]), utilisation_error=_error(by["utilisation"]), p95_latency_error=_error(by["p95"]))


def _by_quantity(rows: Sequence[ToldRow]) -> dict[Quantity, list[Compared]]:
    """Return what counts of ``rows``."""
    every = [one for row in rows for one in row.errors if one.counts]
    return {name: [one for one in every if one.quantity == name] for name in get_args(Quantity)}


def _each(found: Sequence[Compared]) -> dict[str, Error]:
    return {name: _error([one for one in found if one.of == name]) for name in sorted({one.of for one in found})}


def _error(found: Sequence[Compared]) -> Error:
    sizes, floors = [abs(one.error) for one in found], [one.noise_floor for one in found if one.noise_floor is not None]
    return Error(
        median=_round(median(sizes)) if sizes else None,
        p90=_round(quantile(sizes, P90)) if sizes else None,
        n=len(sizes),
        noise_floor=_round(median(floors)) if floors else None,
        within_noise=sum(one.within_noise for one in found),
    )


def _targets(found: Errors) -> dict[str, Target]:
    sized = {"capacity": found.capacity_error, "utilisation": found.utilisation_error, "p95": found.p95_latency_error}
    missed = tuple(name for name, one in found.by_station.items() if (one.median or 0.0) > ASKED["utilisation"][0])
    return {
        name: Target(
            median=(asked := ASKED[name])[0],
            p90=asked[1],
            reached=_reached(sized[name], asked) and not (name == "utilisation" and missed) if sized[name].n else None,
            missed=missed if name == "utilisation" else (),
        )
        for name in ASKED
    }


def _reached(found: Error, asked: tuple[float, float | None]) -> bool:
    return (found.median or 0.0) <= asked[0] and (asked[1] is None or (found.p90 or 0.0) <= asked[1])


def _told(rows: Sequence[Row]) -> Iterator[ToldRow]:
    repeated: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        repeated[_case(row)].append(row)
    for row in rows:
        same = repeated[_case(row)]
        floor = _floor(row, same if len({one.run for one in same}) > 1 else [])
        found = tuple(_compared(row, floor))
        whole = row.model_copy(update={"noise_floor": floor})
        said, seen = row.predicted.binding, row.measured
        yield ToldRow(
            **dict(whole),
            errors=found,
            within_noise=tuple(one.name for one in found if one.within_noise),
            binding_agrees=said == seen.binding if seen.binding else None,
            binding_within_noise=said in {seen.binding, *seen.binding_near} if seen.binding else None,
        )


def _case(row: Row) -> tuple[str, ...]:
    """Return what repeats of a case share; a search repeats another at whatever load it ends."""
    asked = "" if row.measured.people is not None else f"{row.load.asked:.3g}"
    return row.platform, row.configuration, row.shape, row.scenario, row.case, asked, row.calibrated_on.at if row.calibrated_on else ""


def _floor(row: Row, same: Sequence[Row]) -> Noise:
    """Return the noise floor: that of the run itself, or the spread of the repeats where that is larger."""

    def larger(own: float | None, number: Callable[[Numbers], float | None]) -> float | None:
        ratios = [measured / said for one in same if (measured := number(one.measured)) and (said := number(one.predicted))]
        spread = (max(ratios) - min(ratios)) / 2 / mean(ratios) if len(ratios) > 1 else None
        return max((one for one in (own, spread) if one is not None), default=None)

    def all_of(of: Callable[[Numbers], dict[str, float]], own: dict[str, float]) -> dict[str, float]:
        found = {name: larger(own.get(name), _member(of, name)) for name in of(row.measured)}
        return {name: _round(value) for name, value in found.items() if value is not None}

    people = larger(row.noise_floor.people, lambda told: told.people)
    return Noise(
        people=None if people is None else _round(people),
        utilisation=all_of(_utilisation, row.noise_floor.utilisation),
        p95_ms=all_of(_p95, row.noise_floor.p95_ms),
    )


def _utilisation(told: Numbers) -> dict[str, float]:
    return told.utilisation


def _p95(told: Numbers) -> dict[str, float]:
    return told.p95_ms


def _member(of: Callable[[Numbers], dict[str, float]], name: str) -> Callable[[Numbers], float | None]:
    return lambda told: of(told).get(name)


def _compared(row: Row, floor: Noise) -> Iterator[Compared]:
    said, seen = row.predicted, row.measured
    if said.people is not None and seen.people:
        yield _one("capacity", "", (said.people, seen.people), floor.people)
    for name, value in seen.utilisation.items():
        if name in said.utilisation and value:
            numbers = said.utilisation[name], value
            yield _one("utilisation", name, numbers, floor.utilisation.get(name), counts=max(numbers) >= LEAST_USED)
    for name, value in seen.p95_ms.items():
        if name in said.p95_ms and value:
            yield _one("p95", name, (said.p95_ms[name], value), floor.p95_ms.get(name), counts=row.below_knee and row.undisturbed)


def _one(quantity: Quantity, of: str, numbers: tuple[float, float], floor: float | None, *, counts: bool = True) -> Compared:
    predicted, measured = numbers
    error = _round(predicted / measured - 1)
    return Compared(
        quantity=quantity,
        of=of,
        predicted=predicted,
        measured=measured,
        error=error,
        noise_floor=floor,
        within_noise=floor is not None and abs(error) <= floor,
        counts=counts,
    )


def _round(value: float) -> float:
    return round(value, 4)
