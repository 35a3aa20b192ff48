"""From a record to the verdict: numbers that prove nothing are never called measured."""

from dataclasses import replace

import pytest

from loadtests.calibrate.findings import Facts, outcome
from loadtests.capacity.search import SUFFERED
from loadtests.steady.record import Record
from loadtests.steady.tape import Turn
from sizing.plan import Plan
from tests.model.calibrated import World
from tests.unit.loadtests.steady.peaks import BEGIN
from tests.unit.sizing.asked import planned


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned()


@pytest.fixture
def facts(plan: Plan) -> Facts:
    return World(3, plan=plan, seconds=120.0).facts()


def test_a_run_to_the_end_passes_with_every_number_between_its_ends(facts: Facts) -> None:
    found = outcome(facts)
    assert (found.verdict, found.reasons) == ("passed", ())
    assert found.calibrated is not None
    assert all(one.low < one.value < one.high for one in found.calibrated.numbers)
    assert [one.counts for one in found.calibrated.levels] == [True] * 8


def test_a_few_failures_of_hundreds_do_not_hurt_and_many_do(facts: Facts) -> None:
    def failing(each: int) -> Facts:
        samples = [replace(one, kind="status", status=503) if not number % each else one for number, one in enumerate(facts.record.samples)]
        return replace(facts, record=replace_samples(facts.record, samples))

    assert outcome(failing(1500)).verdict == "passed"
    many = outcome(failing(20))
    assert many.verdict == "invalid"
    assert "requests failed" in many.reasons[-1]


def replace_samples(record: Record, samples: list) -> Record:  # type: ignore[type-arg]
    return Record(samples=samples, probes=record.probes, beats=record.beats, turns=record.turns)


def test_too_few_levels_prove_nothing_and_the_reason_is_that_of_the_first_that_ended(facts: Facts) -> None:
    cut = [replace(one, ended=SUFFERED) if one.number > 4 else one for one in facts.spans]
    found = outcome(replace(facts, spans=tuple(cut)))
    assert found.verdict == "invalid"
    assert found.reasons[0] == f"only 4 levels count, 5 are the least: {SUFFERED}"
    assert found.calibrated is not None
    assert "left out: level 5" in found.calibrated.notes[0]


def test_a_generator_that_did_not_come_to_its_end_proves_nothing(facts: Facts) -> None:
    record = Record(samples=facts.record.samples, beats=facts.record.beats, turns=[Turn(BEGIN, "open")])
    found = outcome(replace(facts, record=record))
    assert found.verdict == "invalid"
    assert "did not come to its end" in found.reasons[0]


def test_a_lagging_generator_leaves_its_level_out(facts: Facts) -> None:
    span = facts.spans[2]
    beats = [replace(one, late_ms=(900.0,) * 3) if span.open_at + 2 < one.at <= span.end else one for one in facts.record.beats]
    found = outcome(replace(facts, record=Record(samples=facts.record.samples, beats=beats, turns=facts.record.turns)))
    assert found.verdict == "passed"
    assert found.calibrated is not None
    assert [one.number for one in found.calibrated.levels if not one.counts] == [3]


def test_where_nothing_is_accounted_nothing_is_proved(facts: Facts) -> None:
    found = outcome(replace(facts, platform=facts.platform.model_copy(update={"services": ()})))
    assert found.verdict == "invalid"
    assert found.reasons == ("the kernel accounts no processor time to any service",)
    assert found.calibrated is not None
    assert found.calibrated.mix is None
