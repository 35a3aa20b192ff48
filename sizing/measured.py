"""What a load test measured, as demands in the place of the evidence's: on the machine itself as they are, on others by their scores.

Demands of the evidence are those of a reference core; the model divides them by the score of a host. So a demand that was
measured on a machine with a score is taken times that score: on the same machine it comes out as it was measured.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from runtime.errors import PlanError
from sizing.calibration import BACKGROUND, Measurements, Number
from sizing.catalogue import Host
from sizing.demands import Measured, Table, Varied
from sizing.evidence import NORMAL_95, Evidence, Quantity

SOURCE: Final = "calibrated"
NORMAL_975: Final = 1.959963984540054
"""The calibration holds 95 % intervals, the evidence 5 % and 95 % quantiles."""
AGAIN: Final = "run 'plan calibrate' again on the platform as it is now, or take 'measurements' out of the file"
NEAR: Final = 1e-6
PAGES: Final = "demand_scale"
"""What stands for the company's own pages is in the measured demands already."""


@dataclass(frozen=True)
class Measuring:
    """Measurements that may be used for a brief's ``desk``, from the file ``path``; raises PlanError where they may not."""

    measurements: Measurements
    desk: Host
    path: str
    running: Mapping[str, str] | None = None
    """Tags of the platform's images now, by image; None: not known here."""

    def __post_init__(self) -> None:
        """Refuse what an answer must not stand on."""
        seen = self.measurements
        where = f"{self.path}: measurements"
        if seen.verdict != "passed":
            raise PlanError(f"the run of {seen.at[:10]} was {seen.verdict}: its numbers prove nothing", where=where, hint=AGAIN)
        other = [name for name, tag in sorted(seen.images.items()) if self.running is not None and self.running.get(name) != tag]
        if other:
            raise PlanError(f"another version of the platform was measured: {', '.join(other)} differ", where=where, hint=AGAIN)
        if not self.same and (seen.machine.score is None or not (self.desk.stated or self.shape)):
            whose = "the machine that was measured" if seen.machine.score is None else "this brief's desk"
            raise PlanError(
                f"was measured on another machine ({self.machine}), and no score is known of {whose}",
                where=where,
                hint="write infrastructure.desk.speed into the brief of each machine, deploy and calibrate again; or take 'measurements' out of the file",
            )

    @property
    def machine(self) -> str:
        """The machine that was measured, in words."""
        one = self.measurements.machine
        return f"{one.name}: {one.cpu_model}, {one.cores} cores"

    @property
    def same(self) -> bool:
        """Whether the brief's desk is the machine that was measured, as far as a brief tells: cores, memory, and no other speed."""
        one = self.measurements.machine
        alike = one.name == self.desk.name and one.planned_cores == self.desk.cores and abs(one.planned_memory_gib - self.desk.memory_gib) < NEAR
        return alike and (one.score is None or not self.desk.stated or abs(one.score - self.desk.speed) < NEAR)

    @property
    def shape(self) -> bool:
        """Whether a shape of the catalogue was measured: all others there have scores, too."""
        one = self.measurements.machine
        return one.name != self.desk.name and one.score is not None

    @property
    def score(self) -> float:
        """The score of the machine that was measured; where only its brief's desk has one, that."""
        return self.measurements.machine.score or (self.desk.speed if self.same else 1.0)

    def host(self, host: Host) -> Host:
        """Return ``host`` as the demands reach it: exactly where it was measured, by a score that may be off elsewhere."""
        one = self.measurements.machine
        if host.name == self.desk.name:
            return replace(host, speed=self.score, scaled=False) if self.same else replace(host, scaled=True)
        alike = host.name == one.name and host.cores == one.planned_cores and abs(host.memory_gib - one.planned_memory_gib) < NEAR
        return replace(host, scaled=not (alike and one.score is not None and abs(host.speed - one.score) < NEAR))

    @property
    def words(self) -> str:
        """What becomes of the numbers, in words."""
        if self.same or self.shape:
            stated = self.desk.stated or (self.same and self.measurements.machine.score)
            own = "" if stated else "; that of the brief's desk is not stated, so taken as 1"
            whose = "this" if self.same else "that"
            return f"on {whose} machine as measured ({self.machine}); on others by their scores, off by as much as 'score_error' says (0.8 to 1.25){own}"
        return (
            f"on another machine ({self.machine}, score {self.score:g}); here by scores: {self.desk.speed:g} / {self.score:g},"
            " off by as much as 'score_error' says (0.8 to 1.25)"
        )

    def table(self, table: Table) -> Table:
        """Return the demands, and how requests of a class differ: what was measured in the place of the evidence's."""
        numbers = self.measurements.numbers
        lines = tuple(self._line(one, numbers[one.name]) if one.name in numbers else one for one in table.lines)
        return replace(table, lines=lines, varied={kind: Varied(one.value, _upwards(one), self.source) for kind, one in self.measurements.variations.items()})

    def numbers(self, evidence: Evidence) -> Evidence:
        """Return the evidence with the background that was measured; pages are the company's own now, so they are scaled by nothing."""
        found = {PAGES: Quantity(PAGES, 1.0, evidence.quantity(PAGES).unit, self.source, note="the demands are those of these pages")}
        if BACKGROUND in self.measurements.numbers:
            number = self.measurements.numbers[BACKGROUND]
            value, low, high = number.value * self.score, *(end * self.score for end in _quantiles(number))
            found[BACKGROUND] = Quantity(BACKGROUND, value, "cores", self.source, low, high, "of the services; what the container engine takes is not in it")
        return Evidence(tuple(found.get(item.name, item) for item in evidence.items))

    @property
    def source(self) -> str:
        """Where the numbers come from."""
        return f"{SOURCE} on {self.measurements.at[:10]}, {self.machine}"

    def _line(self, one: Measured, number: Number) -> Measured:
        """Return a demand of the reference core; how requests of a class differ stays as it was, relative to their mean."""
        value = number.value * self.score
        return replace(one, value=value, spread=one.spread * value / one.value, source=self.source, known=_error(number))


def _error(number: Number) -> float:
    """Return the relative standard error of a number whose 95 % interval is known (log-normal)."""
    return math.log(number.high / number.low) / 2 / NORMAL_975


def _upwards(number: Number) -> float:
    """Return the same by the upper end alone: the lower one of a variation is cut off where nothing varies."""
    return math.log(number.high / number.value) / NORMAL_975


def _quantiles(number: Number) -> tuple[float, float]:
    """Return the 5 % and 95 % quantiles of a number whose 95 % interval is known (log-normal, each side by itself)."""
    part = NORMAL_95 / NORMAL_975
    return number.value * (number.low / number.value) ** part, number.value * (number.high / number.value) ** part
