"""Looks become columns: what came in a second, and gaps where nothing, or something else, was told."""

from loadtests.programs.answers import Told
from loadtests.programs.measured import Programs, columns
from loadtests.programs.rows import Look, programs
from tests.unit.loadtests.programs.said import CHILDREN, look, run, told


def found(*looks: Look) -> Programs:
    return programs(looks, CHILDREN, {})


def test_a_count_becomes_what_came_in_a_second_since_the_look_before() -> None:
    one = found(look(0), look(1, database=told("database", queries_per_second=300.0)), look(2, database=told("database", queries_per_second=300.0)))
    assert one.database.queries_per_second == (None, 150.0, 0.0)
    assert one.database.connected == (3.0, 3.0, 3.0)
    assert one.at == (1_000_000.0, 1_000_002.0, 1_000_004.0)


def test_who_tells_nothing_leaves_a_gap_and_nobody_else_does() -> None:
    one = found(look(0), look(1, objectcache=None), look(2), look(3))
    assert one.object_cache.used_mib[1] is None
    assert one.object_cache.hits_per_second == (None, None, None, 0.0)
    assert one.database.queries_per_second == (None, 0.0, 0.0, 0.0)


def test_a_program_that_began_anew_has_no_rate_at_that_look() -> None:
    anew = Told(told("database").now, dict.fromkeys(told("database").counted, 5.0))
    one = found(look(0), look(1, database=anew), look(2, database=Told(anew.now, dict.fromkeys(anew.counted, 7.0))))
    assert one.database.queries_per_second == (None, None, 1.0)
    assert None not in one.database.running


def test_replicas_count_together_and_another_replica_is_no_rate() -> None:
    pair = {"a": told("blogs", busy=2.0), "b": told("blogs", busy=3.0, waiting=1.0)}
    looks = [
        Look(at, at, {"blogs": pair, "frontdoor": {name: told("frontdoor", requests_per_second=at) for name in names}})
        for at, names in ((1.0, "a"), (2.0, "ab"), (3.0, "ab"))
    ]
    one = found(*looks)
    assert one.pools[0].children == 8
    assert one.pools[0].busy == (5.0,) * 3
    assert one.pools[0].waiting == (1.0,) * 3
    assert one.front_door.requests_per_second == (None, None, 2.0)


def test_the_clock_that_somebody_sets_makes_no_rate() -> None:
    before, now = look(0), look(1, database=told("database", queries_per_second=10.0))
    one = found(before, Look(before.at - 3600, now.clock, now.told))
    assert one.database.queries_per_second == (None, 5.0)


def test_what_was_not_told_is_said_with_its_reason() -> None:
    one = programs([look(0), look(1)], CHILDREN, {("database", "no answer within 1 s"): 1})
    assert one.notes == ("database told nothing at 1 of 2 looks: no answer within 1 s",)
    many = programs([look(0)], CHILDREN, {("database", f"reason {number}"): number for number in range(100)})
    assert len(many.notes) == 10


def test_some_looks_alone_and_a_long_run_in_means() -> None:
    whole = run(120)
    assert whole.even
    part = whole.inside([(1_000_010.0, 1_000_019.0)])
    assert part.at == (1_000_010.0, 1_000_012.0, 1_000_014.0, 1_000_016.0, 1_000_018.0)
    assert all(len(column) == 5 for column in columns(part))
    assert part.pools[0].busy == (0.0, 1.0, 0.0, 1.0, 0.0)
    coarse = whole.coarser(15)
    assert (len(coarse.at), coarse.at[-1]) == (15, whole.at[-1])
    assert coarse.pools[0].busy == (0.5,) * 15
    assert coarse.even
    assert whole.coarser(60) == whole
    assert len(list(columns(whole))) == 4 + 7 + 6 + 11 + 5


def test_a_gap_is_no_nought_in_a_mean() -> None:
    looks = [look(number, database=told("database") if number % 3 else None) for number in range(6)]
    assert found(*looks).coarser(2).database.connected == (3.0, 3.0)
    assert found(*[look(number, database=None) for number in range(4)]).coarser(2).database.connected == (None, None)


def test_what_has_lost_a_number_is_not_even() -> None:
    whole = run(20)
    torn = whole.model_copy(update={"database": whole.database.model_copy(update={"running": whole.database.running[:-1]})})
    assert not torn.even
    pool = whole.pools[0].model_copy(update={"busy": ()})
    assert not whole.model_copy(update={"pools": (pool,)}).even


def test_one_look_has_columns_too() -> None:

    assert found(look(0)).even
