"""From a record to a verdict: met, missed, undecided, and never a false 'passed'."""

import random
from dataclasses import replace

import pytest

from loadtests.measure.histogram import decode, merged
from loadtests.recorder import RequestClass
from loadtests.steady import stop
from loadtests.steady.analysis import parts, suffering
from loadtests.steady.findings import Facts, outcome
from loadtests.steady.measured import Judgement
from loadtests.steady.record import Record
from loadtests.steady.tape import Beat, Sample, Turn, line, read
from tests.unit.loadtests.programs.said import run as programs_said
from tests.unit.loadtests.steady.peaks import BEGIN, TARGET_MS, beats, facts, platform, probes, record, samples, steady_ms

SECONDS = 120


def judgement(found: Facts, target: str) -> Judgement:
    return next(one for one in found.judgements if one.target == target)


def failing(taken: list[Sample], every: int) -> list[Sample]:
    return [replace(one, kind="status", status=503, reason="503 instead of 200", waited_ms=3.0) if at % every == 0 else one for at, one in enumerate(taken)]


def test_a_platform_within_its_targets_passes_and_says_what_was_measured() -> None:
    found = outcome(facts())
    assert (found.verdict, found.reasons) == ("passed", ())
    assert found.measured is not None
    assert found.measured.warm_up_s is not None
    pages = found.measured.judgements[0]
    assert pages.low <= 200 <= pages.high
    assert pages.answer == "met"
    part = found.classes[0]
    assert part.p95_low_ms is not None
    assert part.p95_low_ms <= part.p95_ms <= (part.p95_high_ms or 0)
    assert part.per_second == pytest.approx(8.0, rel=0.15)


def test_what_was_full_inside_stands_beside_what_was_missed() -> None:
    full = platform(120).model_copy(update={"programs": programs_said(120, busy=4.0, waiting=12.0)})
    slow = facts(taken=samples(120, 8.0, lambda draw, _: draw.expovariate(1 / 800)), platform=full)
    found = outcome(slow)
    assert found.verdict == "failed"
    assert "meanwhile the blogs' PHP pool of 4 was full at 50% of the looks; up to 12 waited" in found.reasons
    assert outcome(replace(facts(), platform=full)).reasons == ()


def test_slow_pages_are_the_answer_no() -> None:
    found = outcome(facts(taken=samples(SECONDS, 8.0, lambda draw, at: 10 * steady_ms(draw, at))))
    assert found.verdict == "failed"
    assert "p95 of all pages" in found.reasons[0]


def test_a_p95_that_may_lie_on_either_side_is_undecided_and_not_passed() -> None:
    found = outcome(facts(taken=samples(SECONDS, 8.0, lambda draw, at: 4.95 * steady_ms(draw, at))))
    assert found.verdict == "invalid"
    assert "--duration" in found.reasons[0]


def test_one_slow_class_among_fast_ones_fails() -> None:
    taken = [*samples(SECONDS, 20.0, steady_ms), *samples(SECONDS, 0.8, lambda *_: 3000.0, "feed", 2)]
    found = outcome(facts(taken=taken))
    assert found.verdict == "failed"
    assert any(reason.startswith("p95 of feed") for reason in found.reasons)


def test_a_request_that_failed_fast_is_no_fast_request() -> None:
    found = facts(taken=failing(samples(SECONDS, 8.0, steady_ms), 10))
    assert judgement(found, "p95 of all pages").answer == "missed"
    assert judgement(found, "errors").answer == "missed"
    told = outcome(found)
    assert told.verdict == "failed"
    assert "503 instead of 200" in " ".join(told.reasons)
    assert told.classes[0].failures[0].kind == "status"


