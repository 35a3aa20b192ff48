"""From a record to the verdict on a shape: met, missed, not recovered, cut short, and never a false 'passed'."""

import random
from dataclasses import replace

import pytest

from loadtests.perform import Outcome
from loadtests.shapes import curves
from loadtests.shapes.curves import Curve
from loadtests.shapes.findings import Seen, outcome
from loadtests.shapes.measured import PartFound, Shape
from loadtests.shapes.run import minded
from loadtests.steady import stop
from loadtests.steady.tape import Beat, Sample, Turn
from tests.unit.loadtests.shapes.shaped import Wait, come, failed, plan, shape
from tests.unit.loadtests.steady.peaks import BEGIN, TARGET_MS, beats, platform, probes, record, steady_ms

SPIKE = curves.spike(plan(), 0.5, 2.0, 300.0, 60.0)
ANNOUNCEMENT = curves.announcement(plan(), 1.0, 1200.0)
WEEK = curves.week(plan(), 1.0, 1680.0)
JUMP, BACK = 96.0, 156.0


def shape_of(found: Outcome) -> Shape:
    assert found.shape is not None
    return found.shape


def part(found: Outcome, name: str) -> PartFound:
    return next(one for one in shape_of(found).parts if one.name == name)


def slow(begin: float, end: float) -> Wait:
    """Everybody who comes between two seconds waits for six seconds."""
    return lambda draw, at: 6000.0 if begin <= at < end else steady_ms(draw, at)


def spike(wait_ms: Wait = steady_ms, curve: Curve = SPIKE) -> list[Sample]:
    return come(curve, wait_ms)


def turned_away(taken: list[Sample], begin: float, end: float, every: int = 3) -> list[Sample]:
    return [failed(one) if begin <= one.at - BEGIN < end and number % every == 0 else one for number, one in enumerate(taken)]


def test_a_platform_that_takes_a_jump_passes_and_every_part_is_told() -> None:
    found = outcome(shape(SPIKE, spike()))
    assert (found.verdict, found.reasons) == ("passed", ())
    assert [one.name for one in shape_of(found).parts] == ["base before", "jump", "base after"]
    assert [one.share for one in shape_of(found).parts] == pytest.approx([0.5, 2.0, 0.5], abs=1e-3)
    jump = part(found, "jump")
    assert jump.per_second == pytest.approx(20.0, rel=0.15)
    assert jump.p95_low_ms is not None
    assert jump.p95_low_ms <= 200 <= (jump.p95_high_ms or 0)
    assert jump.utilisation == pytest.approx(0.25, abs=0.03)
    assert (jump.utilisation_predicted or 0) > (part(found, "base before").utilisation_predicted or 1)
    assert shape_of(found).recovery_s == 0.0
    assert shape_of(found).front_door.endswith("none was turned away")
    assert sum(one.requests for one in shape_of(found).parts) == found.requests


def test_pictures_that_follow_on_the_last_page_are_counted() -> None:
    taken = [*spike(), Sample(BEGIN + 300.4, "media_view", 30.0, "https://a.example/1.png")]
    found = outcome(shape(SPIKE, taken))
    assert sum(one.requests for one in shape_of(found).parts) == found.requests == len(taken)


def test_slow_pages_in_the_jump_are_expected_and_the_recovery_is_measured() -> None:
    found = outcome(shape(SPIKE, spike(slow(JUMP + 5, BACK + 18))))
    assert found.verdict == "passed", found.reasons
    assert shape_of(found).recovery_s == pytest.approx(18, abs=2)
    assert (part(found, "jump").p95_ms or 0) > TARGET_MS


def test_a_platform_that_does_not_recover_is_the_answer_no() -> None:
    found = outcome(shape(SPIKE, spike(slow(JUMP + 5, 300.0))))
    assert found.verdict == "failed"
    assert any(reason.startswith("recovery after the jump") for reason in found.reasons)
    assert shape_of(found).recovery_s is None


def test_one_that_recovers_too_late_is_the_answer_no() -> None:
    found = outcome(shape(SPIKE, spike(slow(JUMP + 5, BACK + 80))))
    assert found.verdict == "failed"
    assert shape_of(found).recovery_s == pytest.approx(80, abs=2)


def test_what_is_turned_away_in_the_jump_is_told_and_does_not_count() -> None:
    found = outcome(shape(SPIKE, turned_away(spike(), JUMP, BACK)))
    assert found.verdict == "passed", found.reasons
    jump = part(found, "jump")
    assert jump.rejected == jump.failures > 100
    assert "turned" in shape_of(found).front_door
    assert "(503)" in shape_of(found).front_door


def test_what_fails_outside_the_jump_counts() -> None:
    assert outcome(shape(SPIKE, turned_away(spike(), 10.0, 80.0))).verdict == "failed"
    assert outcome(shape(SPIKE, turned_away(spike(), BACK + 70, 300.0))).verdict == "failed"


