"""Counts of a stream of requests: one pass, memory bounded by the people and the pages, not by the requests."""

from typing import Final

import numpy as np

from sizing.demands import AT, CLASSES
from sizing.evidence import Array
from sizing.observing.batches import Batches
from sizing.observing.days import Days
from sizing.observing.gaps import BINS, SHORTEST_S, place
from sizing.observing.request import ACTS, HIT, PAGES, WRITES, Request

TIMEOUT_S: Final = 1800.0
FOLLOWS_S: Final = 5.0
GROUPS: Final = 32
MOST_PEOPLE: Final = 500_000
MOST_PAGES: Final = 1_000_000
VISITS, KNOWN_RETURNS, OTHER_RETURNS = (len(CLASSES) + at for at in range(3))
COLUMNS: Final = len(CLASSES) + 3
FOLLOWED: Final = frozenset({"comment", "sign_in", "wiki_edit"})
"""Their service demand was measured with the page that follows."""
WROTE: Final = {"comment": 1, "post": 2, "wiki_edit": 4}
DIGITS: Final = 8


class Visitor:
    """Somebody: when first and last seen, what was written; ``known`` where a person has signed in, else it is a browser at an address."""

    __slots__ = ("ended_s", "first_day", "follows_s", "group", "known", "until_day", "wrote")

    def __init__(self, key: str, first_day: int, *, known: bool) -> None:
        self.group = int(key[:DIGITS], 16) % GROUPS
        self.first_day, self.known, self.until_day = first_day, known, 0
        self.ended_s = self.follows_s = float("-inf")
        self.wrote = 0


class Tally:
    """What is counted.

    ``cells`` by day (groups of people, classes and visits); ``gaps`` (groups, bins) between what one visitor does and the next thing;
    ``views`` by page; ``cache``. A visit ends with ``timeout_s`` without anything that the visitor does. Where there are more
    visitors than fit, every second is left out, then every second of these: ``sampled`` is the share that is kept.
    """

    def __init__(self, days: Days, timeout_s: float = TIMEOUT_S, most_people: int = MOST_PEOPLE) -> None:
        self.days, self.timeout_s, self.most_people = days, timeout_s, most_people
        self.visitors: dict[str, Visitor] = {}
        self.owners: dict[str, str] = {}
        self.cells: dict[int, Array] = {}
        self.gaps = np.zeros((GROUPS, BINS))
        self.views: dict[str, int] = {}
        self.views_pruned = False
        self.cache = Batches()
        self.halvings = 0
        self.requests = self.background = 0
        self.began_s, self.ended_s = float("inf"), float("-inf")

    @property
    def sampled(self) -> float:
        """The share of the visitors that is followed."""
        return float(0.5**self.halvings)

    def add(self, request: Request) -> None:
        """Take the next request."""
        self.requests += 1
        began_s, kind = request.began_s, request.kind
        self.began_s, self.ended_s = min(self.began_s, began_s), max(self.ended_s, began_s)
        if request.cache:
            self.cache.add(request.cache == HIT)
        if not kind:
            self.background += 1
            return
        day = self.days.day(began_s)
        cells = self.cells.get(day)
        if cells is None:
            cells = self.cells[day] = np.zeros((GROUPS, COLUMNS))
        key = request.person or self.owners.get(request.visitor, request.visitor)
        if kind in ACTS and self._followed(key):
            visitor = self._visitor(key, request, day)
            if kind in PAGES and began_s <= visitor.follows_s:
                visitor.follows_s = float("-inf")
                visitor.ended_s = max(visitor.ended_s, began_s + request.took_s)
                return
            self._act(visitor, request, day, cells)
        cells[int(key[:DIGITS], 16) % GROUPS, AT[kind]] += 1
        if request.page:
            self._view(request.page)

    def _followed(self, key: str) -> bool:
        return not self.halvings or int(key[-DIGITS:], 16) >> (4 * DIGITS - self.halvings) == 0

    def _visitor(self, key: str, request: Request, day: int) -> Visitor:
        visitor = self.visitors.get(key)
        if visitor is None:
            visitor = self.visitors[key] = Visitor(key, day, known=bool(request.person))
        if request.person and self.owners.get(request.visitor) != request.person:
            self._signed_in(visitor, request, day)
        if len(self.visitors) + len(self.owners) > self.most_people:
            self._halve()
        return visitor

    def _signed_in(self, visitor: Visitor, request: Request, day: int) -> None:
        """Let the visit of a browser that nobody had signed in with go on as that of the person."""
        self.owners[request.visitor] = request.person
        before = self.visitors.get(request.visitor)
        if before is not None and before is not visitor and not before.until_day:
            before.until_day = day
            visitor.ended_s = max(visitor.ended_s, before.ended_s)
            visitor.follows_s = max(visitor.follows_s, before.follows_s)

    def _act(self, visitor: Visitor, request: Request, day: int, cells: Array) -> None:
        began_s, kind = request.began_s, request.kind
        gap_s = began_s - visitor.ended_s
        if gap_s > self.timeout_s:
            cells[visitor.group, VISITS] += 1
            if day > visitor.first_day:
                cells[visitor.group, KNOWN_RETURNS if visitor.known else OTHER_RETURNS] += 1
        if SHORTEST_S <= gap_s < float("inf"):
            self.gaps[visitor.group, place(gap_s)] += 1
        visitor.ended_s = max(visitor.ended_s, began_s + request.took_s)
        if kind in WRITES:
            visitor.wrote |= WROTE.get(kind, 0)
            if kind in FOLLOWED:
                visitor.follows_s = visitor.ended_s + FOLLOWS_S

    def _view(self, page: str) -> None:
        self.views[page] = self.views.get(page, 0) + 1
        if len(self.views) > MOST_PAGES:
            self._prune()

    def _prune(self) -> None:
        """Forget the pages that were read least, until half of the room is free."""
        self.views_pruned, least = True, 1
        while len(self.views) > MOST_PAGES // 2:
            self.views = {page: count for page, count in self.views.items() if count > least}
            least += 1

    def _halve(self) -> None:
        self.halvings += 1
        self.visitors = {key: visitor for key, visitor in self.visitors.items() if self._followed(key)}
        self.owners = {browser: person for browser, person in self.owners.items() if self._followed(person)}
