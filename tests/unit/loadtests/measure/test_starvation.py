"""A generator that was the bottleneck is told, and why; a healthy one is not."""

import random

import pytest

from loadtests.measure.starvation import faults, figures
from loadtests.steady.tape import Beat
from tests.unit.loadtests.steady.peaks import TARGET_MS, beats

SECONDS = 60


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"late_ms": (400.0,)}, "60 of 60 arrivals began more than 50 ms late"),
        ({"cpu": 0.97}, "more than 80% of a core"),
        ({"queued": 0.6, "late_ms": (400.0,)}, "it waited for a core 60% of the time"),
        ({"loop_ms": 900.0}, "did not look at its events"),
        ({"sockets": 1020}, "1020 sockets open of 1024"),
    ],
)
def test_a_starved_generator_is_told_with_the_reason(odd: dict[str, object], words: str) -> None:
    assert words in " ".join(faults(beats(SECONDS, **odd), TARGET_MS))


def test_twenty_healthy_runs_raise_no_alarm() -> None:
    for run in range(20):
        draw = random.Random(run)  # noqa: S311 - dice of a test
        seconds = [
            Beat(second, tuple(draw.expovariate(0.5) for _ in range(8)), draw.expovariate(0.08), draw.uniform(0.02, 0.5), draw.uniform(0, 0.6), 60, 1024, 3)
            for second in range(SECONDS)
        ]
        assert list(faults(seconds, TARGET_MS)) == []


def test_one_bad_second_is_no_bottleneck() -> None:
    assert list(faults([*beats(SECONDS), *beats(1, cpu=1.0, loop_ms=800.0, queued=0.9)], TARGET_MS)) == []


def test_lateness_is_held_against_the_target() -> None:
    late = beats(SECONDS, late_ms=(80.0,))
    assert list(faults(late, 100.0)) != []
    assert list(faults(late, 4000.0)) == []


def test_of_several_processes_the_one_that_was_late_is_named_and_its_lateness_is_not_thinned_by_the_others() -> None:
    healthy = [one for number in (0, 1, 3) for one in beats(SECONDS, process=number)]
    late = beats(SECONDS, process=2, late_ms=(400.0, *(0.1,) * 7))
    assert list(faults(healthy, TARGET_MS)) == []
    found = list(faults([*healthy, *late], TARGET_MS))
    assert len(found) == 1
    assert found[0].startswith("process 2 of 3: 60 of 480 arrivals began more than 50 ms late")
    assert list(faults([*healthy, *beats(SECONDS, process=2, cpu=0.95)], TARGET_MS)) == ["process 2 of 3: it used more than 80% of a core in 60 of 60 seconds"]


def test_the_process_that_hears_all_others_is_watched_too() -> None:
    found = list(faults([*beats(SECONDS, process=0, late_ms=(), cpu=0.9), *beats(SECONDS), *beats(SECONDS, process=2)], TARGET_MS))
    assert found == ["the process that hears all others: it used more than 80% of a core in 60 of 60 seconds"]


def test_the_figures_of_several_processes_are_those_of_all_their_cores_and_of_the_worst_waiting() -> None:
    found = figures([*beats(SECONDS, process=0, cpu=0.1), *beats(SECONDS, cpu=0.5), *beats(SECONDS // 2, process=2, cpu=0.7, queued=0.4)])
    assert found.processes == 2
    assert [found.cpu_mean, found.queued_mean] == pytest.approx([1.3, 0.4])
    assert figures(beats(SECONDS)).processes == 1


def test_files_are_counted_against_what_may_be_open_in_that_second() -> None:
    lowered = [*beats(SECONDS, sockets=40), *beats(2, sockets=41, sockets_limit=41)]
    assert list(faults(lowered, TARGET_MS)) == ["it had 41 sockets open of 41 files that it may open"]


def test_nothing_seen_is_nothing_said() -> None:
    assert list(faults([], TARGET_MS)) == []
    assert figures([]).late_p99_ms == 0.0
