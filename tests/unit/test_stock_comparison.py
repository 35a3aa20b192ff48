"""The comparison with a stock WordPress says what the rounds say."""

import numpy as np
import pytest

from benchmarks.stock.comparison import percentile_ratio, ratio
from benchmarks.stock.content import Content, Post


def test_a_ratio_is_that_of_the_rounds_in_pairs_whatever_drifts_in_the_machine() -> None:
    drift = [1.0, 3.0, 0.5, 2.0]
    found = ratio([2 * value for value in drift], drift)
    assert found == {"ratio": 2.0, "low": 2.0, "high": 2.0}


def test_the_interval_is_students() -> None:
    found = ratio([1.0, np.e**2], [1.0, 1.0])  # mean of the logarithms 1, standard error 1, t(0.975; 1) = 12.706
    assert found["ratio"] == pytest.approx(np.e, rel=1e-3)
    assert np.log(found["high"]) == pytest.approx(1 + 12.706, rel=1e-3)


def test_the_interval_of_a_percentile_holds_the_true_ratio() -> None:
    chance = np.random.default_rng(5)
    found = percentile_ratio(3 * chance.exponential(1, 2000), chance.exponential(1, 2000), 95)
    assert found["low"] < 3 < found["high"]
    assert found["high"] - found["low"] < 1


def test_pages_are_drawn_by_zipf_and_the_same_for_both_systems() -> None:
    posts = tuple(Post(f"Story {n}", f"/{n}/") for n in range(50))
    content = Content(posts, "", 0.9)
    drawn = content.drawn(3, 20000)
    assert drawn == content.drawn(3, 20000)
    first, tenth = drawn.count(posts[0]), drawn.count(posts[9])
    assert first / tenth == pytest.approx(10**0.9, rel=0.2)
