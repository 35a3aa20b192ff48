"""Chance: p-values and intervals by their definitions, and many differences judged together."""

import math

import numpy as np
import pytest
from scipy.stats import hypergeom, norm, ttest_ind
from scipy.stats import t as student_t

from loadtests.compare.chance import Mean, Part, clumped, of_intervals, of_means, of_parts, of_shares, sure
from loadtests.measure.dispersion import dispersion, scatter
from loadtests.measure.histogram import Histogram
from loadtests.measure.intervals import Interval


def test_two_shares_are_judged_by_fishers_exact_test() -> None:
    table = hypergeom(200, 12, 100)
    seen = table.pmf(2)
    assert of_parts(Part(2, 100), Part(10, 100)) == pytest.approx(sum(table.pmf(k) for k in range(13) if table.pmf(k) <= seen * (1 + 1e-9)))


def test_what_comes_together_is_less_sure() -> None:
    chances = [of_parts(Part(50, 1000), Part(100, 1000), by) for by in (1.0, 1.5, 3.0)]
    assert chances == sorted(chances)
    assert chances[0] < 1e-4 < chances[2]
    assert clumped([0.4, 0.8]) == 1.0
    assert clumped([1.0, 3.0]) == 2.0


def test_two_means_are_judged_as_welch_does() -> None:
    draw = np.random.default_rng(4)
    one, other = draw.normal(100, 1, 10), draw.normal(101, 2, 10)
    means = [Mean(float(each.mean()), float(each.std(ddof=1) / math.sqrt(10)), 9) for each in (one, other)]
    ratio = of_means(*means)
    assert ratio.p == pytest.approx(ttest_ind(one, other, equal_var=False).pvalue, rel=0.05)
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.value is not None
    assert ratio.low < ratio.value < ratio.high


def test_the_interval_of_a_ratio_holds_both_intervals_apart_or_not() -> None:
    def one(value: float, half: float) -> Interval:
        return Interval(value, value - half, value + half, "test")

    apart, touching = of_intervals(one(100, 5), one(120, 5)), of_intervals(one(100, 20), one(110, 20))
    assert apart.low is not None
    assert touching.low is not None
    assert apart.low > 0 > touching.low
    assert apart.p < 0.05 < touching.p
    nothing = of_intervals(one(0, 0), one(5, 1))
    assert (nothing.value, nothing.low, nothing.p) == (None, None, 1.0)


def test_intervals_of_few_batches_have_the_tails_of_such() -> None:
    one = Interval(100.0, 100 * math.exp(-0.1), 100 * math.exp(0.1), "test")
    same = Interval(100 * math.exp(0.3), 100 * math.exp(0.2), 100 * math.exp(0.4), "test")
    p = of_intervals(one, same).p
    assert p == pytest.approx(2 * student_t.sf(0.3 / math.hypot(0.1, 0.1) * student_t.ppf(0.975, 18), 18), rel=1e-6)
    assert p > 5 * 2 * norm.sf(0.3 / math.hypot(0.1, 0.1) * 1.959964)
    edge = Interval(100 * math.exp(math.hypot(0.1, 0.1)), 100 * math.exp(math.hypot(0.1, 0.1) - 0.1), 100 * math.exp(math.hypot(0.1, 0.1) + 0.1), "test")
    assert of_intervals(one, edge).p == pytest.approx(0.05, rel=1e-4)


@pytest.mark.parametrize(("before", "after"), [((3000, 0.01), (3000, 0.01)), ((3000, 0.02), (3000, 0.04)), ((300, 0.1), (100_000, 0.1))])
def test_the_interval_of_a_change_of_two_shares_holds_it_in_95_of_100(before: tuple[int, float], after: tuple[int, float]) -> None:
    draw = np.random.default_rng(11)
    held = []
    for one, other in zip(draw.binomial(*before, 4000), draw.binomial(*after, 4000), strict=True):
        ratio = of_shares(Part(int(one), before[0]), Part(int(other), after[0]), 1.0)
        assert ratio.low is not None
        assert ratio.high is not None
        held.append(ratio.low <= after[1] / before[1] - 1 <= ratio.high)
    assert 0.935 < float(np.mean(held)) < 0.965


def test_the_interval_of_a_share_that_comes_together_is_wider_and_nothing_is_said_of_nothing() -> None:
    once, thrice = (of_shares(Part(50, 1000), Part(100, 1000), 1.0, by) for by in (1.0, 3.0))
    assert once.low is not None
    assert thrice.low is not None
    assert once.value == pytest.approx(1.0)
    assert thrice.low < once.low < 1.0
    gone = of_shares(Part(50, 1000), Part(0, 1000), 1.0)
    assert gone.high is not None
    assert (gone.value, gone.low) == (-1.0, -1.0)
    assert -1 < gone.high < -0.8
    assert (of_shares(Part(0, 9), Part(0, 9), 1.0).value, of_shares(Part(0, 9), Part(1, 9), 1.0).value) == (0.0, None)


@pytest.mark.parametrize(
    ("chances", "calls"),
    [
        ([0.001, 0.2, 0.004], [True, False, True]),
        ([0.004, 0.2, 0.009], [False, False, False]),
        ([0.0033, 0.0049, 0.01], [True, True, True]),
        ([0.0034, 0.0001, 0.9], [True, True, False]),
        ([], []),
    ],
)
def test_many_differences_are_judged_together(chances: list[float], calls: list[bool]) -> None:
    assert sure(chances, 0.01) == calls


def test_late_requests_that_come_together_disperse_more_than_independent_ones() -> None:
    draw = np.random.default_rng(7)
    independent = [dispersion(list(draw.exponential(1, 2000)), 0.95) or 0.0 for _ in range(50)]
    assert 0.6 < float(np.mean(independent)) < 1.4
    stalled = np.concatenate([draw.exponential(1, 1000), draw.exponential(1, 200) + 10, draw.exponential(1, 800)])
    assert (dispersion(list(stalled), 0.95) or 0.0) > 10
    assert dispersion([1.0] * 58, 0.95) is None
    assert dispersion([1.0] * 100, 0.95) == 1.0


def test_the_dispersion_is_the_variance_over_that_of_independent_ones() -> None:
    assert scatter([10, 20], [100, 100]) == pytest.approx(2 * 25 / (100 * 0.15 * 0.85))
    assert scatter([0, 0, 0], [10, 10, 10]) == 1.0
    assert scatter([], []) == 1.0


def test_a_histogram_counts_what_is_above_its_own_percentiles() -> None:
    values = np.random.default_rng(3).lognormal(4, 1, 2000)
    counts = Histogram(values)
    for percent in (1, 50, 95, 99.9, 100):
        limit = counts.percentile(percent)
        assert counts.above(limit) == int((values > limit).sum())
    assert counts.above(0.0) == 2000