def test_the_warm_up_is_left_out_of_the_figures_and_kept_in_the_histograms() -> None:
    cold = samples(SECONDS, 20.0, lambda draw, at: steady_ms(draw, at) + max(0.0, 3000 - 150 * at))
    found = outcome(facts(taken=cold))
    assert found.verdict == "passed"
    assert found.measured is not None
    assert 12 <= (found.measured.warm_up_s or 0) <= 30
    part: RequestClass = found.classes[0]
    phases = {name: decode(text) for name, text in part.histograms.items()}
    assert merged(phases.values()).count == len(cold) == part.requests
    assert phases["warm-up"].percentile(50) > phases["measured"].percentile(95)


def test_processors_beyond_the_plans_limit_are_the_answer_no() -> None:
    found = facts(platform=platform(SECONDS, 1.8))
    assert judgement(found, "processors").answer == "missed"
    assert outcome(found).verdict == "failed"
    assert judgement(facts(), "processors").predicted == pytest.approx((3.2 * 0.05 + 0.1) / 2)


def test_a_service_that_fills_its_memory_is_the_answer_no() -> None:
    full = platform(SECONDS)
    service = full.services[0].model_copy(update={"memory_mib": (690.0,) * SECONDS})
    assert outcome(facts(platform=full.model_copy(update={"services": (service,)}))).verdict == "failed"


def test_where_nothing_of_the_services_was_seen_that_is_said() -> None:
    for services, said in ((platform(SECONDS).services, False), ((), True)):
        found = outcome(facts(platform=platform(SECONDS).model_copy(update={"services": services}))).measured
        assert found is not None
        assert any("processors and memory are not judged" in note for note in found.notes) is said


@pytest.mark.parametrize("odd", [{"late_ms": (500.0,)}, {"cpu": 0.99}, {"loop_ms": 900.0}])
@pytest.mark.parametrize("slow", [1, 10])
def test_a_starved_generator_proves_nothing_whatever_was_measured(odd: dict[str, object], slow: int) -> None:
    taken = samples(SECONDS, 8.0, lambda draw, at: slow * steady_ms(draw, at))
    found = outcome(facts(record=record(SECONDS, taken, beats(SECONDS, **odd))))
    assert found.verdict == "invalid"
    assert "the load generator was the bottleneck" in found.reasons[0]


def test_one_process_of_several_that_was_late_proves_nothing_and_is_named() -> None:
    own = [*beats(SECONDS), *beats(SECONDS, process=2, late_ms=(500.0,))]
    found = outcome(facts(record=record(SECONDS, samples(SECONDS, 8.0, steady_ms), own)))
    assert found.verdict == "invalid"
    assert found.reasons[0].startswith("the load generator was the bottleneck: process 2 of 2: ")
    assert found.measured is not None
    assert found.measured.generator.processes == 2


def test_what_somebody_ended_never_passes_and_a_target_that_was_missed_by_then_stays_missed() -> None:
    calm = outcome(facts(stopped="interrupted"))
    assert (calm.verdict, calm.reasons) == ("invalid", ("interrupted",))
    slow = outcome(facts(taken=samples(SECONDS, 8.0, lambda draw, at: 20 * steady_ms(draw, at)), stopped="interrupted"))
    assert slow.verdict == "failed"


def test_too_few_pages_are_not_enough_to_pass() -> None:
    found = outcome(facts(taken=samples(SECONDS, 0.3, steady_ms)))
    assert found.verdict == "invalid"
    assert "undecided" in found.reasons[0]


def test_a_generator_that_died_leaves_what_it_measured_and_never_passes() -> None:
    found = outcome(replace(facts(), record=record(SECONDS, samples(SECONDS, 8.0, steady_ms), None, "ending"), words="Killed"))
    assert (found.verdict, found.requests > 500) == ("invalid", True)
    assert "did not come to its end: Killed" in found.reasons[0]


def test_a_generator_that_never_began_is_invalid_and_people_who_cannot_sign_in_are_the_answer_no() -> None:
    none = replace(facts(), record=Record(), words="No module named locust")
    assert outcome(none).verdict == "invalid"
    assert "No module named locust" in outcome(none).reasons[0]
    refused = replace(facts(), record=Record(turns=[Turn(BEGIN, "preparing"), Turn(BEGIN, "refused", "no link to 'action=logout'")]))
    assert outcome(refused).verdict == "failed"
    assert "action=logout" in outcome(refused).reasons[0]


