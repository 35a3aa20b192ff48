"""The law of scaling: it goes through what it made, tells how sure that is, and says nothing where nothing is told."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.capacity.measured import Extent
from loadtests.scale.usl import Fitted, Law, extent, fit
from tests.unit.loadtests.scale.made import through

LAWS = (Law(1000, 0.05, 0.01), Law(80, 0.3, 0.0), Law(5e5, 0.0, 0.0), Law(1000, 0.9, 0.02))


def fitted(capacities: dict[int, Extent]) -> Fitted:
    found = fit(capacities)
    assert found is not None
    return found


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("numbers", [(1, 2, 3), (1, 2, 4, 8), (2, 3, 5)])
def test_without_noise_the_law_is_found_again(law: Law, numbers: tuple[int, ...]) -> None:
    found = fitted(through(law, *numbers)).law
    assert found.one == pytest.approx(law.one, rel=1e-6)
    assert found.contention == pytest.approx(law.contention, abs=1e-6)
    assert found.coherence == pytest.approx(law.coherence, abs=1e-6)
    assert found.at(7) == pytest.approx(law.at(7), rel=1e-6)


@settings(deadline=None, max_examples=10)
@given(contention=st.floats(0, 0.9), coherence=st.floats(0, 0.1), scale=st.floats(1, 1e6))
def test_how_many_one_carries_moves_no_loss(contention: float, coherence: float, scale: float) -> None:
    small, large = (fitted(through(Law(one, contention, coherence), 1, 2, 4)).law for one in (1.0, scale))
    assert large.one == pytest.approx(scale * small.one, rel=1e-5)
    assert (large.contention, large.coherence) == pytest.approx((small.contention, small.coherence), abs=1e-5)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("numbers", [(1, 2, 3), (1, 2, 4, 8, 16)])
def test_the_intervals_hold_the_truth_where_capacities_are_noisy(law: Law, numbers: tuple[int, ...]) -> None:
    noise, runs, held = 0.04, 40, np.zeros(4)
    for seed in range(runs):
        draw = np.random.default_rng((7, seed))
        values = {number: law.at(number) * math.exp(draw.normal(0, noise)) for number in numbers}
        reach = math.exp(1.96 * noise)
        found = fitted({number: Extent(value=value, low=value / reach, high=value * reach) for number, value in values.items()})
        told = [extent(getattr(found.law, name), [getattr(one, name) for one in found.draws]) for name in ("one", "contention", "coherence")]
        truths = (law.one, law.contention, law.coherence, law.at(numbers[-1] + 1))
        held += [one.low - 1e-9 <= truth <= one.high + 1e-9 for one, truth in zip((*told, found.at(numbers[-1] + 1)), truths, strict=True)]
    assert held.min() >= 0.8 * runs  # 95 % are meant, 91 % where a loss is nothing at all; the dice are the same in each run


def test_the_surer_the_capacities_the_narrower_the_curve_and_the_same_dice_each_time() -> None:
    sure, unsure = (fitted(through(LAWS[0], 1, 2, 3, wide=wide)) for wide in (0.01, 0.1))
    assert sure.at(4).high - sure.at(4).low < (unsure.at(4).high - unsure.at(4).low) / 3
    assert sure.draws == fitted(through(LAWS[0], 1, 2, 3, wide=0.01)).draws


def test_a_step_that_is_hardly_known_moves_the_curve_less() -> None:
    there = through(LAWS[0], 1, 2, 3, 4)
    off = there[4].value / 2
    narrow, wide = (Extent(value=off, low=off * (1 - part), high=off * (1 + part)) for part in (0.02, 0.6))
    moved, hardly = (abs(fitted({**there, 4: one}).law.at(4) - there[4].value) for one in (narrow, wide))
    assert hardly < moved / 3


def test_two_steps_tell_no_coherence_and_one_tells_nothing() -> None:
    two = fitted(through(Law(100, 0.2, 0.1), 1, 2))
    assert (two.coherence_known, two.law.coherence) == (False, 0.0)
    assert two.law.at(2) == pytest.approx(Law(100, 0.2, 0.1).at(2))
    assert fit(through(LAWS[0], 1)) is None
    assert fit({}) is None
    nothing = Extent(value=0.0, low=0.0, high=0.0)
    assert fit({1: nothing, 2: nothing, 3: nothing}) is None


def test_more_than_linear_is_told_as_no_loss() -> None:
    found = fitted(through(Law(100, 0.0, 0.0), 1, 2) | {3: Extent(value=330.0, low=320.0, high=340.0)})
    assert found.law.contention == found.law.coherence == 0.0


def test_an_interval_that_begins_at_nothing_is_wide_and_no_error() -> None:
    found = fitted({1: Extent(value=50.0, low=0.0, high=100.0), 2: Extent(value=100.0, low=95.0, high=105.0)})
    assert found.at(1).high > 90  # and no lower than half of the two: more than linear is no law of scaling
    assert found.at(1).low > 45


def test_where_the_curve_is_highest() -> None:
    assert Law(1, 0.1, 0.009).most_at == pytest.approx(10)
    assert Law(1, 0.5, 0.0).most_at == math.inf
    assert Law(1, 1.5, 0.0).most_at == Law(1, 1.5, 0.3).most_at == 1
    law = Law(1, 0.2, 0.02)
    assert law.at(law.most_at) > max(law.at(law.most_at - 0.5), law.at(law.most_at + 0.5))
