"""The intervals hold truths that a simulation finds; the model is as near to it as its page says."""

import numpy as np
import pytest

from benchmarks.coverage import measured, summary
from tests.model.platform_des import NO_POOL, Platform, simulate

SCENARIOS, TRUTHS = range(0, 60, 5), 2


def test_nine_of_ten_truths_lie_in_their_interval_and_the_model_is_near_each() -> None:
    """1,000 truths are taken by benchmarks/coverage.py; these are 24 of other scenarios, the same each time."""
    found = summary([row for number in SCENARIOS for row in measured(number, TRUTHS)])
    assert found["n"] == len(SCENARIOS) * TRUTHS
    assert 0.7 <= found["coverage"] <= 1.0
    assert found["model_error_median"] <= 0.03
    assert found["model_error_p90"] <= 0.10


def one_class(cores: int, rate: float, work: float, places: int, patience: float = 1e9) -> Platform:
    one, none = np.ones(1), np.zeros(1)
    return Platform(
        cores=cores,
        rates=one * rate,
        follow=none,
        pages=np.zeros(1, np.int64),
        php=one * work,
        database=none,
        delay=none,
        variation=none,
        pool=np.array([0 if places else NO_POOL]),
        places=np.array([max(places, 1)]),
        patience=patience,
        background=0.0,
        cached=np.zeros(1, np.int64),
        hit_work=0.0,
        publishes=np.zeros(1, np.int64),
        popularity=one,
        life=1.0,
        contention=0.0,
        coherence=0.0,
    )


@pytest.mark.parametrize("utilisation", [0.3, 0.6, 0.8])
def test_the_simulated_processor_is_the_processor_sharing_queue(utilisation: float) -> None:
    seen = simulate(one_class(1, utilisation / 0.1, 0.1, 0), 400_000, 3)
    assert seen.response.mean() == pytest.approx(0.1 / (1 - utilisation), rel=0.04)
    assert seen.utilisation == pytest.approx(utilisation, rel=0.02)


def test_the_simulated_pool_of_one_place_is_m_d_1() -> None:
    seen = simulate(one_class(1, 6.0, 0.1, 1), 400_000, 4)
    assert seen.response.mean() == pytest.approx(0.1 + 0.6 * 0.1 / (2 * 0.4), rel=0.04)


def test_the_simulated_pool_turns_away_what_it_cannot_do() -> None:
    seen = simulate(one_class(1, 20.0, 0.1, 1, patience=2.0), 100_000, 5)
    assert seen.rejected == pytest.approx(0.5, abs=0.02)
    assert seen.response.max() <= 2.11


def test_a_page_lives_in_the_simulated_cache_as_long_as_it_should() -> None:
    cached = one_class(4, 50.0, 0.001, 0)
    rates = {"cached": np.ones(1, np.int64), "popularity": np.ones(20), "life": 2.0, "hit_work": 1e-6}
    seen = simulate(Platform(**{**cached.__dict__, **rates}), 200_000, 6)
    assert seen.hits == pytest.approx(2.5 * 2 / (1 + 2.5 * 2), abs=0.01)