def test_what_stands_in_the_queue_behind_the_jump_is_still_the_jumps() -> None:
    behind = next(number for number, one in enumerate(spike()) if one.at >= BEGIN + BACK)
    taken = spike()
    taken[behind] = failed(replace(taken[behind], request_class="comment"))
    assert outcome(shape(SPIKE, taken)).verdict == "passed"


def test_a_base_that_is_seen_too_shortly_after_the_jump_to_say_that_it_does_not_recover_is_undecided() -> None:
    short = curves.spike(plan(), 2.0, 4.0, 80.0, 10.0)
    found = outcome(shape(short, spike(slow(30.0, 80.0), short)))
    assert found.verdict == "invalid"
    assert any(reason.startswith("undecided: recovery after the jump") for reason in found.reasons)


def test_failed_requests_of_the_jump_and_the_minute_after_it_end_nothing_and_slow_real_pages_always_do() -> None:
    def ended(taken: list[Sample], looks: list[Sample], now: float) -> str:
        told = replace(record(300, taken, None, "never"), probes=looks)
        return stop.at_once(replace(minded(SPIKE, told, BEGIN + now), beats=beats(int(now))), BEGIN + now, TARGET_MS, 0.001)

    late = [replace(one, at=BEGIN + JUMP + 2 * number) for number, one in enumerate(probes(*([5000.0] * 20)))]
    assert ended(turned_away(spike(), JUMP, BACK + 50), [], 260.0) == ""
    assert ended(spike(), late, 260.0) == stop.SUFFER
    assert ended(turned_away(spike(), BACK + 61, 300.0), [], 260.0).startswith("the answer is known")
    assert ended(spike(), [replace(one, at=one.at + 100) for one in late], 299.0) == stop.SUFFER


def test_a_spike_that_ends_before_its_base_is_judged_again_never_passes() -> None:
    short = curves.spike(plan(), 0.5, 2.0, 20.0, 10.0)
    found = outcome(shape(short, come(short, steady_ms, rate=60.0)))
    assert found.verdict == "invalid"
    assert [reason for reason in found.reasons if "the base after the jump was over" in reason]


def suffered(own: list[Beat] | None = None) -> Outcome:
    """A spike that ended because real first pages were slow in its jump."""
    taken, seconds = come(SPIKE, steady_ms, seconds=110.0), 110
    late = [replace(one, at=BEGIN + JUMP + 2 * number) for number, one in enumerate(probes(*([5000.0] * 6)))]
    told = replace(record(seconds, taken, own), probes=[*probes(*([100.0] * 48)), *late])
    return outcome(shape(SPIKE, taken, seconds, record=told, stopped=stop.SUFFER))


def test_a_spike_that_real_peoples_slow_pages_ended_is_the_answer_no_unless_the_generator_was_slow_itself() -> None:
    found = suffered()
    assert found.verdict == "failed"
    assert found.reasons[0].startswith("p95 of real first pages")
    assert suffered([replace(one, late_ms=(900.0,) * 3) if one.at - BEGIN > JUMP else one for one in beats(110)]).verdict == "invalid"


@pytest.mark.parametrize("seconds", [40.0, 120.0, 200.0])
def test_a_spike_that_was_ended_early_keeps_what_was_seen_and_never_passes(seconds: float) -> None:
    found = outcome(shape(SPIKE, come(SPIKE, steady_ms, seconds=seconds), seconds, stopped="interrupted"))
    assert found.verdict == "invalid"
    assert "spike was not driven to its end: interrupted" in found.reasons[0]
    assert found.requests > 100
    assert shape_of(found).parts[-1].seconds == pytest.approx(seconds - (0.0, JUMP, BACK)[len(shape_of(found).parts) - 1], abs=0.1)


def test_a_target_that_is_missed_stays_missed_though_the_shape_was_cut() -> None:
    found = outcome(shape(SPIKE, come(SPIKE, slow(0.0, 300.0), seconds=90.0), 90.0, stopped="interrupted"))
    assert found.verdict == "failed"
    assert any("not driven to its end" in reason for reason in found.reasons)


def test_a_limit_of_requests_cuts_a_shape_too() -> None:
    told = shape(WEEK, come(WEEK, steady_ms, seconds=400.0), 400.0)
    found = outcome(replace(told, order=told.order.model_copy(update={"most_requests": 100})))
    assert found.verdict == "invalid"
    assert "the limit of 100 requests" in found.reasons[0]


def starved(begin: float, end: float) -> list[Beat]:
    """The generator's seconds, late between two of them."""
    return [replace(one, late_ms=(900.0,) * 3) if begin < one.at - BEGIN <= end else one for one in beats(300)]


