"""From people to requests: the worst moments of the horizon, by request class, in every scenario."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final

import numpy as np

from sizing.adoption import MAILS, Timeline, adoption, timeline
from sizing.brief import Brief
from sizing.cache import hit_ratio
from sizing.calendar import REFERENCE_MONDAYS, WEEK, Week, shifts, title
from sizing.course import AROUND, BEFORE, Course, course
from sizing.crowd import STEPS, Crowd
from sizing.demands import AT, CLASSES, Demands
from sizing.evidence import Array, Values
from sizing.vocabulary import clock_minutes

WIKI: Final = frozenset({"wiki_view", "wiki_edit"})
STATIC: Final = frozenset({"media_view", "asset"})
CACHED: Final = frozenset({"page_anonymous", "feed"})
WRITES: Final = ("comment", "post", "upload", "wiki_edit")
PAGES: Final = ("page_anonymous", "page_signed_in", "feed", "wiki_view")
HOURS_TRIED: Final = 6
SMALLEST: Final = 1e-12
DAY_S: Final = 86_400.0
MINUTES_PER_HOUR: Final = 60.0
SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True)
class Mixes:
    """Requests of one visit by class (S, C): of people inside, of people on the internet, and of a mail's crowd inside and outside."""

    inside: Array
    outside: Array
    crowd_inside: Array
    crowd_outside: Array


@dataclass(frozen=True)
class Moment:
    """A moment that may be the worst: visits come at a rate per hour (S,), requests at rates per second (S, C).

    ``crowd`` (S, C) is the part of the rates that a ``mail`` (which channel's; '' for none) brings. ``courses`` are the
    times around it, at the medians: of an ordinary moment its week; of a mail those who come anyway, and the crowd.
    """

    kind: str
    when: str
    cause: str
    month: int
    visits: Array
    rates: Array
    crowd: Array
    mail: str = ""
    courses: tuple[Course, ...] = ()

    def scaled(self, factor: float) -> "Moment":
        """Return the moment of ``factor`` times the people."""
        courses = tuple(one.scaled(factor) for one in self.courses)
        return replace(self, visits=self.visits * factor, rates=self.rates * factor, crowd=self.crowd * factor, courses=courses)

    def by_class(self) -> dict[str, float]:
        """Return requests per second by class, in the first scenario."""
        return {kind: float(rate) for kind, rate in zip(CLASSES, self.rates[0], strict=True)}


@dataclass(frozen=True)
class Workload:
    """The people's requests in every scenario.

    ``adoption`` (S, months + 1) is the share of the audience that takes part; ``growth`` (S, months + 1) the audience's own
    growth; ``daily`` (S, C) requests of a mean working day if the whole audience took part.
    """

    people: int
    line: Timeline
    adoption: Array
    growth: Array
    daily: Array
    moments: tuple[Moment, ...]

    def active(self, month: int) -> Array:
        """Return the people (S,) who take part at the end of ``month``."""
        return np.asarray(self.people * self.adoption[:, month] * self.growth[:, month])


