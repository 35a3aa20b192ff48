"""What each of some people does, visit after visit, as if every answer came at once: who drives it waits for the answers in between."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from loadtests.steady.schedule import Action, visit
from loadtests.steady.workload import Workload

VISITS = 9_999_991
"""Numbers of visits of one person; those of the next lie above. A prime: what is shared out by visits in turn is shared out by people, too."""


def life(workload: Workload, seed: int, person: int) -> Iterator[Action]:
    """Yield all that ``person`` does, without end, in the order of its time; visits are those of open arrivals, and one follows the other at once.

    It began some visits before time 0, somewhere in the middle of one: so people are as scattered over their visits in the first
    second as in any other (a renewal process seen late).
    """
    draw = random.Random(f"person {seed} {person}")  # noqa: S311 - a workload, not a secret
    at = -workload.longest_visit_s * (1 + draw.random())
    for number in count(person * VISITS):
        actions, at = visit(workload, draw, number, at)
        yield from _rest(actions)


def _rest(actions: list[Action]) -> list[Action]:
    """Return what of a visit comes after time 0; who is met in the middle of it has loaded styles and scripts before."""
    there = [action for action in actions if action.due_s >= 0]
    if len(there) < len(actions):
        there = [replace(action, fresh=False) for action in there]
    return [*there[:-1], replace(there[-1], last=True)] if there else []
