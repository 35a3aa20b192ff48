"""How many take part, month by month: Bass diffusion, its coefficients set by the ways in which people hear of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from sizing.audience import Channel
from sizing.evidence import Array, Values

MONTHS_PER_YEAR: Final = 12
NOTHING: Final = 1e-12
STEADY: Final = {"portal-link": "reach_portal_link", "poster": "reach_poster", "manager": "reach_manager"}
PULSES: Final = {"announcement-mail": "reach_announcement_mail", "newsletter": "reach_newsletter", "event": "reach_event"}
MAILS: Final = {"announcement-mail": "mail_clicked_share", "newsletter": "newsletter_clicked_share"}


@dataclass(frozen=True)
class Timeline:
    """The channels on a line of months; month 0 begins on ``start``, the first day that the brief names (None: it names none)."""

    start: date | None
    channels: tuple[tuple[str, int], ...]

    def date(self, month: int) -> str | None:
        """Return ``YYYY-MM`` of a month, None where the brief names no day."""
        if self.start is None:
            return None
        months = self.start.year * MONTHS_PER_YEAR + self.start.month - 1 + month
        return f"{months // MONTHS_PER_YEAR}-{months % MONTHS_PER_YEAR + 1:02}"

    def pulses(self, month: int) -> list[str]:
        """Return the channels that reach people at once at the beginning of ``month``."""
        return [kind for kind, first in self.channels if kind in PULSES and (month == first or (kind == "newsletter" and month > first))]

    def mails(self, kind: str, months: int) -> list[int]:
        """Return the months, up to ``months``, in which a mail of a kind sends people to the platform."""
        return [month for month in range(months + 1) if kind in self.pulses(month)]


def timeline(channels: Iterable[Channel]) -> Timeline:
    """Return ``channels`` on a line of months; those without a day begin with the first."""
    listed = tuple(channels)
    days = [channel.start for channel in listed if channel.start]
    start = min(days, default=None)
    return Timeline(start, tuple((channel.channel, _month(channel.start, start)) for channel in listed))


def _month(day: date | None, start: date | None) -> int:
    return (day.year - start.year) * MONTHS_PER_YEAR + day.month - start.month if day and start else 0


def adoption(line: Timeline, values: Values, months: int) -> Array:
    """Return the share of the audience that takes part at the start, and 1, 2, … ``months`` months later: (S, months + 1).

    Between pulses dF/dt = (p + q F)(1 - F), solved exactly for each month from where the last one ended (Bass, 1969);
    p is the sum of the steady channels' hazards, q imitation (less where nobody asks for word of mouth). A pulse wins its
    share of those who do not take part yet, when its month begins. Without any channel everyone counts from the
    first day.
    """
    if not line.channels:
        return np.repeat(values["ceiling"][:, None], months + 1, axis=1)
    told = any(kind == "word-of-mouth" for kind, _ in line.channels)
    imitation = values["bass_imitation"] * (1.0 if told else values["imitation_unprompted"])
    share = np.zeros(values.scenarios)
    course = np.empty((values.scenarios, months + 1))
    for month in range(months + 1):
        if month:
            steady = sum((values[STEADY[kind]] for kind, first in line.channels if kind in STEADY and first < month), np.zeros(values.scenarios))
            share = bass(share, steady, imitation, 1 / MONTHS_PER_YEAR)
        for kind in line.pulses(month):
            share = share + values[PULSES[kind]] * (1 - share)
        course[:, month] = share
    return course * values["ceiling"][:, None]


def bass(share: Array, external: Array, imitation: Array, years: float) -> Array:
    """Return the adopters' share (S,) ``years`` later: the closed form of Bass's equation from ``share``; hazards per year."""
    whole = external + imitation * share
    decay = np.exp(-(external + imitation) * years)
    left = np.maximum(whole + imitation * (1 - share) * decay, 1e-300)
    return np.where(whole > NOTHING, (whole - external * (1 - share) * decay) / left, share)
