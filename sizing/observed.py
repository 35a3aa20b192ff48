"""What was observed, as numbers in the place of assumptions; each request class of a visit comes out as it was counted."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from sizing.adoption import STEADY
from sizing.brief import Brief
from sizing.cache import hit_ratio
from sizing.calibration import Number, Observations
from sizing.evidence import Evidence, Quantity

SOURCE: Final = "observed"
DAY_S: Final = 86_400.0
SECONDS_PER_MINUTE: Final = 60.0
QUANTILE: Final = 1.6448536269514722 / 1.959963984540054
"""The evidence holds 5 % and 95 % quantiles, an observation a 95 % interval."""
LEAST: Final = 1e-9
MOST_SHARE: Final = 1 - 1e-6
NARROWEST: Final = 1e-3
NEVER: Final = 0.0906
"""Median of a rate of which no event was seen, over the upper end of its interval (both of a gamma distribution of shape 1/2)."""
LIFE_DAYS: Final = (1 / 24, 365.0)
DIRECT: Final = ("sessions_per_person_day", "zipf_exponent")
OF_A_VISIT: Final = {"feeds_per_session": "feed", "searches_per_session": "search", "sign_ins_per_session": "sign_in"}
WRITERS: Final = {
    "comment": ("commenters_share", "comments_per_commenter_day"),
    "post": ("authors_share", "posts_per_author_day"),
    "wiki_edit": ("wiki_editors_share", "edits_per_editor_day"),
}


def replaced(numbers: Evidence, observations: Observations, brief: Brief) -> Evidence:
    """Return ``numbers`` with what was observed in the place of what was assumed.

    Where a log tells only a product (people who comment times comments of one), the first factor is taken as counted,
    without a spread, and the second carries the interval, so that the product is what was observed.
    """
    found = {one.name: one for one in _Replacing(numbers, observations, brief).quantities()}
    return Evidence(tuple(found.get(item.name, item) for item in numbers.items))


class _Replacing:
    def __init__(self, numbers: Evidence, observations: Observations, brief: Brief) -> None:
        self.evidence, self.seen, self.brief = numbers, observations, brief
        self.source = f"{SOURCE}: {observations.source.began[:10]} to {observations.source.ended[:10]}, {observations.sessions:,} visits"

    def quantities(self) -> Iterator[Quantity]:
        """Yield every number that is replaced."""
        numbers = self.seen.numbers
        for name in DIRECT:
            if name in numbers:
                yield self._spread(name, numbers[name])
        if self.seen.per_session:
            yield from self._visit()
        if {"pages_per_session", "think_time_s"} <= numbers.keys() and self._pages() > LEAST:
            thought = numbers["think_time_s"]
            yield self._scaled("session_minutes", thought, self._pages() / SECONDS_PER_MINUTE, "pages of a visit x think time")
        yield from self._adoption()

    def _visit(self) -> Iterator[Quantity]:
        """Yield what makes the requests of a visit; the editor's own pages and the page that an edit begins with are not pages read."""
        per = self.seen.per_session
        pages = self.seen.numbers.get("pages_per_session")
        if pages is not None and pages.value:
            yield self._scaled("pages_per_session", pages, self._pages() / pages.value, "without pages of the editors")
            wiki = max(per["wiki_view"].value - per["wiki_edit"].value, 0.0) / self._pages()
            if "wiki_share" in self.seen.numbers and self.seen.numbers["wiki_share"].value:
                yield self._scaled("wiki_share", self.seen.numbers["wiki_share"], wiki / self.seen.numbers["wiki_share"].value, "")
        yield from self._signed_in()
        for name, kind in OF_A_VISIT.items():
            yield self._spread(name, per[kind])
        yield from self._written()
        yield from self._along()

    def _signed_in(self) -> Iterator[Quantity]:
        per, number = self.seen.per_session, self.seen.numbers.get("signed_in_share")
        editors = per["post"].value * self.evidence["editor_pages_per_post"]
        read = per["page_anonymous"].value + per["page_signed_in"].value - editors
        if number is not None and number.value and read > 0:
            yield self._scaled(
                "signed_in_share", number, max(per["page_signed_in"].value - editors, LEAST) / read / number.value, "without pages of the editors"
            )

    def _pages(self) -> float:
        """Return the pages of a visit that are read: all of them, less those that writing takes."""
        per = self.seen.per_session
        editors = per["post"].value * self.evidence["editor_pages_per_post"]
        return max(sum(per[kind].value for kind in ("page_anonymous", "page_signed_in", "wiki_view")) - per["wiki_edit"].value - editors, LEAST)

    def _written(self) -> Iterator[Quantity]:
        per, visits = self.seen.per_session, self._day()
        for kind, (people, each) in WRITERS.items():
            writers = self.seen.numbers.get(people)
            if writers is not None:
                share = writers.value or min(max(writers.high / 2, LEAST), MOST_SHARE)
                yield self._fixed(people, share, "people who did, in the days that were observed")
                yield self._scaled(each, per[kind], visits / share, f"so many that {people} of the people make what was counted")
        if per["post"].value:
            yield self._scaled("uploads_per_post", per["upload"], 1 / per["post"].value, "")

    def _along(self) -> Iterator[Quantity]:
        """Yield what comes along with pages: styles tell how long a browser keeps things, and pictures what a page holds then."""
        per, pages, visits = self.seen.per_session, self._pages(), self._day()
        styles, whole = per["asset"], self.evidence["assets_on_platform"]

        def life(each: float) -> float:
            return float(np.clip((whole / max(each, LEAST) - 1) / visits, *LIFE_DAYS))

        days = life(styles.value)
        yield self._between("browser_life_days", (life(styles.high), days, life(styles.low)), "as long as makes so few styles be asked for again")
        yield self._fixed("assets_on_platform", max(whole, styles.value * (1 + visits * days)), "as before, or at least those that are asked for")
        if pages <= LEAST:
            return
        rate, first = visits * pages / DAY_S, self.evidence["first_pages"]
        seen = float(hit_ratio(*(np.array([one]) for one in (rate, first, self._exponent(), days * DAY_S, np.inf)))[0])
        yield self._scaled("media_per_page", per["media_view"], 1 / (pages * (1 - seen)), "as many as were asked for, past the browser's cache")

    def _exponent(self) -> float:
        return self.seen.numbers["zipf_exponent"].value if "zipf_exponent" in self.seen.numbers else self.evidence["zipf_exponent"]

    def _day(self) -> float:
        name = "sessions_per_person_day"
        return self.seen.numbers[name].value if name in self.seen.numbers else self.evidence[name]

    def _adoption(self) -> Iterator[Quantity]:
        """Yield Bass's coefficients, spread over the channels of the brief as far as the log can tell: the sum of the steady ones, and imitation."""
        numbers, channels = self.seen.numbers, {channel.channel for channel in self.brief.discovery.channels}
        if "ceiling" in numbers:
            yield self._spread("ceiling", numbers["ceiling"])
        steady = [STEADY[channel] for channel in sorted(channels & STEADY.keys())]
        if "bass_p" in numbers and steady:
            whole = sum(self.evidence[name] for name in steady)
            for name in steady:
                yield self._scaled(name, numbers["bass_p"], self.evidence[name] / whole, "its part of the steady channels' sum")
        if "bass_q" in numbers:
            told = "word-of-mouth" in channels
            unprompted = self.evidence["imitation_unprompted"]
            if not told:
                yield self._fixed("imitation_unprompted", unprompted, "only its product with bass_imitation is seen")
            yield self._scaled("bass_imitation", numbers["bass_q"], 1.0 if told else 1 / unprompted, "")

    def _spread(self, name: str, number: Number) -> Quantity:
        return self._scaled(name, number, 1.0, "")

    def _scaled(self, name: str, number: Number, factor: float, note: str) -> Quantity:
        """Return a number that goes with an observed one, with its interval; what was never seen is rare, not impossible."""
        value = number.value or number.high * NEVER
        ends = (max(number.low, value * NARROWEST), value, max(number.high, value))
        return self._between(name, (ends[0] * factor, ends[1] * factor, ends[2] * factor), note or f"{number.low:.3g} to {number.high:.3g}")

    def _between(self, name: str, ends: tuple[float, float, float], note: str) -> Quantity:
        """Return a number between the ends of its 95 % interval."""
        unit = self.evidence.quantity(name).unit
        share = unit.startswith("share")
        low, value, high = (min(max(end, LEAST), MOST_SHARE if share else np.inf) for end in ends)
        scale = _logit if share else np.log
        below, above = (QUANTILE * float(abs(scale(end) - scale(value))) for end in (low, high))
        low, high = (_back(float(scale(value)) + move, share=share) for move in (-below, above))
        return Quantity(name, value, unit, self.source, low, high, note)

    def _fixed(self, name: str, value: float, note: str) -> Quantity:
        return Quantity(name, value, self.evidence.quantity(name).unit, self.source, note=note)


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _back(moved: float, *, share: bool) -> float:
    return float(1 / (1 + np.exp(-moved)) if share else np.exp(moved))
