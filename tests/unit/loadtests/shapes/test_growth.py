"""A leak is found, noise is none, what fills up by design is none, and a run that is too short does not say."""

from typing import Any

import numpy as np
import pytest

from loadtests.shapes import curves
from loadtests.shapes.findings import outcome
from loadtests.shapes.growth import DAY_S, Series, growing, of_pages
from loadtests.steady.meter import Platform
from tests.unit.loadtests.shapes.shaped import Wait, come, plan, shape
from tests.unit.loadtests.steady.peaks import BEGIN, platform, steady_ms

SECONDS = 7200
SOAK = curves.soak(plan(), 0.8, float(SECONDS))
AT = BEGIN + np.arange(1.0, SECONDS + 1)
Numbers = np.ndarray[Any, np.dtype[np.float64]]


def wandering(seed: int, spread: float = 4.0) -> Numbers:
    """Noise that remembers: each second lies near the one before, as the memory of a process does."""
    draw = np.random.default_rng(seed)
    found, now = np.empty(SECONDS), 0.0
    for at, step in enumerate(draw.normal(0, 1, SECONDS)):
        now = 0.98 * now + step
        found[at] = now
    return 300 + spread * found / 5


def with_memory(values: Numbers, name: str = "blogs", limit: float = 700.0) -> Platform:
    calm = platform(len(values))
    service = calm.services[0].model_copy(update={"name": name, "memory_mib": tuple(float(one) for one in values), "memory_limit_mib": limit})
    return calm.model_copy(update={"services": (service,)})


def soaked(values: Numbers, wait_ms: Wait = steady_ms, name: str = "blogs") -> Any:  # noqa: ANN401 - an outcome, read freely
    return outcome(shape(SOAK, come(SOAK, wait_ms, rate=2.0), None, with_memory(values, name)))


def test_a_service_that_grows_to_its_limit_within_days_is_the_answer_no() -> None:
    leak = wandering(1, 1.0) + 150 * (AT - BEGIN) / DAY_S
    found = soaked(leak)
    assert found.verdict == "failed"
    assert found.reasons[0].startswith("memory of blogs grows by")
    assert "would reach its limit of 700 MiB in 2." in found.reasons[0]
    grown = next(one for one in found.shape.growing if one.what == "memory of blogs")
    assert grown.low <= 150 <= grown.high
    assert grown.answer == "missed"


def test_one_that_would_take_a_season_is_a_note() -> None:
    found = soaked(wandering(1, 0.2) + 20 * (AT - BEGIN) / DAY_S)
    assert found.verdict == "passed", found.reasons
    assert any(note.startswith("memory of blogs grows by") for note in found.measured.notes)


def test_one_that_stays_as_it_is_passes() -> None:
    found = soaked(wandering(3))
    assert (found.verdict, found.reasons) == ("passed", ())
    assert not any("grows" in note for note in found.measured.notes)
    assert {one.answer for one in found.shape.growing} == {"met"}


def test_noise_is_no_leak() -> None:
    """None of 300 is called a leak, though each second remembers the one before."""
    found = growing([Series(f"memory of {seed}", "MiB", AT, wandering(seed), 700.0) for seed in range(300)])
    assert [one.what for one in found if one.answer != "met"] == []
    assert sum(one.low > 0 for one in found) <= 3


def test_a_beginning_that_fills_up_is_no_leak() -> None:
    """Processes start and caches fill; then it stands."""
    found = growing([Series("memory of blogs", "MiB", AT, wandering(seed, 1.0) + 250 * (1 - np.exp(-(AT - BEGIN) / 600)), 700.0) for seed in range(30)])
    assert {one.answer for one in found} == {"met"}


def test_a_cache_that_fills_to_its_own_bound_is_no_leak_and_beyond_it_is_one() -> None:
    grows = 150 * (AT - BEGIN) / DAY_S
    below, beyond = (Series("memory of database", "MiB", AT, wandering(1, 1.0) + grows, 700.0, filling) for filling in (400.0, 257.0))
    assert [one.answer for one in growing([below, beyond])] == ["met", "missed"]
    found = soaked(wandering(1, 1.0) + grows - 100, name="database")  # the sample plan's buffer pool holds 257 MiB
    assert found.verdict == "passed", found.reasons
    assert any("a cache that fills up" in note for note in found.measured.notes)


def test_a_quarter_of_odd_seconds_hides_no_leak_and_makes_none() -> None:
    odd = np.where(np.arange(SECONDS) % 4 == 0, 150.0, 0.0)
    leak, none = (wandering(1, 1.0) + slope * (AT - BEGIN) / DAY_S + odd for slope in (300.0, 0.0))
    assert [one.answer for one in growing([Series("a", "MiB", AT, leak, 700.0), Series("b", "MiB", AT, none, 700.0)])] == ["missed", "met"]


def test_pages_that_grow_slower_all_the_time_are_the_answer_no_before_they_are_too_slow() -> None:
    found = soaked(wandering(1), lambda draw, at: steady_ms(draw, at) * (1 + at / SECONDS))
    assert found.verdict == "failed"
    assert found.reasons[0].startswith("p95 of all pages grows by")


def test_pages_that_stay_as_they_are_do_not_grow() -> None:
    for seed in range(40):
        draw = np.random.default_rng(seed)
        times = [(float(at), float(wait)) for at, wait in zip(np.sort(draw.uniform(0, SECONDS, 8000)), draw.exponential(66.8, 8000), strict=True)]
        assert [one.answer for one in growing([of_pages(times, 1000.0)])] == ["met"], seed


def test_open_files_count_too() -> None:
    calm = platform(SECONDS)
    files = tuple(float(100 + second // 60) for second in range(SECONDS))
    service = calm.services[0].model_copy(update={"open_files": files, "open_files_limit": 1024})
    found = outcome(shape(SOAK, come(SOAK, steady_ms, rate=2.0), None, calm.model_copy(update={"services": (service,)})))
    assert found.verdict == "failed"
    assert found.reasons[0].startswith("open files of blogs grows by")


def test_a_run_that_is_too_short_to_tell_does_not_pass() -> None:
    short = curves.soak(plan(), 0.8, 600.0)
    found = outcome(shape(short, come(short, steady_ms)))
    assert found.verdict == "invalid"
    assert "--duration 1200" in found.reasons[0]
    assert found.shape is not None
    assert {one.answer for one in found.shape.growing} == {"undecided"}


def test_the_shortest_run_that_is_named_tells_of_everything() -> None:
    least = curves.soak(plan(), 0.8, 1200.0)
    for name, rate in (("often", 10.0), ("seldom", 0.6)):
        found = outcome(shape(least, come(least, steady_ms, rate)))
        assert (found.verdict, found.reasons) == ("passed", ()), name
        assert found.shape is not None
        assert [one.answer for one in found.shape.growing] == ["met", "met"], name


def test_a_soak_that_saw_nothing_of_the_services_does_not_pass() -> None:
    for unseen in ((), tuple(one.model_copy(update={"memory_mib": (0.0,) * SECONDS}) for one in platform(SECONDS).services)):
        found = outcome(shape(SOAK, come(SOAK, steady_ms, rate=2.0), None, platform(SECONDS).model_copy(update={"services": unseen})))
        assert found.verdict == "invalid"
        assert "whether memory grows" in found.reasons[0]


@pytest.mark.parametrize("number", [0, 1, 5])
def test_hardly_any_points_say_nothing(number: int) -> None:
    found = growing([Series("a", "MiB", AT[:number], AT[:number], 700.0), of_pages([(1.0, 2.0)] * number, 1000.0)])
    assert all(one.answer == "undecided" for one in found)
