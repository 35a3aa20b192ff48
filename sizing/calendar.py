"""When people work: the hours of the week by time zone, and working time since a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from sizing.audience import Group
from sizing.evidence import Array, Values
from sizing.vocabulary import minutes, weekdays

WEEK: Final = 168
QUARTERS_PER_HOUR: Final = 4
LUNCH: Final = 5 / 9
SHORT_DAY_QUARTERS: Final = 12
# A week of winter and a week of summer time: the worse of both counts, so that the answer needs no clock.
REFERENCE_MONDAYS: Final = (datetime(2027, 1, 11), datetime(2027, 7, 12))  # noqa: DTZ001 - the zone comes from the group
STEP_MINUTES: Final = 5
FIRST_HOUR, LATER, AFTER_LUNCH = range(3)


@dataclass(frozen=True)
class Shift:
    """People who work at the same hours; ``outside`` are those who reach only what is external."""

    zone: str
    hours: str
    days: tuple[int, ...]
    outside: bool
    people: int
    name: str

    @cached_property
    def quarters(self) -> int:
        """Length of the working day in quarters of an hour."""
        return max(1, round(minutes(self.hours)[1] / 15))

    @cached_property
    def first(self) -> int:
        """Quarters that count as the first hour."""
        return min(QUARTERS_PER_HOUR, self.quarters)

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """By quarter of the day: which part of the day it belongs to."""
        parts = [FIRST_HOUR] * self.first + [LATER] * (self.quarters - self.first)
        if self.quarters >= SHORT_DAY_QUARTERS:
            lunch = round(self.quarters * LUNCH)
            parts[lunch : lunch + QUARTERS_PER_HOUR] = [AFTER_LUNCH] * len(parts[lunch : lunch + QUARTERS_PER_HOUR])
        return tuple(parts)

    def starts(self, monday: datetime) -> list[int]:
        """Return the UTC minute, counted from Monday 00:00 UTC, at which each working day of the week begins."""
        origin = monday.replace(tzinfo=ZoneInfo("UTC"))
        zone, start = ZoneInfo(self.zone), minutes(self.hours)[0]
        begins = (monday.replace(tzinfo=zone) + timedelta(days=day, minutes=start) for day in self.days)
        return [int((begin.astimezone(ZoneInfo("UTC")) - origin).total_seconds()) // 60 for begin in begins]


def shifts(audience: tuple[Group, ...]) -> tuple[Shift, ...]:
    """Return the audience by hours and access; a shift bears the name of its largest group."""
    found: dict[tuple[str, str, tuple[int, ...], bool], list[Group]] = {}
    for group in audience:
        found.setdefault((group.time_zone, group.hours, weekdays(group.days), group.access == "internet"), []).append(group)
    return tuple(
        Shift(*key, people=sum(group.people for group in groups), name=max(groups, key=lambda group: (group.people, group.name)).name)
        for key, groups in sorted(found.items())
    )


@dataclass(frozen=True)
class Week:
    """Visits of a day laid on the 168 UTC hours of one reference week.

    ``parts`` (G, 168, 2, 3) are quarters of G shifts on the first and the other working days, in the first hour, later,
    and after lunch.
    """

    monday: datetime
    shifts: tuple[Shift, ...]

    @cached_property
    def parts(self) -> Array:
        """Quarters by shift, hour, first or other working day, and part of the day."""
        parts = np.zeros((len(self.shifts), WEEK, 2, 3))
        for at, shift in enumerate(self.shifts):
            for number, begin in enumerate(shift.starts(self.monday)):
                hours = (begin // 15 + np.arange(shift.quarters)) // QUARTERS_PER_HOUR % WEEK
                for hour, part in zip(hours, shift.parts, strict=True):
                    parts[at, hour, min(number, 1), part] += 1.0
        return parts

    def visits(self, values: Values, hours: list[int], *, outside: bool) -> Array:
        """Return visits (S, len(hours)) in these hours if each person makes one a working day on the mean."""
        total = np.zeros((values.scenarios, len(hours)))
        for alike in self._alike(outside):
            quarters = sum(self.shifts[at].people * self.parts[at][hours] for at in alike)
            weights = _weights(self.shifts[alike[0]], values)
            total += np.einsum("hdp,sdp->sh", quarters, weights)
        return total

    def by_shift(self, values: Values, hour: int) -> Array:
        """Return each shift's visits (G,) in ``hour``, of the first scenario."""
        return np.array([shift.people * float(np.sum(self.parts[at][hour] * _weights(shift, values)[0])) for at, shift in enumerate(self.shifts)])

    def _alike(self, outside: bool) -> list[list[int]]:  # noqa: FBT001 - private
        """Return the shifts whose days have one shape."""
        found: dict[tuple[int, int], list[int]] = {}
        for at, shift in enumerate(self.shifts):
            if shift.outside == outside:
                found.setdefault((shift.quarters, len(shift.days)), []).append(at)
        return list(found.values())


def _weights(shift: Shift, values: Values) -> Array:
    """Return the share of a mean day's visits (S, 2, 3) that falls into one quarter of each kind.

    The first hour takes at least its share of the day; the first working day takes ``busiest_weekday_factor``, and what
    it takes more is missing on the others.
    """
    later, lunch = (shift.parts.count(part) for part in (LATER, AFTER_LUNCH))
    first = np.maximum(values["busiest_hour_share"], shift.first / shift.quarters)
    rest = (1 - first) / (later + lunch * values["second_peak"]) if later else np.zeros(values.scenarios)
    day = np.stack([first / shift.first, rest, np.minimum(rest * values["second_peak"], first / shift.first)], axis=1)
    day /= (shift.first * day[:, FIRST_HOUR] + later * day[:, LATER] + lunch * day[:, AFTER_LUNCH])[:, None]
    days = len(shift.days)
    busiest = np.minimum(values["busiest_weekday_factor"], days) if days > 1 else np.ones(values.scenarios)
    others = (days - busiest) / (days - 1) if days > 1 else np.zeros(values.scenarios)
    return np.stack([busiest[:, None] * day, others[:, None] * day], axis=1)


def title(monday: datetime, minute: int) -> str:
    """Return a moment of the week in words: ``Mon 08:00``."""
    return f"{monday + timedelta(minutes=minute):%a %H:%M}"


def worked(shift: Shift, monday: datetime, sent: int, steps: int) -> tuple[Array, Array]:
    """Return working minutes since minute ``sent`` at the middle of each of ``steps`` 5-minute steps, and whether people are at work (0 or 1)."""
    at_work = np.zeros(steps)
    for week in range(2):
        for begin in shift.starts(monday):
            start = (begin + week * WEEK * 60 - sent) / STEP_MINUTES
            first, last = max(0, round(start)), max(0, round(start + shift.quarters * 15 / STEP_MINUTES))
            at_work[first:last] = 1.0
    return (np.cumsum(at_work) - 0.5) * STEP_MINUTES, at_work
