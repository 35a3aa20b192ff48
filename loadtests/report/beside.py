"""What the plan had predicted, beside what was measured."""

from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.report.words import amount, between, off, told
from loadtests.verdict import Result
from sizing.report.tables import Table


@dataclass(frozen=True)
class Beside:
    """One number: predicted, and measured with its 95 % interval (None: not known)."""

    what: str
    unit: str
    predicted: float
    measured: float
    low: float | None = None
    high: float | None = None

    @property
    def ratio(self) -> float:
        """Measured over predicted."""
        return self.measured / self.predicted


def predictions(result: Result) -> list[Beside]:
    """Return every number that the plan had predicted and the test measured."""
    return [one for one in _all(result) if one.predicted > 0 and one.measured > 0]


def _all(result: Result) -> Iterator[Beside]:
    if result.capacity and result.capacity.people:
        people = result.capacity.people
        yield Beside("capacity", "people", result.capacity.predicted.people, people.value, people.low, people.high)
    for one in result.measured.judgements if result.measured else ():
        if one.predicted is not None:
            yield Beside(told(one.target), one.unit, one.predicted, one.value, one.low, one.high)
    for part in result.classes:
        if part.p95_predicted_ms is not None and part.p95_low_ms is not None:
            yield Beside(f"p95 of {told(part.name)}", "ms", part.p95_predicted_ms, part.p95_ms, part.p95_low_ms, part.p95_high_ms)
    if result.calibrated:
        mix = (result.calibrated.mix,) if result.calibrated.mix else ()
        for number in (*mix, *result.calibrated.numbers):
            yield Beside(told(number.name), number.unit, number.planned, number.value, number.low, number.high)


def table(found: list[Beside]) -> Table:
    """Return the numbers beside each other."""
    rows = tuple(
        (one.what, amount(one.predicted, one.unit), amount(one.measured, one.unit), between(one.low, one.high, one.unit), off(one.predicted / one.measured - 1))
        for one in found
    )
    return Table("The plan's predictions beside what was measured", ("Number", "#Predicted", "#Measured", "#95 % interval", "#Prediction off by"), rows)
