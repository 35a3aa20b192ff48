"""From people to requests: the worst moments of the horizon, by request class, in every scenario."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sizing.adoption import Timeline, adoption, timeline
from sizing.brief import Brief
from sizing.cache import hit_ratio
from sizing.calendar import REFERENCE_MONDAYS, WEEK, Week, shifts, title
from sizing.crowd import Crowd
from sizing.demands import AT, CLASSES, Demands
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

    ``crowd`` (S, C) is the part of the rates that a mail brings.
    """

    kind: str
    when: str
    cause: str
    month: int
    visits: Array
    rates: Array
    crowd: Array

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
    inner, outer = _has_wiki(brief, "internal", "external"), _has_wiki(brief, "external")
    mixes = Mixes(
        per_visit(values, wiki=inner, internal=True),
        per_visit(values, wiki=outer, internal=False),
        per_visit(values, wiki=inner, internal=True, crowd=True),
        per_visit(values, wiki=outer, internal=False, crowd=True),
    )
    line = timeline(brief.discovery.channels)
    course = adoption(line, values, months)
    grown = values["people_growth_per_year"][:, None] ** (np.arange(months + 1) / 12)
    weeks = [Week(monday, shifts(brief.audience)) for monday in REFERENCE_MONDAYS]
    inside = sum(group.people for group in brief.audience if group.access != "internet")
    visits = values["sessions_per_person_day"][:, None]
    daily = visits * (inside * mixes.inside + (brief.people - inside) * mixes.outside)
    whole = Workload(brief.people, line, course, grown, daily, ())
    ordinary = _ordinary(weeks, whole, mixes, values, demands, horizon)
    mails = [_crowded(brief, week, whole, mixes, values, demands, month) for month in _worst_mails(line, horizon) for week in weeks]
    return Workload(brief.people, line, course, grown, daily, (ordinary, *_heaviest(mails, demands)))


def _worst_mails(line: Timeline, horizon: int) -> list[int]:
    """Return the month of the last mail of the horizon: more people take part then than at any mail before."""
    return line.mails(horizon)[-1:]


def _heaviest(moments: list[Moment], demands: Demands) -> list[Moment]:
    return sorted(moments, key=lambda moment: -float(cpu_seconds(moment.rates, demands)[0]))[:1]


def cpu_seconds(rates: Array, demands: Demands) -> Array:
    """Return the busy processors (S,) that ``rates`` (S, C) ask for if no cache answers."""
    return np.asarray(np.sum(rates * (demands.php + demands.database), axis=1))


def _ordinary(weeks: list[Week], whole: Workload, mixes: Mixes, values: Values, demands: Demands, horizon: int) -> Moment:  # noqa: PLR0913 - what decides it
    """Return the worst ordinary hour at the end of the horizon, in each scenario; it is named after the first scenario."""
    month = _fullest(whole, horizon)
    active = (whole.adoption[:, month] * whole.growth[:, month] * values["sessions_per_person_day"])[:, None]
    best = None
    for week in weeks:
        hours = _hours_tried(week, values, mixes, demands)
        visits = [week.visits(values, hours, outside=outside) * active for outside in (False, True)]
        load = sum(count * cpu_seconds(mix, demands)[:, None] for count, mix in zip(visits, (mixes.inside, mixes.outside), strict=True))
        if best is None or float(np.max(load[0])) > best[0] * (1 + 1e-12):
            best = (float(np.max(load[0])), week, hours, visits, load)
    assert best is not None  # noqa: S101 - there are reference weeks
    _, week, hours, visits, load = best
    worst = np.argmax(load, axis=1)
    inside, outside = (np.take_along_axis(count, worst[:, None], axis=1) for count in visits)
    rates = (inside * mixes.inside + outside * mixes.outside) * values["burst_factor"][:, None] / 3600
    hour = hours[int(worst[0])]
    cause = week.shifts[int(np.argmax(week.by_shift(values, hour)))].name
    return Moment("ordinary", title(week.monday, hour * 60), cause, month, (inside + outside)[:, 0], rates, np.zeros_like(rates))


def _fullest(whole: Workload, horizon: int) -> int:
    """Return the month of the horizon in which most people take part, in the first scenario."""
    return int(np.argmax(whole.adoption[0, : horizon + 1] * whole.growth[0, : horizon + 1]))


def _hours_tried(week: Week, values: Values, mixes: Mixes, demands: Demands) -> list[int]:
    """Return the hours that may be the worst of ``week``: the heaviest at the first scenario's values."""
    one = values.only(np.array([0]))
    hours = list(range(WEEK))
    weights = [float(cpu_seconds(mix, demands)[0]) for mix in (mixes.inside, mixes.outside)]
    load = sum(week.visits(one, hours, outside=outside)[0] * weight for outside, weight in zip((False, True), weights, strict=True))
    return sorted(int(hour) for hour in np.argsort(-np.asarray(load), kind="stable")[:HOURS_TRIED])


def _crowded(brief: Brief, week: Week, whole: Workload, mixes: Mixes, values: Values, demands: Demands, month: int) -> Moment:  # noqa: PLR0913 - what decides it
    """Return the worst moment after a mail to everyone in ``month``: its crowd, beside those who come anyway."""
    crowd = Crowd(week, clock_minutes(brief.discovery.send_at), brief.discovery.waves)
    active = whole.adoption[:, month] * whole.growth[:, month] * values["sessions_per_person_day"]
    found = []
    for step in crowd.candidates(values):
        extra = [crowd.rate(values, step, outside=outside) * whole.growth[:, month] / MINUTES_PER_HOUR for outside in (False, True)]
        come = extra[0][:, None] * mixes.crowd_inside + extra[1][:, None] * mixes.crowd_outside
        visits = [week.visits(values, [crowd.hour(step)], outside=outside)[:, 0] * active for outside in (False, True)]
        usual = (visits[0][:, None] * mixes.inside + visits[1][:, None] * mixes.outside) * values["burst_factor"][:, None] / 3600
        found.append((step, sum(visits) + sum(extra) * 3600, come + usual, come))
    loads = np.stack([cpu_seconds(rates, demands) for _, _, rates, _ in found], axis=1)
    worst = np.argmax(loads, axis=1)
    visits_there = np.take_along_axis(np.stack([visits for _, visits, _, _ in found], axis=1), worst[:, None], axis=1)[:, 0]
    rates, come = (np.take_along_axis(np.stack([one[at] for one in found], axis=1), worst[:, None, None], axis=1)[:, 0] for at in (2, 3))
    first = found[int(worst[0])][0]
    return Moment("announcement", crowd.words(first), crowd.largest_shift(values, first).name, month, visits_there, rates, come)


def _has_wiki(brief: Brief, *visible: str) -> bool:
    return any(space.kind == "wiki" and space.visibility in visible for space in brief.spaces)

