"""Words only where something is telling."""

from loadtests.programs.measured import Programs
from loadtests.programs.rows import programs
from loadtests.programs.telling import telling
from tests.unit.loadtests.programs.said import CHILDREN, look, run, told


def of(role: str, growing: str, by: float, **now: float) -> Programs:
    return programs([look(number, **{role: told(role, **now, **{growing: by * number})}) for number in range(20)], CHILDREN, {})


def test_nothing_is_said_where_nothing_was_full() -> None:
    assert telling(None) == ()
    assert telling(run(busy=3.0)) == ()


def test_a_pool_that_was_full_is_said_with_who_waited() -> None:
    assert telling(run(busy=4.0, waiting=12.0)) == ("the blogs' PHP pool of 4 was full at 50% of the looks; up to 12 waited",)


def test_a_pool_that_was_full_by_chance_is_not() -> None:
    looks = [look(number, blogs=told("blogs", busy=4.0 if number == 7 else 1.0)) for number in range(20)]
    assert telling(programs(looks, CHILDREN, {})) == ()


def test_a_queue_in_the_front_door_locked_rows_and_a_full_object_cache_are_said() -> None:
    (queued,) = telling(of("frontdoor", "denied_per_second", 0.0, **{"blogs.queued": 5.0}))
    assert queued == "requests for blogs queued in the front door at 100% of the looks, up to 5"
    (locked,) = telling(of("database", "row_lock_wait_ms_per_second", 500.0))
    assert locked == "the database's threads waited 250 ms in each second for rows that others had locked"
    (thrown,) = telling(of("objectcache", "evicted_per_second", 40.0))
    assert thrown == "the object cache was full: it threw out 20 objects a second"
