"""The flash crowd of a mail: when people open it and click, as a curve over the days after it was sent."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from sizing.calendar import STEP_MINUTES, WEEK, Shift, Week, title, worked
from sizing.evidence import Array, Values
from sizing.vocabulary import minutes

STEPS: Final = 3 * 24 * 60 // STEP_MINUTES
CANDIDATES: Final = 6
APART: Final = 2
MINUTES_PER_WORKING_DAY: Final = 480
SPREADS: Final = ((1.0, 1.0), (0.3, 1.3), (3.0, 0.7), (2.0, 0.85))


def opening_rate(elapsed: Array, median: Array, sigma: Array) -> Array:
    """Return the share of a mail's openings that falls into one minute, ``elapsed`` working minutes after it was sent.

    The delay until a mail is opened is lognormal; the density is that of the middle of a step.
    """
    since = np.maximum(elapsed, STEP_MINUTES / 2)
    score = np.log(since / median) / sigma
    density = np.exp(-0.5 * score**2) / (since * sigma * np.sqrt(2 * np.pi))
    return np.where(elapsed > 0, density, 0.0)


def _highest(course: Array) -> set[int]:
    """Return the highest steps of a course that lie apart from each other."""
    found: list[int] = []
    for step in np.argsort(-course, kind="stable"):
        if all(abs(int(step) - other) >= APART for other in found):
            found.append(int(step))
        if len(found) == CANDIDATES:
            break
    return set(found)


@dataclass(frozen=True)
class Crowd:
    """A mail to everyone, sent on the first working day of the largest shift at ``send_minute`` (local), in ``waves`` equal parts a working day apart.

    ``clicked`` names the share of those who open it and then come.
    """

    week: Week
    send_minute: int
    waves: int
    clicked: str

    @cached_property
    def sent(self) -> int:
        """UTC minute of the week at which the first wave is sent."""
        largest = max(self.week.shifts, key=lambda shift: (shift.people, shift.name))
        return largest.starts(self.week.monday)[0] + self.send_minute - minutes(largest.hours)[0]

    @cached_property
    def clocks(self) -> tuple[Array, Array]:
        """Working minutes since the mail was sent (G, T), and whether people are at work (G, T), by shift and 5-minute step."""
        pairs = [worked(shift, self.week.monday, self.sent, STEPS) for shift in self.week.shifts]
        return np.stack([elapsed for elapsed, _ in pairs]), np.stack([at_work for _, at_work in pairs])

    @cached_property
    def people(self) -> Array:
        """People by shift (G,)."""
        return np.array([float(shift.people) for shift in self.week.shifts])

    def candidates(self, values: Values) -> list[int]:
        """Return the steps in which the crowd may be largest: at the medians, and for quicker and slower readers."""
        elapsed, at_work = self.clocks
        found: set[int] = set()
        for faster, wider in SPREADS:
            median, sigma = values["mail_delay_median"][:1] * faster, values["mail_delay_sigma"][:1] * wider
            found |= _highest(self.people @ (opening_rate(elapsed, median, sigma) * at_work))
        return sorted(found)

    def rate(self, values: Values, step: int, *, outside: bool) -> Array:
        """Return people (S,) who open the mail and come, per minute, in one step."""
        elapsed, at_work = (clock[:, step] for clock in self.clocks)
        there = [at for at, shift in enumerate(self.week.shifts) if at_work[at] and shift.outside == outside]
        total = np.zeros(values.scenarios)
        for since in {float(elapsed[at]) for at in there}:
            people = sum(self.people[at] for at in there if elapsed[at] == since)
            waves = [
                opening_rate(np.array(since + earlier * MINUTES_PER_WORKING_DAY), values["mail_delay_median"], values["mail_delay_sigma"])
                for earlier in range(min(self.waves, 5))
            ]
            total += people / self.waves * np.sum(waves, axis=0)
        return total * values["mail_opened_share"] * values[self.clicked]

    def hour(self, step: int) -> int:
        """Return the UTC hour of the week of a step."""
        return (self.sent + step * STEP_MINUTES) // 60 % WEEK

    def words(self, step: int) -> str:
        """Return when a step is: ``Mon 09:10``."""
        return title(self.week.monday, (self.sent + step * STEP_MINUTES) % (WEEK * 60))

    def largest_shift(self, values: Values, step: int) -> Shift:
        """Return the shift that most of the crowd of a step belongs to."""
        elapsed, at_work = (clock[:, step] for clock in self.clocks)
        course = self.people * at_work * opening_rate(elapsed, values["mail_delay_median"][:1], values["mail_delay_sigma"][:1])
        return self.week.shifts[int(np.argmax(course))]
