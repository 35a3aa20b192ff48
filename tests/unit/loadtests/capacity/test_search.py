"""Which level comes next: up where all is met, down where something breaks, near the crossing in the end, and never for ever."""

import math

import pytest

from loadtests.capacity.estimate import answer
from loadtests.capacity.level import Level
from loadtests.capacity.pace import Pace
from loadtests.capacity.search import FIRST, SUFFERED, Bounds, Next, following
from tests.unit.loadtests.capacity.levels import KNOWN, exact

BOUNDS = Bounds(first=1.0)
TRUE = 2.0


def after(*levels: Level, bounds: Bounds = BOUNDS) -> Next:
    return following(levels, answer(levels, KNOWN), KNOWN, bounds)


def test_the_search_begins_below_the_prediction_and_comes_near_the_crossing() -> None:
    assert FIRST < 0.7
    levels: list[Level] = []
    while (then := after(*levels)).share:
        assert then.share <= 1.15 * TRUE
        levels.append(exact(then.share, number=len(levels) + 1))
    assert levels[0].came == BOUNDS.first
    assert all(one.came >= 0.85 * TRUE for one in levels[2:])
    assert len(levels) <= 5
    assert then.why.startswith("the answer is known within ±")


def test_a_level_is_never_far_above_the_highest_that_came_to_its_end() -> None:
    assert after(exact(0.3)).share <= 1.6 * 0.3


def test_a_platform_that_meets_everything_is_driven_up() -> None:
    """Nothing is used, pages are fast: there is no crossing yet."""
    idle = [exact(share, busy_each=0.0001, alone_ms=1.0) for share in (1.0, 1.6)]
    assert after(*idle).share == pytest.approx(1.6 * 1.6)


def test_a_platform_that_misses_at_the_lowest_load_is_driven_down_and_given_up() -> None:
    levels = [exact(1.0, alone_ms=3000.0)]
    while (then := after(*levels)).share:
        assert then.share < levels[-1].came
        levels.append(exact(then.share, alone_ms=3000.0))
    assert then.why == "even the lowest load is too much"
    assert len(levels) < 10


def test_a_level_that_broke_is_never_gone_beyond() -> None:
    for broke in (exact(1.5, failed=40, ended="errors"), exact(1.5, ended=SUFFERED)):
        assert after(exact(1.0), broke).share <= 0.9 * 1.5


def test_a_platform_that_fails_whatever_the_load_ends_the_search() -> None:
    dead = [exact(1.0, failed=400, ended="errors"), exact(0.5, failed=400, ended="errors")]
    assert after(*dead[:1]).share == pytest.approx(0.5)
    assert after(exact(1.0), exact(2.0), exact(1.5, failed=400, ended="errors")).why == after(*dead).why
    assert after(*dead).why == "requests fail at loads that were carried before, or at any"


def test_real_people_suffer_once_and_not_a_third_time() -> None:
    assert after(exact(1.0), exact(1.8, ended=SUFFERED)).share > 0
    assert after(exact(1.0), exact(1.8, ended=SUFFERED), exact(1.5, ended=SUFFERED)).why.startswith("aborted")


def test_a_generator_that_lagged_once_is_tried_again_twice_lowers_the_load_and_thrice_ends_it() -> None:
    starved = exact(2.0, faults=("late",))
    assert after(exact(1.0), starved).share > 0.9 * 1.6
    assert after(exact(1.0), starved, exact(1.6, faults=("late",))).share <= 0.9 * 1.6
    assert "bottleneck" in after(*[starved] * 3).why


def test_what_one_address_may_sign_in_bounds_the_load_and_is_said() -> None:
    bounds = Bounds(first=0.8, most=1.0, because="sign-ins")
    assert after(exact(0.8), exact(0.9), bounds=bounds).share == 1.0
    low = [exact(share, alone_ms=10.0, busy_each=0.05) for share in (0.8, 1.0, 1.0, 1.0)]
    assert after(*low, bounds=bounds).why == "the capacity is above the most that may be driven: sign-ins"


def test_levels_fill_the_time_and_none_is_a_crumb() -> None:
    pace, gone, parts = Pace.of(780.0), 0.0, []
    while seconds := pace.next_s(gone):
        parts.append(seconds)
        gone += seconds + 2
    assert 0.95 * 780 <= sum(parts) + 2 * len(parts) <= 785
    assert min(parts) >= 0.5 * pace.level_s
    assert pace.warm_s == 10.0
    assert math.isclose(Pace.of(40.0).level_s, 12.0)
