"""The capacity search against a simulated platform: cores shared by all, requests of every class, a truth that is known."""

import numpy as np
import pytest

from loadtests.capacity.estimate import Answer
from tests.model.searched import Run, Simulated

SEEDS = 12


def found(simulated: Simulated, truth: float, first: float) -> list[tuple[Run, Answer]]:
    """Searches that begin at ``first`` of the truth."""
    runs = [Run(simulated, seed, first * truth) for seed in range(SEEDS)]
    answers = [run.search() for run in runs]
    return [(run, one) for run, one in zip(runs, answers, strict=True) if one is not None]


@pytest.mark.parametrize("first", [0.6, 0.25])
def test_processors_that_give_first_are_found_within_five_percent_in_time(first: float) -> None:
    simulated = Simulated()
    truth, what = simulated.truth()
    assert what == "processors"
    searched = found(simulated, truth, first)
    assert len(searched) == SEEDS
    assert np.median([abs(one.share / truth - 1) for _, one in searched]) <= 0.025
    assert sum(one.low <= truth <= one.high for _, one in searched) >= SEEDS - 2
    assert all(one.half_width <= 0.05 for _, one in searched)
    assert all(one.binding == what for _, one in searched)
    assert np.median([run.now - run.levels[0].span.open_at for run, _ in searched]) <= 600


def test_page_times_that_give_first_are_found_though_no_level_is_far_beyond_them() -> None:
    simulated = Simulated(target_ms=350.0)
    truth, what = simulated.truth()
    assert what == "p95 of wiki_view"
    searched = found(simulated, truth, 0.6)
    assert len(searched) == SEEDS
    errors = [abs(one.share / truth - 1) for _, one in searched]
    assert np.median(errors) <= 0.05
    assert max(errors) <= 0.15
    assert sum(one.low <= truth <= one.high for _, one in searched) >= SEEDS - 3
    assert max(level.span.asked for run, _ in searched for level in run.levels) <= 1.2 * truth


def test_a_prediction_that_was_half_as_much_again_too_high_does_no_harm() -> None:
    simulated = Simulated()
    truth, _ = simulated.truth()
    searched = found(simulated, truth, 0.9)
    assert np.median([abs(one.share / truth - 1) for _, one in searched]) <= 0.03
