"""Which local day a moment falls on, and how much of a working day it is."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sizing.audience import Group
from sizing.vocabulary import minutes, weekdays

HOUR_S: Final = 3600
DAY_S: Final = 86_400
EPOCH_WEEKDAY: Final = 3
MINUTES_PER_HOUR: Final = 60
OFFICE: Final = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
OFFICE_HOURS: Final = 9.0


@dataclass(frozen=True)
class Days:
    """Days of one time zone; ``weights`` (Monday first) say which share of the people works on a weekday, ``hours`` how long one does."""

    zone: str = "UTC"
    weights: tuple[float, ...] = OFFICE
    hours: float = OFFICE_HOURS
    known: dict[int, int] = field(default_factory=dict, compare=False, repr=False)

    def day(self, moment_s: float) -> int:
        """Return the local day of unix time ``moment_s``, counted from 1970."""
        hour = int(moment_s) // HOUR_S
        found = self.known.get(hour)
        if found is None:
            local = datetime.fromtimestamp(hour * HOUR_S, UTC).astimezone(ZoneInfo(self.zone))
            found = self.known[hour] = (local.date() - date(1970, 1, 1)).days
        return found

    def weight(self, day: int) -> float:
        """Return the share of the people who work on ``day``."""
        return self.weights[(day + EPOCH_WEEKDAY) % 7]


def of(audience: tuple[Group, ...]) -> Days:
    """Return the days of an audience: the zone of its largest group, its working days and hours."""
    people = sum(group.people for group in audience)
    zones: dict[str, int] = {}
    for group in audience:
        zones[group.time_zone] = zones.get(group.time_zone, 0) + group.people
    weights = tuple(sum(group.people for group in audience if day in weekdays(group.days)) / people for day in range(7))
    worked = sum(group.people * minutes(group.hours)[1] for group in audience) / people / MINUTES_PER_HOUR
    return Days(max(zones, key=lambda zone: (zones[zone], zone)), weights, worked)
