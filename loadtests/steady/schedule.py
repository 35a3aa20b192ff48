"""What is asked for, and when: drawn before anything is sent, so that no answer can delay the next arrival."""

import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from loadtests.steady import profile
from loadtests.steady.order import Order
from loadtests.steady.profile import WITHOUT_END, Steps
from loadtests.steady.workload import SIGNED_IN_ONLY, Workload

CROWD = 10_000_000
"""Numbers of the crowd's visits, and its seed, lie so far above those of everyone else."""


@dataclass(frozen=True, order=True)
class Action:
    """One thing that somebody does, ``due_s`` after the beginning of the arrivals.

    ``pick`` (0 to 1) is the place in the pages' popularity, ``pictures`` how many come with the page, ``last`` whether
    the visit ends with it.
    """

    due_s: float
    visit: int
    request_class: str
    signed_in: bool
    fresh: bool
    pick: float
    pictures: int = 0
    last: bool = False


def scheduled(order: Order) -> Iterator[Action]:
    """Yield everything that is done by everyone and by the crowd, in the order of its time."""
    usual = actions(order.workload, order.seed, profile.everyone(order.profile))
    if order.crowd is None:
        return usual
    more = actions(order.crowd, order.seed + CROWD, profile.crowd(order.profile))
    return heapq.merge(usual, (replace(action, visit=CROWD + action.visit) for action in more))


def actions(workload: Workload, seed: int, shares: Steps = WITHOUT_END) -> Iterator[Action]:
    """Yield everything that is done, in the order of its time, until ``shares`` of the workload end.

    Visits begin at random (a Poisson process); within one the times between pages are exponential. Visits that began
    before time 0 are drawn, too, and what of them lies after it is done: the platform is full of people from the first
    second, as it is at its peak (the stationary beginning of an M/G/∞ queue).

    Where the share changes, visits are drawn as for the highest and thinned (Lewis and Shedler, 1979): each has a level
    between 0 and the highest share, drawn once, and is there while the share is above it. So at every moment as much is
    asked for, and of the same mix, as if it had always been so; a jump meets people in the middle of their visits.
    """
    highest = shares.highest
    if highest <= 0:
        return
    draw, levels = random.Random(seed), random.Random(f"levels {seed}")  # noqa: S311 - a workload, not a secret
    waiting: list[Action] = []
    for number, begin_s in enumerate(_beginnings(workload, draw, highest, shares.end)):
        while waiting and waiting[0].due_s <= begin_s:
            yield heapq.heappop(waiting)
        level = levels.random() * highest
        found, _ = visit(workload, draw, number, begin_s)
        for action in _there(found, level, shares):
            if action.due_s >= 0:
                heapq.heappush(waiting, action)
    while waiting:
        yield heapq.heappop(waiting)


def _beginnings(workload: Workload, draw: random.Random, share: float, end_s: float) -> Iterator[float]:
    at = -workload.longest_visit_s
    while (at := at + draw.expovariate(workload.visits_per_second * share)) < end_s:
        yield at


def visit(workload: Workload, draw: random.Random, number: int, begin_s: float) -> tuple[list[Action], float]:
    """Return one visit, its pages and what is done between them, and when it ends: its last page is looked at, too."""
    signed_in, fresh = draw.random() < workload.signed_in, draw.random() < workload.fresh
    found: list[Action] = []
    at = begin_s

    def add(due_s: float, kind: str, pictures: int = 0) -> None:
        found.append(Action(due_s, number, kind, signed_in, fresh, draw.random(), pictures))

    if signed_in and draw.random() < workload.sign_ins:
        add(at, "sign_in")
        at += draw.expovariate(1 / workload.think_time_s)
    for _ in range(_count(draw, workload.pages)):
        wiki = draw.random() < workload.wiki
        add(at, "wiki_view" if wiki else "page_signed_in" if signed_in else "page_anonymous", poisson(draw, workload.pictures))
        think_s = draw.expovariate(1 / workload.think_time_s)
        for kind, times in workload.between.items():
            for _ in range(poisson(draw, times) if signed_in or kind not in SIGNED_IN_ONLY else 0):
                add(at + draw.random() * think_s, kind)
        at += think_s
    return sorted(found), at


def _there(visit: list[Action], level: float, shares: Steps) -> list[Action]:
    """Return the part of a visit in which the share is above its level; who is met in the middle of it has loaded styles and scripts before."""
    found = [action for action in visit if level < shares.at(action.due_s)]
    if found and found[0] is not visit[0]:
        found = [replace(action, fresh=False) for action in found]
    return [*found[:-1], replace(found[-1], last=True)] if found else []


def _count(draw: random.Random, mean: float) -> int:
    """Return the pages of one visit: one, and a Poisson number of others; with a mean below one, one or none."""
    return 1 + poisson(draw, mean - 1) if mean >= 1 else int(draw.random() < mean)


def poisson(draw: random.Random, mean: float) -> int:
    """Return a Poisson number (Knuth, 1969: products of uniform numbers)."""
    limit, product, number = math.exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        number += 1
    return number
