"""From people to requests: the worst hour of the week, by request class."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sizing.audience import Group
from sizing.brief import Brief
from sizing.evidence import Demands, Evidence
from sizing.vocabulary import minutes, weekdays

CLASSES = (
    "page_anonymous", "page_signed_in", "feed", "search", "comment", "post", "media_view",
    "upload", "sign_in", "wiki_view", "wiki_edit", "asset",
)  # fmt: skip
WIKI = frozenset({"wiki_view", "wiki_edit"})
STATIC = frozenset({"media_view", "asset"})
CACHED = frozenset({"page_anonymous", "feed"})
PAGES = ("page_anonymous", "page_signed_in", "feed", "wiki_view")
WEEK = 168
# A week of winter and a week of summer time: the worse of both counts, so that the answer needs no clock.
REFERENCE_MONDAYS = (datetime(2027, 1, 11), datetime(2027, 7, 12))  # noqa: DTZ001 - the zone comes from the group
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Workload:
    """The worst hour: requests per second by class, visits per hour, and when (UTC)."""

    rates: dict[str, float]
    sessions_per_hour: float
    hour_utc: str
    people: int
    per_day: dict[str, float]

    @property
    def requests_per_second(self) -> float:
        """All classes."""
        return sum(self.rates.values())

    def scaled(self, factor: float) -> "Workload":
        """Return the workload of ``factor`` times the people, at the same mix and hours."""
        return Workload(
            {kind: rate * factor for kind, rate in self.rates.items()},
            self.sessions_per_hour * factor,
            self.hour_utc,
            round(self.people * factor),
            {kind: count * factor for kind, count in self.per_day.items()},
        )


def peak(brief: Brief, evidence: Evidence, demands: Demands) -> Workload:
    """Return the worst hour of the week: the one that asks for most CPU time."""
    inside = per_session(evidence, wiki=_has_wiki(brief, "internal", "external"), internal=True)
    outside = per_session(evidence, wiki=_has_wiki(brief, "external"), internal=False)
    weights = [_weight(mix, demands) for mix in (inside, outside)]
    hour, counts = _worst_hour(brief, weights, evidence["busiest_hour_share"])
    factor = evidence["sessions_per_person_day"] * evidence["adoption"]
    visits = [count * factor for count in counts]
    burst = evidence["burst_factor"] / 3600
    people = [sum(group.people for group in brief.audience if (group.access == "internet") == out) for out in (False, True)]
    return Workload(
        {kind: (visits[0] * inside[kind] + visits[1] * outside[kind]) * burst for kind in CLASSES},
        sum(visits),
        hour,
        brief.people,
        {kind: (people[0] * inside[kind] + people[1] * outside[kind]) * factor for kind in CLASSES},
    )


def per_session(evidence: Evidence, *, wiki: bool, internal: bool) -> dict[str, float]:
    """Return the requests of one visit by class; people on the internet read what is external, without signing in."""
    visits = evidence["sessions_per_person_day"]
    pages = evidence["pages_per_session"]
    wiki_pages = pages * evidence["wiki_share"] if wiki else 0.0
    signed_in = evidence["signed_in_share"] if internal else 0.0
    posts = evidence["authors_share"] * evidence["posts_per_author_day"] / visits if internal else 0.0
    edits = evidence["wiki_editors_share"] * evidence["edits_per_editor_day"] / visits if internal and wiki else 0.0
    return {
        "page_anonymous": (pages - wiki_pages) * (1 - signed_in),
        "page_signed_in": (pages - wiki_pages) * signed_in + posts * evidence["editor_pages_per_post"],
        "feed": evidence["feeds_per_session"],
        "search": evidence["searches_per_session"],
        "comment": evidence["commenters_share"] * evidence["comments_per_commenter_day"] / visits,
        "post": posts,
        "media_view": pages * evidence["media_per_page"],
        "upload": posts * evidence["uploads_per_post"],
        "sign_in": evidence["sign_ins_per_session"] if internal else 0.0,
        "wiki_view": wiki_pages + edits,
        "wiki_edit": edits,
        "asset": pages * evidence["assets_per_page"],
    }


def _has_wiki(brief: Brief, *visible: str) -> bool:
    return any(space.kind == "wiki" and space.visibility in visible for space in brief.spaces)


def _weight(mix: dict[str, float], demands: Demands) -> float:
    return sum(count * sum(demands.get(kind, resource) for resource in ("php", "database", "nginx")) for kind, count in mix.items())


def _worst_hour(brief: Brief, weights: list[float], share: float) -> tuple[str, tuple[float, float]]:
    best = ("", (0.0, 0.0), -1.0)
    for monday in REFERENCE_MONDAYS:
        hours = _week(brief, monday, share)
        for at, (inside, outside) in enumerate(hours):
            load = inside * weights[0] + outside * weights[1]
            if load > best[2] * (1 + 1e-12):
                best = (_title(at, monday), (inside, outside), load)
    return best[0], best[1]


def _week(brief: Brief, monday: datetime, share: float) -> list[tuple[float, float]]:
    inside, outside = [0.0] * WEEK, [0.0] * WEEK
    for (zone, hours, days, out), people in _merged(brief.audience).items():
        target = outside if out else inside
        for at, part in enumerate(_profile(zone, hours, days, monday, share)):
            target[at] += people * part
    return list(zip(inside, outside, strict=True))


def _merged(audience: tuple[Group, ...]) -> dict[tuple[str, str, tuple[int, ...], bool], int]:
    merged: dict[tuple[str, str, tuple[int, ...], bool], int] = {}
    for group in audience:
        key = (group.time_zone, group.hours, weekdays(group.days), group.access == "internet")
        merged[key] = merged.get(key, 0) + group.people
    return merged


@cache
def _profile(zone: str, hours: str, days: tuple[int, ...], monday: datetime, share: float) -> tuple[float, ...]:
    """Return the share of a day's visits that falls into each UTC hour of the week."""
    start, length = minutes(hours)
    parts = _shape(length, share)
    week = [0.0] * WEEK
    origin = monday.replace(tzinfo=ZoneInfo("UTC"))
    for day in days:
        local = monday.replace(tzinfo=ZoneInfo(zone)) + timedelta(days=day, minutes=start)
        begin = local.astimezone(ZoneInfo("UTC"))
        for quarter, part in enumerate(parts):
            week[(begin + quarter * QUARTER - origin) // timedelta(hours=1) % WEEK] += part
    return tuple(week)


def _shape(length: int, share: float) -> list[float]:
    quarters = max(1, round(length / 15))
    first = min(4, quarters)
    busiest = max(share, first / quarters)
    rest = (1 - busiest) / (quarters - first) if quarters > first else 0.0
    return [busiest / first] * first + [rest] * (quarters - first)


def _title(at: int, monday: datetime) -> str:
    moment = monday + timedelta(hours=at)
    return f"{moment:%a %H:%M}"
