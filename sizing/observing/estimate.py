"""From counts to observations: every number with its interval, or why there is none."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Final

import numpy as np

from sizing.adoption import PULSES
from sizing.brief import Brief
from sizing.calibration import Number, Observations, Source
from sizing.demands import AT, CLASSES
from sizing.evidence import Array
from sizing.observing.diffusion import Diffusion, Weeks, diffusion
from sizing.observing.gaps import EDGES, Gaps, told_apart
from sizing.observing.interval import Estimate, jackknifed, rate, share, share_of
from sizing.observing.popularity import popularity
from sizing.observing.request import PAGES
from sizing.observing.tally import GROUPS, KNOWN_RETURNS, OTHER_RETURNS, VISITS, WROTE, Tally

FEWEST_RETURNS: Final = 20
FEWEST_DAYS: Final = 3
FEWEST_PEOPLE: Final = 10
FEWEST_VISITS: Final = 20
MOSTLY: Final = 0.5
FIGURES: Final = 6
EPOCH: Final = date(1970, 1, 1)
WEEK: Final = 7
SEEN: Final = 3.9
"""Visits after which all but one in fifty of those who take part have been seen."""
UNKNOWN_WEEKS: Final = 4
WRITERS: Final = {"commenters_share": "comment", "authors_share": "post", "wiki_editors_share": "wiki_edit"}


@dataclass(frozen=True)
class Known:
    """What is known beside the logs: the audience's size, the day of the first channel, the days of mails and events; days from 1970."""

    audience: int | None = None
    launch: int | None = None
    pulses: tuple[int, ...] = ()
    pages: int | None = None


def told_by(brief: Brief, pages: int | None = None) -> Known:
    """Return what a brief says beside the logs."""
    begun = [(channel.start - EPOCH).days for channel in brief.discovery.channels if channel.start]
    pulses = tuple((channel.start - EPOCH).days for channel in brief.discovery.channels if channel.start and channel.channel in PULSES)
    return Known(brief.people, min(begun, default=None), pulses, pages)


@dataclass(frozen=True)
class Read:
    """What the reader of the logs counted."""

    files: int
    lines: int
    left_out: dict[str, int]


def observations(tally: Tally, known: Known, read: Read) -> Observations:
    """Return what the counts say."""
    found = _Found(tally, known)
    gaps, popular = found.gaps, found.popularity
    numbers = {name: _number(one) for name, one in found.numbers().items()}
    return Observations(
        source=Source(
            began=_told(tally.began_s),
            ended=_told(tally.ended_s),
            days=len(tally.cells),
            files=read.files,
            lines=read.lines,
            requests=tally.requests - tally.background,
            left_out={reason: count for reason, count in {**read.left_out, "in the background": tally.background}.items() if count},
        ),
        people=round(len(found.people) / tally.sampled),
        people_by="sign-in" if found.by_sign_in else "address and browser",
        sessions=round(found.visits.sum() * found.factor / tally.sampled),
        timeout_s=tally.timeout_s,
        crossing_s=None if gaps is None else _figures(gaps.crossing_s),
        sessions_factor=_figures(found.factor),
        pages=0 if popular is None else popular[1],
        numbers=numbers,
        mix={kind: _number(one) for kind, one in found.mix().items()},
        per_session={kind: _number(found.in_visits(found.per_visit([kind]), 1 / found.factor)) for kind in CLASSES} if found.enough_visits else {},
        not_enough={name: why for name, why in found.missing.items() if name not in numbers},
    )


