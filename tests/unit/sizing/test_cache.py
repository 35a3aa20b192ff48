"""The hit ratio follows from rate, popularity, life and room."""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.cache import NEAR, hit_ratio, popularity

SOLVED = 2 * NEAR  # the characteristic time is solved to this


@pytest.mark.parametrize(("life_s", "expected"), [(1, 0.03), (60, 0.35), (3600, 0.78)])
def test_two_requests_a_second_over_5000_pages_hit_as_the_sum_over_all_pages_says(life_s: float, expected: float) -> None:
    whole = sum(1 / rank for rank in range(1, 5001))
    rates = [2 / rank / whole for rank in range(1, 5001)]
    exact = sum(rate * rate * life_s / (1 + rate * life_s) for rate in rates) / 2
    found = hit_ratio(2, 5000, 1.0, life_s, 1e9)
    assert found == pytest.approx(exact, abs=0.005)
    assert found == pytest.approx(expected, abs=0.12)


@given(st.integers(1, 100_000), st.floats(0.01, 1.5))
@settings(max_examples=40, deadline=None)
def test_popularity_is_a_distribution_over_all_pages(pages: int, exponent: float) -> None:
    count, share = popularity(np.array([float(pages)]), np.array([exponent]))
    assert count.sum() == pytest.approx(pages)
    assert (count * share).sum() == pytest.approx(1)


@pytest.mark.parametrize(("pages", "exponent", "room", "life_s"), [(2000, 0.8, 200, 1e12), (2000, 0.8, 20, 1e12), (300, 1.1, 250, 1e12), (2000, 0.8, 200, 500)])
def test_a_simulated_cache_hits_as_often(pages: int, exponent: float, room: int, life_s: float) -> None:
    dice = np.random.default_rng(1)
    share = np.arange(1, pages + 1.0) ** -exponent
    asked = dice.choice(pages, 60_000, p=share / share.sum())
    moments = np.cumsum(dice.exponential(1, 60_000))
    kept: OrderedDict[int, float] = OrderedDict()
    hits = 0
    for number, (page, now) in enumerate(zip(asked, moments, strict=True)):
        if page in kept and now - kept[page] < life_s:
            kept.move_to_end(page)
            hits += number >= 20_000
        else:
            kept.pop(page, None)
            kept[page] = now
            if len(kept) > room:
                kept.popitem(last=False)
    assert hit_ratio(1, pages, exponent, life_s, room)[0] == pytest.approx(hits / 40_000, abs=0.012)


@given(st.floats(0.001, 1000), st.floats(0.001, 1000), st.floats(1, 1e5), st.floats(1, 2000))
@settings(max_examples=40, deadline=None)
def test_more_requests_more_life_or_more_room_never_hit_less(one: float, other: float, life_s: float, room: float) -> None:
    few, many = sorted((one, other))
    assert hit_ratio(few, 1000, 0.8, life_s, room) <= hit_ratio(many, 1000, 0.8, life_s, room) + SOLVED
    assert hit_ratio(few, 1000, 0.8, life_s, room) <= hit_ratio(few, 1000, 0.8, life_s * 2, room) + SOLVED
    assert hit_ratio(few, 1000, 0.8, life_s, room) <= hit_ratio(few, 1000, 0.8, life_s, room * 2) + SOLVED


@pytest.mark.parametrize(("rate", "pages", "life_s", "room"), [(0, 10, 60, 10), (1, 0, 60, 10), (1, 10, 0, 10), (1, 10, 60, 0)])
def test_nothing_is_hit_where_there_is_nothing_to_hit(rate: float, pages: int, life_s: float, room: float) -> None:
    assert hit_ratio(rate, pages, 0.8, life_s, room) == 0
