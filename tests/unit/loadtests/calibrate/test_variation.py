"""How requests of a class differ: known distributions come out, and nothing else moves the number."""

from collections.abc import Sequence

import numpy as np
import pytest

from loadtests.calibrate.variation import LEAST, of_ratio, variations
from loadtests.capacity.level import Batch, Level, Span
from loadtests.steady.tape import Sample

MEAN_MS = 50.0


def times(variation: float, number: int, seed: int = 1) -> list[float]:
    """Times of a gamma distribution."""
    shape = 1 / variation**2
    return [float(value) for value in np.random.default_rng(seed).gamma(shape, MEAN_MS / shape, number)]


def level(number: int, busy: float, samples: Sequence[Sample]) -> Level:
    span, batch = Span(number, 1.0, 0.0, 0.0, 60.0), Batch(came=1.0, used=busy, host=busy)
    return Level(span, 1.0, tuple(samples), tuple(samples), (), (batch,) * 10, None, (), ())


def samples(told: Sequence[float], of: str = "wiki_view", cache: str = "", kind: str = "") -> list[Sample]:
    return [Sample(at=float(at), request_class=of, waited_ms=value, url="/", kind=kind, cache=cache) for at, value in enumerate(told)]


@pytest.mark.parametrize("variation", [0.1, 0.3, 0.5, 0.8])
def test_a_known_variation_comes_out_of_the_quantiles_of_its_gamma(variation: float) -> None:
    found = times(variation, 400_000)
    ratio = float(np.quantile(found, 0.95) / np.quantile(found, 0.5))
    assert of_ratio(ratio) == pytest.approx(variation, rel=0.03)


def test_it_stays_between_next_to_none_and_three_whatever_was_measured() -> None:
    assert of_ratio(1.0) == of_ratio(0.5) == 0.01
    assert of_ratio(1e9) == pytest.approx(3, rel=0.01)


def test_the_number_is_within_its_ends_and_near_the_truth() -> None:
    (found,) = variations([level(3, 0.2, samples(times(0.4, 4000)))])
    assert (found.request_class, found.requests, found.level) == ("wiki_view", 4000, 3)
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(0.4, rel=0.15)


def test_the_level_in_which_requests_hinder_each_other_least_is_taken_if_it_holds_enough() -> None:
    few, calm, busy = samples(times(0.1, LEAST - 1)), samples(times(0.3, 2000)), samples(times(0.9, 2000))
    (found,) = variations([level(1, 0.5, busy), level(2, 0.3, calm), level(3, 0.1, few)])
    assert found.level == 2


def test_answers_of_the_page_cache_and_failures_are_no_work_that_differs() -> None:
    own = samples(times(0.3, 1000), "page_anonymous", cache="MISS")
    hits = samples([1.0] * 3000, "page_anonymous", cache="HIT")
    failed = samples([60_000.0] * 500, "page_anonymous", kind="status")
    (alone,), (among,) = (variations([level(1, 0.2, told)]) for told in (own, [*own, *hits, *failed]))
    assert among == alone


def test_one_stall_does_not_make_pages_differ() -> None:
    told = times(0.3, 400)
    calm, stalled = (variations([level(1, 0.2, samples(one))])[0].value for one in (told, [*told[:-1], 5000.0]))
    assert stalled == pytest.approx(calm, rel=0.1)


def test_levels_without_batches_and_classes_of_few_are_left_out() -> None:
    assert variations([level(1, 0.2, samples(times(0.3, LEAST - 1)))]) == ()
    assert variations([Level(Span(1, 1.0, 0.0, 0.0, 1.0), 1.0, tuple(samples(times(0.3, 500))), (), (), (), None, (), ())]) == ()


def test_files_are_left_out_for_theirs_is_the_waiting_for_pages() -> None:
    assert variations([level(1, 0.2, samples(times(0.3, 500), "asset")), level(2, 0.2, samples(times(0.3, 500), "media_view"))]) == ()
