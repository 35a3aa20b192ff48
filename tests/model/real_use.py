"""Real use of which everything is known: people who come, read, think and leave, as the front door would see them.

Away times are exponential within working hours, think times log-normal, pages drawn by Zipf's law, classes by fixed chances, and
the page cache has good and bad spells, so that its hits hang together in time.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sizing.observing.request import HIT, MISS, PAGES, Request

MONDAY_S = 1_788_739_200.0  # 7 September 2026
DAY_S = 86_400.0
HOURS = 9.0
START_H = 8.0
ACTS = {"page_signed_in": 0.5, "page_anonymous": 0.2, "wiki_view": 0.2, "search": 0.07, "comment": 0.02, "post": 0.01}
ALONG = {"media_view": 0.6, "asset": 0.9}
GOOD, BAD = 0.9, 0.5


def pseudonym(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:16].upper()


@dataclass
class World:
    """What is true, and what came of it."""

    seed: int
    people: int = 40
    days: int = 15
    per_day: float = 2.0
    acts: float = 6.0
    think_median_s: float = 25.0
    think_sigma: float = 1.1
    exponent: float = 0.9
    pages: int = 200
    spell: int = 50
    began: dict[int, int] = field(default_factory=dict)
    visits: int = 0
    returns: int = 0
    exposed: int = 0
    certain: bool = False
    """Whether everybody comes on the first day: then that is the day on which they began."""

    def __post_init__(self) -> None:
        self.draw = np.random.default_rng([20261128, self.seed])
        weights = np.arange(1, self.pages + 1.0) ** -self.exponent
        self.shares = np.cumsum(weights / weights.sum())
        self.good, self.left = True, 0

    @property
    def think_s(self) -> float:
        return self.think_median_s * math.exp(self.think_sigma**2 / 2)

    @property
    def mix(self) -> dict[str, float]:
        pages = sum(ACTS[kind] for kind in PAGES)
        every = ACTS | {kind: pages * each for kind, each in ALONG.items()}
        return {kind: each / sum(every.values()) for kind, each in every.items()}

    def requests(self) -> Iterator[Request]:
        found: list[Request] = []
        working = [day for day in range(self.days) if day % 7 < 5]
        for person in range(self.people):
            first = None
            for at, day in enumerate(working):
                count = 0
                if day >= self.began.get(person, 0):
                    count = self._day(person, day, found)
                whole = at < len(working) - 1
                if first is not None and whole:
                    self.returns += count
                    self.exposed += 1
                if first is None and count:
                    first = day
        found.sort()
        return iter([self._cached(request) for request in found])

    def _day(self, person: int, day: int, found: list[Request]) -> int:
        opens_s = MONDAY_S + day * DAY_S + START_H * 3600
        count, now, end = 0, opens_s, opens_s + HOURS * 3600
        if self.certain and day == self.began.get(person, 0):
            count, now = 1, self._visit(person, now + self.draw.uniform(0, 3600), found)
        while (now := now + self.draw.exponential(HOURS * 3600 / self.per_day)) < end:
            now = self._visit(person, now, found)
            count += 1
        self.visits += count
        return count

    def _visit(self, person: int, now: float, found: list[Request]) -> float:
        who, browser = pseudonym(person), pseudonym(person + 1_000_000)
        acts = self.draw.geometric(1 / self.acts)
        thinks = self.think_median_s * np.exp(self.think_sigma * self.draw.standard_normal(acts))
        kinds = self.draw.choice(list(ACTS), acts, p=list(ACTS.values()))
        ranks = np.searchsorted(self.shares, self.draw.random(acts))
        along = {kind: self.draw.poisson(each, acts) for kind, each in ALONG.items()}
        for at in range(acts):
            kind = str(kinds[at])
            page = f"/{ranks[at]}" if kind in PAGES else ""
            found.append(Request(now, 0.05, browser, who, kind, page, ""))
            if page:
                found += [Request(now + 0.1, 0.01, browser, who, other, "", "") for other in along for _ in range(along[other][at])]
            now += 0.05 + (thinks[at] if at < acts - 1 else 0)
        return now

    def _cached(self, request: Request) -> Request:
        if request.kind not in {"page_anonymous", "wiki_view"}:
            return request
        if not self.left:
            self.good, self.left = not self.good, int(self.draw.geometric(1 / self.spell))
        self.left -= 1
        return request._replace(cache=HIT if self.draw.random() < (GOOD if self.good else BAD) else MISS)
