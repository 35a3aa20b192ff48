"""On exact levels the estimate is exact, the least target gives first, and what broke is bracketed."""

import math

import pytest

from loadtests.capacity.crowding import FULL, busy_at, crowding
from loadtests.capacity.estimate import answer, least
from loadtests.capacity.line import Belief, Bracket, Estimate, Point, line
from tests.unit.loadtests.capacity.levels import KNOWN, TARGET_MS, exact, judged


def test_the_utilisation_law_gives_the_load_at_which_the_processors_reach_their_limit() -> None:
    found = answer([exact(share) for share in (1.0, 1.6, 2.0)], KNOWN)
    assert found is not None
    assert found.binding == "processors"
    assert found.share == pytest.approx(0.7 / 0.35, rel=0.005)
    assert found.low < found.share < found.high


def test_pages_that_crowd_give_first_where_their_target_is_met_at_a_lower_load() -> None:
    """700 ms alone: 1,000 ms where crowding stretches by 10/7."""
    found = answer([exact(share, alone_ms=700.0) for share in (0.9, 1.4, 1.6)], KNOWN)
    assert found is not None
    assert found.binding == "p95 of all pages"
    assert found.share == pytest.approx(busy_at(2, math.log(TARGET_MS / 700)) / 0.35, rel=0.01)


def test_one_level_alone_says_something_with_a_wide_interval() -> None:
    one, three = answer([exact(1.0)], KNOWN), answer([exact(share) for share in (1.0, 1.9, 2.0)], KNOWN)
    assert one is not None
    assert three is not None
    assert one.share == pytest.approx(2.0, rel=0.05)
    assert one.half_width > three.half_width


def test_pages_that_are_late_on_an_empty_machine_leave_room_for_nobody() -> None:
    found = answer([exact(share, alone_ms=3000.0) for share in (0.5, 0.2)], KNOWN)
    assert found is not None
    assert (found.share, found.low) == (0.0, 0.0)
    assert found.binding == "p95 of all pages"


def test_errors_and_memory_are_bracketed_by_levels_with_and_without() -> None:
    failing = exact(1.5, failed=40)
    full = exact(1.8, judgements=(judged("p95 of all pages", 200.0), judged("memory of database", 0.97, 0.95)))
    found = answer([exact(1.0), failing, full], KNOWN)
    assert found is not None
    assert found.binding == "errors"
    assert 1.0 < found.share < 1.5
    assert {one.target: one.interval for one in found.targets if isinstance(one, Bracket)} == {"errors": (1.0, 1.5), "memory of database": (1.5, 1.8)}


def test_a_single_failure_is_no_bound() -> None:
    found = answer([exact(share, failed=1) for share in (1.0, 2.0)], KNOWN)
    assert found is not None
    assert found.binding == "processors"


def test_levels_in_which_the_generator_was_the_bottleneck_count_for_nothing() -> None:
    starved = exact(1.5, busy_each=0.9, faults=("late",))
    assert answer([starved], KNOWN) is None
    assert answer([exact(1.0), starved], KNOWN) == answer([exact(1.0)], KNOWN)


def test_pages_that_wait_for_something_else_than_processors_are_bracketed() -> None:
    slow = exact(1.2, busy_each=0.02, judgements=(judged("p95 of all pages", 5000.0),))
    found = answer([exact(0.6, busy_each=0.02), slow], KNOWN)
    assert found is not None
    assert found.binding == "p95 of all pages"
    assert 0.6 <= found.low < found.high <= 1.2


def test_without_levels_there_is_no_answer() -> None:
    assert answer([], KNOWN) is None


def test_the_least_of_two_equal_targets_may_lie_lower_than_each_and_no_higher() -> None:
    alone, both = (least([Estimate("a", 2.0, 0.05, 30), *more]) for more in ([], [Estimate("b", 2.0, 0.05, 30)]))
    assert both.low < alone.low
    assert both.high == alone.high


def test_crowding_is_inverted() -> None:
    for busy in (0.1, 0.5, 0.9):
        assert busy_at(4, crowding(4, busy)) == pytest.approx(busy)
    assert busy_at(2, 100.0) == FULL
    assert busy_at(2, -1.0) == 0.0


def test_points_that_scatter_more_than_their_variances_widen_the_line() -> None:
    near = line([Point(1.0, 1.0, 1e-4), Point(2.0, 2.0, 1e-4), Point(3.0, 3.0, 1e-4)], Belief(), Belief(), 30)
    wild = line([Point(1.0, 1.2, 1e-4), Point(2.0, 1.7, 1e-4), Point(3.0, 3.1, 1e-4)], Belief(), Belief(), 30)
    assert near.slope == pytest.approx(1.0)
    assert wild.variance(0, 1) > 10 * near.variance(0, 1)
