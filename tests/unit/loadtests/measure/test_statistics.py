"""The statistics are right on distributions whose answers are known."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loadtests.measure.histogram import MOST_MS, Histogram, decode, merged
from loadtests.measure.intervals import mean_interval, quantile, quantile_interval, share_high, share_low
from loadtests.measure.warmup import warm_up

RUNS = 400
times = st.lists(st.floats(0.001, MOST_MS), min_size=1, max_size=200)


def autoregressive(draw: np.random.Generator, number: int, memory: float = 0.7) -> np.ndarray:
    """A normal series whose neighbours depend on each other; its mean is 100, its deviation 10."""
    noise = draw.normal(0, 10 * math.sqrt(1 - memory**2), number)
    series = np.empty(number)
    series[0] = draw.normal(0, 10)
    for at in range(1, number):
        series[at] = memory * series[at - 1] + noise[at]
    return series + 100


@settings(deadline=None, max_examples=50)
@given(times, st.sampled_from([50.0, 95.0, 99.0, 99.9]))
def test_every_percentile_is_within_a_tenth_of_a_percent(values: list[float], percent: float) -> None:
    exact = sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
    assert Histogram(values).percentile(percent) == pytest.approx(exact, rel=0.0011, abs=0.0011)


@settings(deadline=None, max_examples=25)
@given(st.lists(times, min_size=1, max_size=4))
def test_merging_is_exact_whoever_counted(parts: list[list[float]]) -> None:
    together, apart = Histogram([value for part in parts for value in part]), merged(decode(Histogram(part).encode()) for part in parts)
    assert apart.count == together.count
    assert [apart.percentile(percent) for percent in range(1, 101)] == [together.percentile(percent) for percent in range(1, 101)]
    assert apart.encode() == together.encode()


def test_what_is_out_of_range_counts_as_the_nearest_end() -> None:
    assert Histogram([1e9, 0.0]).percentile(100) == pytest.approx(MOST_MS, rel=0.001)
    assert Histogram().percentile(95) == 0.0


def test_a_stall_of_two_seconds_shows_in_the_tail_and_in_nothing_else() -> None:
    """Arrivals every 10 ms for 100 s; the server stands still once for 2 s: 200 arrivals wait 0 to 2 s."""
    waits = [5.0] * 9800 + [2000.0 - 10 * number for number in range(200)]
    found = Histogram(waits)
    assert found.percentile(95) == pytest.approx(5.0, rel=0.01)
    assert found.percentile(99.9) == pytest.approx(1910.0, rel=0.01)


@pytest.mark.parametrize(("number", "least"), [(80, 0.93), (250, 0.93), (1000, 0.88), (4000, 0.91)])
def test_the_interval_of_a_p95_holds_the_true_one_as_often_as_it_says(number: int, least: float) -> None:
    draw = np.random.default_rng(7)
    intervals = [quantile_interval(draw.exponential(100, number).tolist(), 0.95) for _ in range(RUNS)]
    assert np.mean([one.low <= 100 * math.log(20) <= one.high for one in intervals if one]) >= least


def test_the_interval_holds_where_neighbours_depend_on_each_other() -> None:
    draw = np.random.default_rng(11)
    truth = 100 + 10 * stats.norm.ppf(0.95)
    series = [autoregressive(draw, 4000).tolist() for _ in range(200)]
    p95, means = [quantile_interval(one, 0.95) for one in series], [mean_interval(one) for one in series]
    assert np.mean([one.low <= truth <= one.high for one in p95 if one]) >= 0.90
    assert np.mean([one.low <= 100 <= one.high for one in means if one]) >= 0.90


def test_too_few_values_give_no_interval_and_no_false_certainty() -> None:
    assert quantile_interval([1.0] * 58, 0.95) is None
    assert mean_interval([1.0] * 19) is None
    found = quantile_interval([*range(59)], 0.95)
    assert found is not None
    assert found.high == 58


def test_a_quantile_is_the_nearest_rank() -> None:
    assert quantile([*range(1, 101)], 0.95) == 95


def test_bounds_of_a_share_agree_with_what_is_published() -> None:
    assert share_high(0, 3000) == pytest.approx(0.0009, abs=0.0001)
    assert share_low(0, 10) == 0.0
    assert share_low(10, 100) < 0.1 < share_high(10, 100)
    assert (share_low(0, 0), share_high(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_warm_up_is_found_and_not_guessed(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - dice of a test
    series = [draw.expovariate(0.01) + max(0.0, 800 - 4 * number) for number in range(1500)]
    found = warm_up(series)
    assert found is not None
    assert 120 <= found <= 300


def test_a_series_that_is_settled_from_the_first_loses_little() -> None:
    draw = random.Random(5)  # noqa: S311 - dice of a test
    cuts = [warm_up([draw.expovariate(0.01) for _ in range(600)]) for _ in range(40)]
    assert np.median([cut for cut in cuts if cut is not None]) <= 60
    assert sum(cut is None for cut in cuts) <= 6


def test_a_series_that_still_climbs_has_not_settled() -> None:
    draw = random.Random(6)  # noqa: S311 - dice of a test
    assert warm_up([draw.expovariate(0.01) + number for number in range(600)]) is None
    assert warm_up([1.0] * 19) is None


def test_equal_values_are_no_trend() -> None:
    assert warm_up([7.0] * 200) == 0