class _Found:
    """The estimates over one tally; ``missing`` gets the reasons for those that there are not."""

    def __init__(self, tally: Tally, known: Known) -> None:
        self.tally, self.known = tally, known
        self.missing: dict[str, str] = {}
        self.dates = sorted(tally.cells)
        self.cells = np.stack([tally.cells[day] for day in self.dates], axis=1)

    @cached_property
    def visits(self) -> Array:
        return self.cells[:, :, VISITS]

    @cached_property
    def by_sign_in(self) -> bool:
        """Whether those who have signed in stand for everybody: they make at least half of the returns."""
        known, others = (float(np.sum(self.cells[:, :, column])) for column in (KNOWN_RETURNS, OTHER_RETURNS))
        return known >= MOSTLY * (known + others) and sum(one.known for one in self.tally.visitors.values()) >= FEWEST_PEOPLE

    @cached_property
    def people(self) -> list[tuple[int, int, int, int]]:
        """Group, first day, last day (0: the end) and what was written, of each."""
        every = self.tally.visitors.values()
        return [(one.group, one.first_day, one.until_day, one.wrote) for one in every if one.known or not self.by_sign_in]

    @cached_property
    def gaps(self) -> Gaps | None:
        return told_apart(np.sum(self.tally.gaps, axis=0))

    @cached_property
    def _without(self) -> list[Gaps]:
        """The two kinds of gaps with one group of people left out at a time."""
        whole = np.sum(self.tally.gaps, axis=0)
        return [one for group in range(GROUPS) if (one := told_apart(whole - self.tally.gaps[group], self.gaps)) is not None]

    @cached_property
    def factor(self) -> float:
        """Visits for each that the time-out alone would count: absences shorter than it, less think times that are longer."""
        return 1.0 if self.gaps is None else self._factor(self.gaps, float(np.sum(self.visits)))

    def _factor(self, gaps: Gaps, visits: float) -> float:
        beyond = float(np.sum(gaps.counts[EDGES[:-1] >= self.tally.timeout_s]))
        return (visits - beyond + gaps.absences) / visits

    @cached_property
    def factor_error(self) -> float:
        """Standard error of the factor's logarithm."""
        if self.gaps is None:
            return 0.0
        visits = np.sum(self.visits)
        logs = np.log([self._factor(one, float(visits) * float(np.sum(one.counts) / np.sum(self.gaps.counts))) for one in self._without])
        return float(np.sqrt((len(logs) - 1) / len(logs) * np.sum((logs - np.mean(logs)) ** 2))) if len(logs) > 1 else 0.0

    @cached_property
    def popularity(self) -> tuple[Estimate, int] | None:
        found = popularity(np.array(list(self.tally.views.values()), dtype=float), self.known.pages)
        return None if found is None else (found.exponent, found.pages)

    @property
    def enough_visits(self) -> bool:
        return float(np.sum(self.visits)) >= FEWEST_VISITS

    def numbers(self) -> dict[str, Estimate]:
        """Return every number that there is."""
        found = dict[str, Estimate]()
        days = self.tally.days
        if (visits := self.per_day()) is not None:
            found["sessions_per_person_day"] = visits
            found["sessions_per_person_hour"] = visits.scaled(1 / days.hours)
        if self.enough_visits:
            found["pages_per_session"] = self.in_visits(self.per_visit(PAGES), 1 / self.factor)
        else:
            self.missing["pages_per_session"] = f"not enough: {np.sum(self.visits):.0f} visits; {FEWEST_VISITS} are needed"
        found |= self.thinking() | self.shares() | self.writers()
        if (ratio := self.tally.cache.share()) is not None:
            found["page_cache_hit_ratio"] = ratio
        else:
            self.missing["page_cache_hit_ratio"] = f"not enough: {self.tally.cache.count} requests asked the page cache"
        if self.popularity is not None:
            found["zipf_exponent"] = self.popularity[0]
        else:
            views = sum(self.tally.views.values())
            self.missing["zipf_exponent"] = (
                f"not enough: {views:,} views of {len(self.tally.views):,} pages; 500 of 20, twice each, are needed, and some must be read more than others"
            )
        spread = self.adoption(visits)
        self.missing |= spread.missing
        return found | spread.found

    def per_day(self) -> Estimate | None:
        """Return visits on a working day of those who had come on an earlier day; the last day is not whole and does not count."""
        numbers, exposed = self._returns()
        days = int(np.count_nonzero(np.sum(exposed, axis=0)))
        if days < FEWEST_DAYS or np.sum(numbers) < FEWEST_RETURNS or len(self.people) < FEWEST_PEOPLE:
            came = f"{np.sum(numbers):.0f} visits by {len(self.people)} people who had come before, on {days} whole working days"
            reason = f"not enough: {came}; {FEWEST_RETURNS} visits by {FEWEST_PEOPLE} on {FEWEST_DAYS} days are needed"
            self.missing |= dict.fromkeys(("sessions_per_person_day", "sessions_per_person_hour"), reason)
            return None
        return self.in_visits(rate(numbers, exposed), self.factor)

    def _returns(self) -> tuple[Array, Array]:
        """Return visits after the first day, and the working days of those who had come by then, by group and working day."""
        column = KNOWN_RETURNS if self.by_sign_in else OTHER_RETURNS
        came = self.cells[:, :, column] + (0 if self.by_sign_in else self.cells[:, :, KNOWN_RETURNS])
        numbers, exposed = list[Array](), list[Array]()
        for at, day in enumerate(self.dates[:-1]):
            weight = self.tally.days.weight(day)
            if weight:
                numbers.append(came[:, at].copy())
                exposed.append(weight * self._there[at])
            elif numbers:
                numbers[-1] += came[:, at]
        shape = (GROUPS, 0)
        return (np.stack(numbers, axis=1), np.stack(exposed, axis=1)) if numbers else (np.zeros(shape), np.zeros(shape))

    @cached_property
    def _there(self) -> Array:
        """People who had come on an earlier day (days, groups)."""
        first = self.dates[0]
        changes = np.zeros((self.dates[-1] - first + 3, GROUPS))
        for group, began, until, _ in self.people:
            changes[began - first + 1, group] += 1
            if until:
                changes[max(until, began) - first + 1, group] -= 1
        return np.cumsum(changes, axis=0)[[day - first for day in self.dates]]

    def per_visit(self, kinds: Iterable[str]) -> Estimate:
        """Return requests of some classes for each visit that the time-out counts."""
        return rate(self._of(kinds), self.visits / self.tally.sampled)

    def in_visits(self, found: Estimate, factor: float) -> Estimate:
        """Return a rate for the visits that there are, with what is not known of their number."""
        from scipy import stats  # noqa: PLC0415 - a second of import that only observing needs

        value = found.value * factor
        more = float(stats.norm.ppf(0.975)) * self.factor_error
        if not found.low:
            return Estimate(value, 0.0, found.high * factor * math.exp(more), found.counted)
        low, high = (math.hypot(math.log(found.value / found.low), more), math.hypot(math.log(found.high / found.value), more))
        return Estimate(value, value * math.exp(-low), value * math.exp(high), found.counted)

    def _of(self, kinds: Iterable[str]) -> Array:
        return np.asarray(np.sum(self.cells[:, :, [AT[kind] for kind in kinds]], axis=2))

    def mix(self) -> dict[str, Estimate]:
        """Return each class's share of the requests."""
        whole = self._of(CLASSES)
        return {kind: share(self._of([kind]), whole) for kind in CLASSES}

    def thinking(self) -> dict[str, Estimate]:
        """Return mean, median and spread of think times."""
        gaps, names = self.gaps, ("think_time_s", "think_time_median_s", "think_time_sigma")
        if gaps is None or len(self._without) < FEWEST_PEOPLE:
            self.missing |= dict.fromkeys(names, "not enough: think times and absences are not told apart; 200 short and 30 long gaps are needed")
            return {}
        counted = round(float(np.sum(gaps.counts)) - gaps.absences)
        read: tuple[Callable[[Gaps], float], ...] = (lambda one: one.think_s, lambda one: math.exp(one.mu), lambda one: one.sigma)
        return {name: jackknifed(value(gaps), np.array([value(one) for one in self._without]), counted) for name, value in zip(names, read, strict=True)}

    def shares(self) -> dict[str, Estimate]:
        """Return the shares of pages that are read signed in, and in the wiki."""
        found = {}
        for name, part, whole in (("signed_in_share", ["page_signed_in"], ["page_anonymous", "page_signed_in"]), ("wiki_share", ["wiki_view"], PAGES)):
            if np.sum(self._of(whole)):
                found[name] = share(self._of(part), self._of(whole))
            else:
                self.missing[name] = "not enough: no page was read"
        return found

    def writers(self) -> dict[str, Estimate]:
        """Return the shares of the people who wrote."""
        if len(self.people) < FEWEST_PEOPLE:
            self.missing |= dict.fromkeys(WRITERS, f"not enough: {len(self.people)} people; {FEWEST_PEOPLE} are needed")
            return {}
        count = len(self.people)
        found = {}
        for name, kind in WRITERS.items():
            wrote = sum(bool(one[3] & WROTE[kind]) for one in self.people)
            found[name] = share_of(wrote, count, wrote / count * (1 - wrote / count) / count, count - 1)
        return found

    def adoption(self, visits: Estimate | None) -> Diffusion:
        """Return Bass's coefficients, from the weeks in which those who came for the first time can be told."""
        if not self.by_sign_in:
            reason = "not enough: too few sign in to be told apart from week to week"
            return Diffusion({}, dict.fromkeys(("bass_p", "bass_q", "ceiling"), reason))
        first, launch = self.dates[0], self.known.launch
        whole = (self.dates[-1] - first) // WEEK
        new = np.bincount([min((one[1] - first) // WEEK, whole) for one in self.people], minlength=whole + 1)[:whole].astype(float)
        counts = np.ones(whole)
        if launch is not None and launch >= first:
            begin = (launch - first) // WEEK
        else:
            each = None if visits is None else visits.value * sum(self.tally.days.weights)
            begin = max(1, math.ceil(SEEN / each)) if each else UNKNOWN_WEEKS
        begin = min(begin, whole)
        for week in range(whole):
            missed = sum(self.tally.days.weight(day) >= MOSTLY and day not in self.tally.cells for day in range(first + WEEK * week, first + WEEK * (week + 1)))
            pulse = any(0 <= week - (day - first) // WEEK <= 1 for day in self.known.pulses)
            counts[week : week + (2 if missed else 1)] *= not (missed or pulse)
        audience = None if self.known.audience is None else max(round(self.known.audience * self.tally.sampled), len(self.people) + 1)
        return diffusion(Weeks(new[begin:], int(np.sum(new[:begin])), counts[begin:], audience))


def _number(found: Estimate) -> Number:
    value, low, high = (_figures(one) for one in (found.value, found.low, found.high))
    return Number(value=value, low=min(low, value), high=max(high, value), counted=found.counted)


def _figures(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")


def _told(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