def per_visit(values: Values, *, wiki: bool, internal: bool, crowd: bool = False) -> Array:
    """Return the requests of one visit by class (S, C); people on the internet read what is external, without signing in.

    A crowd reads a few pages, writes nothing, signs in first, and its browsers hold nothing yet.
    """
    visits, zero = values["sessions_per_person_day"], np.zeros(values.scenarios)
    pages = values["crowd_pages"] if crowd else values["pages_per_session"]
    signed_in = values["signed_in_share"] if internal else zero
    wiki_pages = pages * values["wiki_share"] if wiki else zero
    writes = 0.0 if crowd else 1.0
    posts = writes * values["authors_share"] * values["posts_per_author_day"] / visits if internal else zero
    edits = writes * values["wiki_editors_share"] * values["edits_per_editor_day"] / visits if internal and wiki else zero
    sign_ins = (signed_in if crowd else values["sign_ins_per_session"]) if internal else zero
    found = {
        "page_anonymous": (pages - wiki_pages) * (1 - signed_in),
        "page_signed_in": (pages - wiki_pages) * signed_in + posts * values["editor_pages_per_post"],
        "feed": zero if crowd else values["feeds_per_session"],
        "search": values["searches_per_session"],
        "comment": writes * values["commenters_share"] * values["comments_per_commenter_day"] / visits,
        "post": posts,
        "media_view": pages * values["media_per_page"] * (1.0 if crowd else 1 - _seen_before(values)),
        "upload": posts * values["uploads_per_post"],
        "sign_in": sign_ins,
        "wiki_view": wiki_pages + edits,
        "wiki_edit": edits,
        "asset": values["assets_on_platform"] / (1.0 if crowd else 1 + visits * values["browser_life_days"]),
    }
    return np.stack([found[kind] for kind in CLASSES], axis=1)


def opened(values: Values, rates: Array) -> Array:
    """Return the share (S, C) of what people ask for that comes over a new connection: the first of a visit, and what comes after it was closed.

    Times between two pages are exponential (``session_minutes`` over ``pages_per_session``); a connection that is idle for ``keep_alive`` is closed.
    Blogs and wiki are two hosts, with a connection each; ``rates`` (S, C) tell their parts of the pages. What a page brings along comes over its own.
    """
    think_s = MINUTES_PER_HOUR * values["session_minutes"] / values["pages_per_session"]
    wiki = rates[:, AT["wiki_view"]]
    part = wiki / np.maximum(wiki + rates[:, AT["page_anonymous"]] + rates[:, AT["page_signed_in"]], SMALLEST)
    blogs, wikis = (connecting(values["pages_per_session"], think_s, values["keep_alive"], one) for one in (1 - part, part))
    return np.stack([np.zeros_like(part) if kind in STATIC else wikis if kind in WIKI else blogs for kind in CLASSES], axis=1)


def connecting(pages: Array | float, think_s: Array | float, keep_alive: Array | float, part: Array | float) -> Array:
    """Return the same of one host that has ``part`` of the ``pages`` of a visit (the mean)."""
    first = 1 / np.maximum(np.asarray(pages) * part, 1.0)
    return np.asarray(first + (1 - first) * np.exp(-np.asarray(keep_alive) * part / think_s))


def _seen_before(values: Values) -> Array:
    """Return the hit ratio of a person's own browser for pictures: the pages of one person, over the life of an entry."""
    rate = values["sessions_per_person_day"] * values["pages_per_session"] / DAY_S
    return hit_ratio(rate, values["first_pages"], values["zipf_exponent"], values["browser_life_days"] * DAY_S, np.full(values.scenarios, np.inf))


def workload(brief: Brief, values: Values, demands: Demands, months: int, horizon: int) -> Workload:
    """Return the workload of ``brief`` over ``months`` months; the worst moments are those of the first ``horizon`` months."""
    inner, outer = has_wiki(brief, "internal", "external"), has_wiki(brief, "external")
    mixes = Mixes(
        per_visit(values, wiki=inner, internal=True),
        per_visit(values, wiki=outer, internal=False),
        per_visit(values, wiki=inner, internal=True, crowd=True),
        per_visit(values, wiki=outer, internal=False, crowd=True),
    )
    line = timeline(brief.discovery.channels)
    course = adoption(line, values, months)
    grown = values["people_growth_per_year"][:, None] ** (np.arange(months + 1) / 12)
    inside = sum(group.people for group in brief.audience if group.access != "internet")
    visits = values["sessions_per_person_day"][:, None]
    daily = visits * (inside * mixes.inside + (brief.people - inside) * mixes.outside)
    whole = Workload(brief.people, line, course, grown, daily, ())
    peaks = _Peaks(brief, values, demands, mixes, whole, horizon)
    return replace(whole, moments=(peaks.ordinary(), *peaks.crowded()))


