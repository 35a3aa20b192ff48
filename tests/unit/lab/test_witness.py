"""Whether two members of a database were written at once, by what their witnesses wrote down."""

import pytest

from tests.lab.witness import Wrote, at_once_s, seen


def lines(*counts: tuple[float, int]) -> list[str]:
    return [f"{when}\t{count}" for when, count in counts]


def test_one_after_the_other_is_not_at_once() -> None:
    found = seen({"b": lines((10, 0), (13, 0), (14, 5), (15, 9)), "a": lines((10, 7), (11, 9), (12, 12), (13, 12))}, 10)
    assert [one.member for one in found] == ["a", "b"]
    assert at_once_s(found) < 0


def test_who_is_written_again_after_another_was_written_at_once_with_it() -> None:
    found = seen({"a": lines((10, 0), (11, 1), (20, 1), (21, 2)), "b": lines((10, 0), (12, 0), (13, 4), (30, 4), (31, 5))}, 10)
    assert found == [Wrote("a", 11, 20), Wrote("b", 13, 30)]
    assert at_once_s(found) == pytest.approx(7)


def test_a_server_that_began_anew_and_half_a_line_count_for_nothing() -> None:
    assert seen({"a": [*lines((10, 90), (11, 0)), "12."]}, 9) == []
    assert at_once_s([]) == 0.0


def test_what_was_before_is_left_out() -> None:
    assert seen({"a": lines((1, 0), (2, 5), (10, 5), (11, 5))}, 9) == []
