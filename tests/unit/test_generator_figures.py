"""What the generator's benchmarks conclude from what they measured: a stall as it must show, two tools that agree, runs that are flagged."""

from pathlib import Path

import pytest

from benchmarks import selfwatch
from benchmarks.loopback.generators import read
from benchmarks.loopback.server import service_s
from benchmarks.percentiles import SHARES, STALL_RATE, STALL_S, STALL_SERVICE_MS, agreement, stalled
from loadtests.measure.histogram import Histogram

BEGIN, SECONDS = 1_000_000.0, 64.0
STOPPED = BEGIN + 20.0


def waits(at: float) -> float:
    rest = STOPPED + STALL_S - at
    return STALL_SERVICE_MS + (1000 * rest if 0 < rest <= STALL_S else 0.0)


def test_all_who_come_in_a_stall_show_it() -> None:
    times = [(at, waits(at)) for at in (BEGIN + number / STALL_RATE for number in range(int(SECONDS * STALL_RATE)))]
    found = stalled(times, STOPPED, STOPPED + STALL_S)
    assert found["p99.9_as_it_must"]
    assert found["slow_as_they_must"]
    assert found["slow"] == pytest.approx(STALL_RATE * (STALL_S - 0.5), abs=2)
    assert found["must"]["p99.9_ms"] == pytest.approx(1000 * STALL_S - 1000 * SECONDS * 0.001 + STALL_SERVICE_MS, abs=40)


def test_two_in_a_loop_hide_it() -> None:
    times, at = [], BEGIN
    while at < BEGIN + SECONDS:
        times += [(at, waits(at))] * 2
        at += waits(at) / 1000 + 0.02
    found = stalled(times, STOPPED, STOPPED + STALL_S)
    assert not found["slow_as_they_must"]
    assert found["p99_ms"] < 30
    assert found["must"]["p99_ms"] > 1000


def rounds(factor: float) -> dict[str, list[dict[str, float]]]:
    names = [f"p{100 * share:g}_ms" for share in SHARES]
    return {who: [dict.fromkeys(names, 100.0 * times * (1 + number / 1000)) for number in range(6)] for who, times in (("ours", factor), ("k6", 1.0))}


@pytest.mark.parametrize(("factor", "right"), [(1.0, True), (1.02, True), (0.98, True), (1.05, False), (0.9, False)])
def test_more_than_three_percent_apart_is_no_agreement(factor: float, right: bool) -> None:  # noqa: FBT001 - the answer
    found = agreement(rounds(factor))
    assert found["as_asked"] is right
    assert found["percentiles"]["p95_ms"]["difference"] == pytest.approx(factor - 1, abs=1e-3)


def test_service_times_of_a_few_hundred_neighbours_have_the_quantiles_of_their_distribution() -> None:
    for first in (1, 777):
        found = Histogram(1000 * service_s(number, 0.12, 0.5) for number in range(first, first + 1600))
        assert [found.percentile(percent) for percent in (50, 95, 99)] == pytest.approx([120.0, 273.1, 384.0], rel=0.02)


def test_one_that_was_not_flagged_and_one_false_alarm_are_the_answer_no() -> None:
    good = {"kind": "sockets", "flagged": True, "verdict": "invalid"}
    assert selfwatch.told("injected", [good, good])["as_asked"]
    assert not selfwatch.told("injected", [good, {**good, "flagged": False}])["as_asked"]
    assert not selfwatch.told("injected", [good, {**good, "verdict": "failed"}])["as_asked"]
    quiet = {"kind": "healthy", "flagged": False, "verdict": "passed"}
    assert selfwatch.told("healthy", [quiet])["as_asked"]
    assert not selfwatch.told("healthy", [quiet, {**quiet, "flagged": True}])["as_asked"]


def test_what_k6_wrote_is_read_from_the_send(tmp_path: Path) -> None:
    told = tmp_path / "requests.csv"
    told.write_text(f"metric_name,timestamp,metric_value\nhttp_req_duration,{(BEGIN + 1) * 1e6:.0f},250\nchecks,{BEGIN * 1e6:.0f},1\n")
    ((sent, ms),) = read(told)
    assert (sent, ms) == pytest.approx((BEGIN + 0.75, 250.0), abs=1e-3)
    told.write_text(told.read_text() + f"checks,{BEGIN * 1e6:.0f},0\n")
    with pytest.raises(RuntimeError, match="did not see the page"):
        read(told)


def test_enough_is_injected_and_enough_is_left_alone() -> None:
    kinds = [case.kind for case in selfwatch.INJECTED]
    assert {kind: kinds.count(kind) >= 5 for kind in kinds} == {"processor": True, "sockets": True, "schedule": True}
    assert len(selfwatch.HEALTHY) == 20