def cpu_seconds(rates: Array, demands: Demands) -> Array:
    """Return the busy processors (S,) that ``rates`` (S, C) ask for if no cache answers."""
    return np.asarray(np.sum(rates * (demands.php + demands.database), axis=1))


@dataclass(frozen=True)
class _Peaks:
    """The search for the worst moments."""

    brief: Brief
    values: Values
    demands: Demands
    mixes: Mixes
    whole: Workload
    horizon: int

    @cached_property
    def weeks(self) -> list[Week]:
        return [Week(monday, shifts(self.brief.audience)) for monday in REFERENCE_MONDAYS]

    def active(self, month: int) -> Array:
        """Return visits a day (S,) for each person of the audience in ``month``."""
        return self.whole.adoption[:, month] * self.whole.growth[:, month] * self.values["sessions_per_person_day"]

    def usual(self, visits: list[Array]) -> Array:
        """Return rates per second (S, C) in the busiest minutes of an hour with ``visits`` inside and outside (S,)."""
        mean = visits[0][:, None] * self.mixes.inside + visits[1][:, None] * self.mixes.outside
        return mean * self.values["burst_factor"][:, None] / SECONDS_PER_HOUR

    def ordinary(self) -> Moment:
        """Return the worst ordinary hour of the fullest month, in each scenario; it is named after the first scenario."""
        month = int(np.argmax(self.whole.adoption[0, : self.horizon + 1] * self.whole.growth[0, : self.horizon + 1]))
        tried = [self._hours(week, month) for week in self.weeks]
        week, hours, visits, load = max(tried, key=lambda one: round(float(np.max(one[3][0])), 12))
        worst = np.argmax(load, axis=1)
        come = [np.take_along_axis(count, worst[:, None], axis=1)[:, 0] for count in visits]
        rates = self.usual(come)
        hour = hours[int(worst[0])]
        cause = week.shifts[int(np.argmax(week.by_shift(self.values, hour)))].name
        there = (self._weekly(week, month, hour),)
        return Moment("ordinary", title(week.monday, hour * 60), cause, month, come[0] + come[1], rates, np.zeros_like(rates), courses=there)

    def _weekly(self, week: Week, month: int, hour: int) -> Course:
        """Return the hours of ``week``, each with its mean, against ``hour``; in the first scenario."""
        one = self.first
        visits = [week.visits(one.values, list(range(WEEK)), outside=outside)[0] * one.active(month)[0] for outside in (False, True)]
        return course(visits, (one.mixes.inside[0], one.mixes.outside[0]), hour)

    def _around(self, crowd: Crowd, month: int, worst: int) -> tuple[Course, Course]:
        """Return those who come anyway, in the busiest minutes of their hours, and the crowd, around step ``worst``; in the first scenario."""
        one, steps = self.first, range(worst - BEFORE, worst - BEFORE + AROUND)
        hours = [crowd.hour(step) for step in steps]
        there = [crowd.week.visits(one.values, hours, outside=outside)[0] * one.active(month)[0] * one.values["burst_factor"][0] for outside in (False, True)]
        grown = one.whole.growth[0, month] * MINUTES_PER_HOUR
        came = [
            np.array([float(crowd.rate(one.values, step, outside=outside)[0]) if 0 <= step < STEPS else 0.0 for step in steps]) * grown
            for outside in (False, True)
        ]
        mixes = one.mixes
        return course(there, (mixes.inside[0], mixes.outside[0]), BEFORE), course(came, (mixes.crowd_inside[0], mixes.crowd_outside[0]), BEFORE)

    def _hours(self, week: Week, month: int) -> tuple[Week, list[int], list[Array], Array]:
        """Return the hours of ``week`` that may be the worst, with visits inside and outside and load in them (S, hours)."""
        one = self.values.only(np.array([0]))
        weights = [cpu_seconds(mix, self.demands) for mix in (self.mixes.inside, self.mixes.outside)]
        every = list(range(WEEK))
        first = np.zeros(WEEK)
        for outside, weight in zip((False, True), weights, strict=True):
            first += week.visits(one, every, outside=outside)[0] * float(weight[0])
        hours = sorted(int(hour) for hour in np.argsort(-first, kind="stable")[:HOURS_TRIED])
        visits = [week.visits(self.values, hours, outside=outside) * self.active(month)[:, None] for outside in (False, True)]
        return week, hours, visits, visits[0] * weights[0][:, None] + visits[1] * weights[1][:, None]

    def crowded(self) -> list[Moment]:
        """Return the worst moment after the last mail of each kind in the horizon: more people take part then than at any before."""
        last = [(kind, months[-1]) for kind in MAILS if (months := self.whole.line.mails(kind, self.horizon))]
        return [self._crowded(self._heavier_week(kind, month), kind, month) for kind, month in last]

    def _heavier_week(self, kind: str, month: int) -> Week:
        """Return the reference week in which a mail's moment asks for more CPU time, in the first scenario."""
        first = self.first
        loads = [round(float(cpu_seconds(first._crowded(week, kind, month).rates, first.demands)[0]), 12) for week in self.weeks]  # noqa: SLF001 - of its own kind
        return self.weeks[int(np.argmax(loads))]

    @cached_property
    def first(self) -> "_Peaks":
        """The search in the first scenario alone."""
        one = np.array([0])
        whole = replace(self.whole, adoption=self.whole.adoption[one], growth=self.whole.growth[one], daily=self.whole.daily[one])
        mixes = Mixes(*(getattr(self.mixes, field.name)[one] for field in fields(self.mixes)))
        return _Peaks(self.brief, self.values.only(one), self.demands.only(one), mixes, whole, self.horizon)

    def _crowded(self, week: Week, kind: str, month: int) -> Moment:
        """Return the worst moment after a mail in ``month``, in each scenario: its crowd, beside those who come anyway."""
        crowd = Crowd(week, clock_minutes(self.brief.discovery.send_at), self.brief.discovery.waves, MAILS[kind])
        steps, mixes = crowd.candidates(self.values), self.mixes
        grown = (self.whole.growth[:, month] / MINUTES_PER_HOUR)[:, None]
        extra = [np.stack([crowd.rate(self.values, step, outside=outside) for step in steps], axis=1) * grown for outside in (False, True)]
        hours = [crowd.hour(step) for step in steps]
        visits = [week.visits(self.values, hours, outside=outside) * self.active(month)[:, None] for outside in (False, True)]
        burst = (self.values["burst_factor"] / SECONDS_PER_HOUR)[:, None]
        parts = ((extra[0], mixes.crowd_inside), (extra[1], mixes.crowd_outside), (visits[0] * burst, mixes.inside), (visits[1] * burst, mixes.outside))
        worst = np.argmax(sum(rate * cpu_seconds(mix, self.demands)[:, None] for rate, mix in parts), axis=1)
        came, there = ([np.take_along_axis(one, worst[:, None], axis=1)[:, 0] for one in pair] for pair in (extra, visits))
        come = came[0][:, None] * mixes.crowd_inside + came[1][:, None] * mixes.crowd_outside
        first = steps[int(worst[0])]
        cause = crowd.largest_shift(self.values, first).name
        total = there[0] + there[1] + (came[0] + came[1]) * SECONDS_PER_HOUR
        return Moment("announcement", crowd.words(first), cause, month, total, come + self.usual(there), come, kind, self._around(crowd, month, first))


def has_wiki(brief: Brief, *visible: str) -> bool:
    """Return whether the brief has a wiki of one of these visibilities."""
    return any(space.kind == "wiki" and space.visibility in visible for space in brief.spaces)