def test_a_generator_that_is_late_in_the_jump_is_told_and_one_that_is_late_in_the_base_proves_nothing() -> None:
    taken = spike()
    jump = outcome(shape(SPIKE, taken, record=record(300, taken, starved(JUMP + 2, BACK))))
    assert jump.verdict == "passed", jump.reasons
    assert part(jump, "jump").faults
    assert jump.measured is not None
    assert any("in the jump load and platform" in note for note in jump.measured.notes)
    base = outcome(shape(SPIKE, taken, record=record(300, taken, starved(0, 90))))
    assert base.verdict == "invalid"
    assert "the load generator was the bottleneck" in base.reasons[0]


def test_an_announcement_is_judged_over_all_and_in_its_worst_five_minutes() -> None:
    found = outcome(shape(ANNOUNCEMENT, come(ANNOUNCEMENT, steady_ms)))
    assert (found.verdict, found.reasons) == ("passed", ())
    assert found.measured is not None
    targets = [one.target for one in found.measured.judgements]
    for name in ("p95 of all pages", "errors", "processors"):
        assert {name, f"{name} in the worst five minutes"} <= set(targets)
    assert len(shape_of(found).parts) == 12
    worst = part(found, "worst 5 min")
    assert worst.per_second_planned == max(one.per_second_planned for one in shape_of(found).parts)
    assert worst.share == pytest.approx(worst.per_second_planned / plan().peak.requests_per_second, rel=1e-3)


def test_slow_pages_in_the_worst_five_minutes_alone_are_the_answer_no() -> None:
    dice = random.Random(2)  # noqa: S311 - dice of a test
    taken = come(ANNOUNCEMENT, lambda draw, at: 3000.0 if 300 <= at < 400 and dice.random() < 0.2 else steady_ms(draw, at))
    found = outcome(shape(ANNOUNCEMENT, taken))
    assert found.verdict == "failed"
    assert len(found.reasons) >= 1
    assert all("in the worst five minutes" in reason for reason in found.reasons)


def test_processors_that_are_too_busy_in_the_worst_five_minutes_alone_are_the_answer_no() -> None:
    calm = platform(1200)
    busy = calm.services[0].model_copy(
        update={"cpu_cores": tuple(1.8 if 300 <= at - BEGIN < 401 else used for at, used in zip(calm.at, calm.services[0].cpu_cores, strict=True))}
    )
    found = outcome(shape(ANNOUNCEMENT, come(ANNOUNCEMENT, steady_ms), None, calm.model_copy(update={"services": (busy,)})))
    assert found.verdict == "failed"
    assert found.reasons[0].startswith("processors in the worst five minutes")


def test_an_announcement_that_ended_before_its_worst_never_passes() -> None:
    found = outcome(shape(ANNOUNCEMENT, come(ANNOUNCEMENT, steady_ms, seconds=200.0), 200.0, stopped=stop.SUFFER))
    assert found.verdict == "invalid"
    assert len(shape_of(found).parts) == 2


def test_a_week_passes_and_slow_pages_in_its_busiest_hours_are_the_answer_no() -> None:
    found = outcome(shape(WEEK, come(WEEK, steady_ms)))
    assert (found.verdict, found.reasons) == ("passed", ())
    assert len(shape_of(found).parts) == 168
    assert part(found, "Sat 03:00").requests == 0
    assert part(found, "Sat 03:00").p95_ms is None
    dice = random.Random(2)  # noqa: S311 - dice of a test
    busiest = [(one.since - BEGIN, one.until - BEGIN) for one in shape(WEEK, []).windows if one.stretch.name in WEEK.apart]
    taken = come(WEEK, lambda draw, at: 3000.0 if any(a <= at < b for a, b in busiest) and dice.random() < 0.11 else steady_ms(draw, at))
    missed = outcome(shape(WEEK, taken))
    assert missed.verdict == "failed", missed.reasons
    assert any("in the 8 busiest hours" in reason for reason in missed.reasons)


def nothing(curve: Curve) -> Seen:
    return replace(shape(curve, []), record=replace(record(10, []), turns=[Turn(BEGIN, "preparing"), Turn(BEGIN, "refused", "no link 'log out'")]))


@pytest.mark.parametrize("curve", [SPIKE, ANNOUNCEMENT, WEEK, curves.soak(plan(), 0.8, 1800.0)])
def test_where_nobody_could_act_that_is_the_answer(curve: Curve) -> None:
    found = outcome(nothing(curve))
    assert found.verdict == "failed"
    assert "log out" in found.reasons[0]
    assert found.shape is None


@pytest.mark.parametrize("curve", [SPIKE, ANNOUNCEMENT, WEEK, curves.soak(plan(), 0.8, 1800.0)])
def test_a_generator_that_died_never_passes(curve: Curve) -> None:
    taken = come(curve, steady_ms)
    found = outcome(shape(curve, taken, record=record(round(curve.seconds), taken, None, "ending"), words="Killed"))
    assert found.verdict == "invalid"
    assert any("Killed" in reason for reason in found.reasons)


def test_a_shape_without_any_request_never_passes() -> None:
    assert outcome(shape(SPIKE, [])).verdict == "invalid"
    assert outcome(shape(ANNOUNCEMENT, [])).verdict == "invalid"