def test_a_fault_of_the_scenario_is_invalid() -> None:
    found = facts()
    found.record.turns.append(Turn(BEGIN + 5, "fault", "KeyError: 'x'"))
    assert outcome(found).verdict == "invalid"


def test_a_server_that_dies_ends_the_run_at_once() -> None:
    dead = record(60, [*samples(30, 8.0, steady_ms), *failing(samples(60, 2.0, steady_ms), 1)], None, "open")
    assert stop.at_once(dead, BEGIN + 60, TARGET_MS, 0.001).startswith("the answer is known")
    assert stop.at_once(record(60, samples(60, 8.0, steady_ms), None, "open"), BEGIN + 60, TARGET_MS, 0.001) == ""


def test_a_generator_that_falls_silent_ends_the_run() -> None:
    assert stop.at_once(record(60, [], None, "open"), BEGIN + 60 + 16, TARGET_MS, 0.001) == stop.SILENT
    assert outcome(facts(stopped=stop.SILENT)).verdict == "invalid"


def test_real_people_who_suffer_end_the_run_and_one_slow_look_does_not() -> None:
    slow = record(60, [], None, "open")
    slow.probes.extend(probes(*([100.0] * 20), 2000.0, 3000.0, 2500.0, 2100.0))
    assert stop.at_once(slow, BEGIN + 60, TARGET_MS, 0.001) == stop.SUFFER
    assert outcome(facts(record=replace(record(SECONDS, samples(SECONDS, 8.0, steady_ms)), probes=slow.probes))).verdict == "failed"
    assert not suffering(probes(*([100.0] * 20), 2000.0, 100.0, 2000.0), TARGET_MS)


def test_the_run_ends_when_the_answer_is_known_and_not_before() -> None:
    found = facts(600, samples(600, 8.0, steady_ms))
    assert found.parts is not None
    assert stop.known(found.judgements, found.parts).startswith("the answer is known: p95 of all pages within")
    early = facts(20, samples(20, 8.0, steady_ms))
    assert early.parts is not None
    assert stop.known(early.judgements, early.parts) == ""
    undecided = facts(taken=samples(SECONDS, 8.0, lambda draw, at: 4.95 * steady_ms(draw, at)))
    assert undecided.parts is not None
    assert stop.known(undecided.judgements, undecided.parts) == ""


def test_looks_at_the_answer_are_few() -> None:
    looks = stop.Looks()
    assert sum(looks.due(second) for second in range(900)) <= 17


def test_a_stall_of_the_server_shows_in_the_tail_of_all_who_came_meanwhile() -> None:
    """Two seconds without an answer, ten arrivals a second: latency counts from the intended start."""
    draw = random.Random(4)  # noqa: S311 - dice of a test
    taken = samples(SECONDS, 10.0, lambda _, at: 20.0 + (max(0.0, 62.0 - at) * 1000 if at >= 60 else 0.0) + draw.random())
    part = outcome(facts(taken=taken)).classes[0]
    assert (part.p999_ms or 0) == pytest.approx(2000, abs=150)
    assert part.p50_ms < 25


def test_what_is_told_is_read_again_and_other_lines_are_not() -> None:
    for told in (
        Sample(1.5, "feed", 3.0, "https://a.example/", "status", 503, 'said "no"\n'),
        Beat(1.0, (0.5, 2.0), 1.0, 0.1, 0.0, 9, 1024, 1),
        Turn(2.0, "open"),
    ):
        assert read(line(told)) == told
    for other in ("", "Type  Name  # reqs", "[1, 2", '["sample", 1]', '["else"]', "[]"):
        assert read(other) is None


def test_before_arrivals_there_are_no_parts() -> None:
    assert parts(Record(turns=[Turn(BEGIN, "preparing")]), BEGIN + 9) is None
