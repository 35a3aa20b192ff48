"""All at once, or in waves: how many people a mail may go to at a time."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sizing.capacity import Case, first_missed
from sizing.course import told_course
from sizing.evidence import Array
from sizing.figures import rounded
from sizing.network import Layout
from sizing.plan import Announcement
from sizing.workload import Moment

MOST_WAVES = 1000


def largest_wave(case: Case, layout: Layout, at: int) -> Array:
    """Return by how much the crowd of moment ``at`` may grow (S,), those who come anyway staying as they are; 0 where there is no room for any."""
    return first_missed(case, lambda part, factors: part.state(layout, _with_crowd(part.workload.moments[at], factors)))


def _with_crowd(moment: Moment, factors: Array) -> Moment:
    return replace(moment, rates=moment.rates + moment.crowd * (factors[:, None] - 1))


def announcement(case: Case, capacity: Array, room: Callable[[], Array], wanted: float) -> Announcement:
    """Return the answer to "all at once, or in waves?".

    ``capacity`` is the factor of people (S,) at the mail's moment, ``room`` says that of its crowd alone, in draws that may be
    fewer; where everyone may be sent a mail at once it is not asked.
    """
    moment, brief = case.workload.moments[1], case.brief
    people, waves = case.workload.people, brief.discovery.waves
    holds = float(np.mean(capacity[1:] >= 1))
    largest = people
    if waves > 1 or holds < wanted:
        largest = min(people, math.floor(float(np.quantile(room()[1:], 1 - wanted, method="inverted_cdf")) * people / waves))
    if holds < wanted:
        largest = min(largest, people // waves - 1)
    needed = math.ceil(people / largest) if largest >= people / MOST_WAVES and largest > 0 else None
    total = float(np.sum(moment.rates[0]))
    return Announcement(
        people=people,
        waves=waves,
        when_utc=moment.when,
        month=moment.month,
        requests_per_second=rounded(total),
        crowd_share=float(f"{float(np.sum(moment.crowd[0])) / total if total else 0.0:.4g}"),
        holds=float(f"{holds:.4g}"),
        largest_wave=largest,
        waves_needed=needed,
        words=_words(people, waves, largest, needed, holds >= wanted),
        others=told_course(moment.courses[0]),
        crowd=told_course(moment.courses[1]),
    )


def waves_for(case: Case, layout: Layout, wanted: float) -> int | None:
    """Return the fewest waves of the mail that ``layout`` holds with confidence ``wanted``, if it holds all else; None where none do."""
    room = largest_wave(case, layout, 1) * case.values["model_capacity_error"]
    sure = float(np.quantile(room[1:], 1 - wanted, method="inverted_cdf"))
    needed = math.ceil(case.brief.discovery.waves / sure) if sure * MOST_WAVES > case.brief.discovery.waves else None
    return None if needed is None else max(1, needed)


def _words(people: int, waves: int, largest: int, needed: int | None, holds: bool) -> str:  # noqa: FBT001 - private
    sent = "all at once" if waves == 1 else f"in {waves} waves"
    if holds:
        return f"a mail to all {people:,} people, sent {sent}, stays inside the targets"
    if needed is None:
        return f"a mail to {people:,} people misses the targets however it is split"
    return f"a mail to all {people:,} people, sent {sent}, may miss the targets; send it in {needed} waves of up to {largest:,} people, a working day apart"
