"""From people to requests: the worst moments of the horizon, by request class, in every scenario."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from sizing.adoption import MAILS, Timeline, adoption, timeline
from sizing.brief import Brief
from sizing.cache import hit_ratio
from sizing.calendar import REFERENCE_MONDAYS, WEEK, Week, shifts, title
from sizing.crowd import Crowd
from sizing.demands import CLASSES, Demands
from sizing.evidence import Array, Values
from sizing.vocabulary import clock_minutes

WIKI: Final = frozenset({"wiki_view", "wiki_edit"})
STATIC: Final = frozenset({"media_view", "asset"})
CACHED: Final = frozenset({"page_anonymous", "feed"})
WRITES: Final = ("comment", "post", "upload", "wiki_edit")
PAGES: Final = ("page_anonymous", "page_signed_in", "feed", "wiki_view")
HOURS_TRIED: Final = 6
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

    ``crowd`` (S, C) is the part of the rates that a ``mail`` (which channel's; '' for none) brings.
    """

    kind: str
    when: str
    cause: str
    month: int
    visits: Array
    rates: Array
    crowd: Array
    mail: str = ""

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
        return Moment("ordinary", title(week.monday, hour * 60), cause, month, come[0] + come[1], rates, np.zeros_like(rates))

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
        return [self._heaviest([self._crowded(week, kind, month) for week in self.weeks]) for kind, month in last]

    def _heaviest(self, moments: list[Moment]) -> Moment:
        """Return the moment that asks for most CPU time, in the first scenario."""
        return max(moments, key=lambda moment: round(float(cpu_seconds(moment.rates, self.demands)[0]), 12))

    def _crowded(self, week: Week, kind: str, month: int) -> Moment:
        crowd = Crowd(week, clock_minutes(self.brief.discovery.send_at), self.brief.discovery.waves, MAILS[kind])
        steps = crowd.candidates(self.values)
        found = [self._moment(crowd, step, month) for step in steps]
        loads = np.stack([cpu_seconds(rates, self.demands) for _, rates, _ in found], axis=1)
        worst = np.argmax(loads, axis=1)
        visits = np.take_along_axis(np.stack([one[0] for one in found], axis=1), worst[:, None], axis=1)[:, 0]
        rates, come = (np.take_along_axis(np.stack([one[at] for one in found], axis=1), worst[:, None, None], axis=1)[:, 0] for at in (1, 2))
        first = steps[int(worst[0])]
        return Moment("announcement", crowd.words(first), crowd.largest_shift(self.values, first).name, month, visits, rates, come, kind)

    def _moment(self, crowd: Crowd, step: int, month: int) -> tuple[Array, Array, Array]:
        """Return visits an hour (S,), rates (S, C) and the crowd's part of them (S, C) in one step after a mail."""
        grown = self.whole.growth[:, month] / MINUTES_PER_HOUR
        extra = [crowd.rate(self.values, step, outside=outside) * grown for outside in (False, True)]
        come = extra[0][:, None] * self.mixes.crowd_inside + extra[1][:, None] * self.mixes.crowd_outside
        visits = [crowd.week.visits(self.values, [crowd.hour(step)], outside=outside)[:, 0] * self.active(month) for outside in (False, True)]
        return visits[0] + visits[1] + (extra[0] + extra[1]) * SECONDS_PER_HOUR, come + self.usual(visits), come


def has_wiki(brief: Brief, *visible: str) -> bool:
    """Return whether the brief has a wiki of one of these visibilities."""
    return any(space.kind == "wiki" and space.visibility in visible for space in brief.spaces)
