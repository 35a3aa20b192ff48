"""The hit ratio follows from rate, popularity, life and room."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.cache import hit_ratio, popularity


@pytest.mark.parametrize(("life_s", "expected"), [(1, 0.03), (60, 0.35), (3600, 0.78)])
def test_two_requests_a_second_over_5000_pages_hit_as_the_sum_over_all_pages_says(life_s: float, expected: float) -> None:
    whole = sum(1 / rank for rank in range(1, 5001))
    rates = [2 / rank / whole for rank in range(1, 5001)]
    exact = sum(rate * rate * life_s / (1 + rate * life_s) for rate in rates) / 2
    found = hit_ratio(2, 5000, 1.0, life_s, 1e9)
    assert found == pytest.approx(exact, abs=0.005)
    assert found == pytest.approx(expected, abs=0.12)


@given(st.integers(1, 100_000), st.floats(0, 1.5))
@settings(max_examples=40, deadline=None)
def test_popularity_is_a_distribution_over_all_pages(pages: int, exponent: float) -> None:
    bins = popularity(pages, exponent)
    assert sum(count for count, _ in bins) == pages
    assert sum(count * share for count, share in bins) == pytest.approx(1)


@given(st.floats(0.001, 1000), st.floats(0.001, 1000), st.floats(1, 1e5), st.floats(1, 2000))
@settings(max_examples=40, deadline=None)
def test_more_requests_more_life_or_more_room_never_hit_less(one: float, other: float, life_s: float, room: float) -> None:
    few, many = sorted((one, other))
    assert hit_ratio(few, 1000, 0.8, life_s, room) <= hit_ratio(many, 1000, 0.8, life_s, room) + 1e-6
    assert hit_ratio(few, 1000, 0.8, life_s, room) <= hit_ratio(few, 1000, 0.8, life_s * 2, room) + 1e-6
    assert hit_ratio(few, 1000, 0.8, life_s, room) <= hit_ratio(few, 1000, 0.8, life_s, room * 2) + 1e-6


@pytest.mark.parametrize(("rate", "pages", "life_s", "room"), [(0, 10, 60, 10), (1, 0, 60, 10), (1, 10, 0, 10), (1, 10, 60, 0)])
def test_nothing_is_hit_where_there_is_nothing_to_hit(rate: float, pages: int, life_s: float, room: float) -> None:
    assert hit_ratio(rate, pages, 0.8, life_s, room) == 0
