"""Arrivals are open and repeatable, half of them uncacheable; what was acknowledged must be there once."""

import statistics
from itertools import islice

import pytest

from loadtests.mix import CACHEABLE, MIX, UNCACHEABLE, classes, gaps
from loadtests.recorder import Recorder
from loadtests.steps.checks import Unseen
from loadtests.timeline import Timeline
from loadtests.written import Ledger

DRAWN = 20_000


def test_half_of_the_requests_reach_php_and_the_database_and_some_of_them_write() -> None:
    assert sum(CACHEABLE.values()) == pytest.approx(0.5)
    assert sum(UNCACHEABLE.values()) == pytest.approx(0.5)
    assert {"comment", "publish", "wiki-edit"} <= UNCACHEABLE.keys()


def test_classes_come_in_their_shares_and_the_same_again_from_the_same_seed() -> None:
    drawn = list(islice(classes(7), DRAWN))
    assert drawn == list(islice(classes(7), DRAWN))
    for name, share in MIX.items():
        assert drawn.count(name) / DRAWN == pytest.approx(share, abs=0.012)


def test_arrivals_come_at_the_rate_that_was_asked_for_and_not_in_step() -> None:
    drawn = list(islice(gaps(7, 20.0), DRAWN))
    assert statistics.mean(drawn) == pytest.approx(0.05, rel=0.03)
    assert statistics.stdev(drawn) == pytest.approx(0.05, rel=0.05)


def ledger() -> tuple[Ledger, str, str]:
    kept = Ledger("abc")
    first, second = kept.word(), kept.word()
    kept.acknowledge(first, "/post")
    kept.acknowledge(second, "/post")
    return kept, first, second


def test_what_is_there_once_is_neither_lost_nor_doubled() -> None:
    kept, first, second = ledger()
    writes = kept.audit([f"News {first}", f"<p>{second}</p>"])
    assert (writes.acknowledged, writes.lost, writes.doubled) == (2, (), ())


def test_a_write_that_is_missing_and_one_that_is_there_twice_are_found() -> None:
    kept, first, second = ledger()
    writes = kept.audit([f"{second} and again", second])
    assert (writes.lost, writes.doubled) == ((first,), (second,))


def test_a_page_must_show_what_was_written_on_it_last() -> None:
    kept, _, second = ledger()
    assert kept.pages() == {"/post": second}


def test_each_failure_is_kept_with_its_moment_and_each_second_is_counted(tmp_path_factory: pytest.TempPathFactory) -> None:
    recorder = Recorder(tmp_path_factory.mktemp("run") / "summary.json", 1, ("s3cret",))
    recorder.timeline = Timeline()
    recorder.arrival("comment", 100.25, 30.0, None)
    recorder.arrival("comment", 100.75, 80.0, Unseen("refused", "by s3cret"))
    driven = recorder.summary(ended=False).driven
    assert driven is not None
    assert [(second.at, second.requests, second.failed, second.worst_ms) for second in driven.seconds] == [(100, 2, 1, 80.0)]
    assert [(event.at, event.kind, event.reason, event.status) for event in driven.events] == [(100.75, "refused", "by ***", 0)]
