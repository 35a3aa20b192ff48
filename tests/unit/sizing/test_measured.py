"""What was measured takes the place of the evidence's demands: as it is on the same machine, by scores on another, or not at all."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from runtime.errors import PlanError
from sizing.calibration import MEASURED, Calibration, Machine, Measurements, Number, parse
from sizing.demands import CLASSES, demands
from sizing.network import speed
from sizing.question import Question
from sizing.reading import BriefError
from sizing.size import answer, made
from tests.unit.sizing.asked import question

HERE = Machine(cpu_model="A processor", cores=2, memory_gib=7.8, name="desk", planned_cores=2, planned_memory_gib=8, score=None)
TAGS = {"blogs": "trixie-1", "wiki": "trixie-2"}
PHP = "demand.page_signed_in.php"


def measurements(times: float = 2.0, **more: Any) -> Measurements:  # noqa: ANN401 - any field
    found = {one.name: one.value * times for one in demands().lines if one.name in MEASURED} | {"background_cores": 0.1}
    numbers = {name: Number(value=value, low=value / 1.1, high=value * 1.1, counted=100) for name, value in found.items()}
    told: dict[str, Any] = {
        "at": "2026-11-29T02:00:00+00:00",
        "run": "2026-11-29T01:50:00+00:00",
        "verdict": "passed",
        "plan_digest": "0" * 64,
        "machine": HERE,
        "images": TAGS,
        "levels": 8,
        "requests": 5000,
        "numbers": numbers,
        "mix": Number(value=30, low=28, high=32, counted=5000),
    }
    return Measurements(**{**told, **more})


def asked(seen: Measurements, changes: dict[str, Any] | None = None, running: dict[str, str] | None = None) -> Question:
    return replace(question(changes), calibration=Calibration(measurements=seen), calibration_path="/calibration.json", running=running)


def as_shape(name: str) -> Machine:
    shape = next(host for host in question().hosts if host.name == name)
    told = {"name": name, "planned_cores": shape.cores, "planned_memory_gib": shape.memory_gib, "score": shape.speed}
    return HERE.model_copy(update=told)


def desk(**parts: float) -> dict[str, Any]:
    return {f"infrastructure.desk.{key}": value for key, value in parts.items()}


def test_on_the_same_machine_demands_are_those_measured_and_no_score_makes_them_uncertain() -> None:
    found = asked(measurements())
    lines = {one.name: one for one in found.demands.lines}
    before = {one.name: one for one in demands().lines}
    assert lines[PHP].value == pytest.approx(2 * before[PHP].value)
    assert lines[PHP].source.startswith("calibrated on 2026-11-29, desk: A processor, 2 cores")
    assert lines["demand.page_signed_in.wait"] == before["demand.page_signed_in.wait"]
    values = found.numbers.drawn(50, 1)
    assert set(speed(found.desk, values)) == {1.0}
    assert found.numbers.quantity("demand_scale").value == 1
    assert not found.numbers.quantity("demand_scale").uncertain
    assert found.numbers["background_cores"] == pytest.approx(0.1)


def test_the_measured_interval_is_the_one_that_is_drawn() -> None:
    found = {one.name: one for one in asked(measurements()).demands.quantities()}[PHP]
    assert found.low is not None
    assert found.high is not None
    assert found.value / found.low == pytest.approx(1.1 ** (1.645 / 1.96), rel=1e-3)
    assert found.high / found.value == pytest.approx(1.1 ** (1.645 / 1.96), rel=1e-3)


def test_how_requests_of_a_class_differ_stays_as_it_was() -> None:
    found = asked(measurements()).demands
    values = question().numbers.medians()
    assert found.medians(values).variation == pytest.approx(demands().medians(values).variation)
    assert found.medians(values).php.shape == (1, len(CLASSES))


def test_on_machines_of_the_catalogue_the_same_demands_are_uncertain_by_the_score() -> None:
    found = asked(measurements())
    values = found.numbers.drawn(200, 1)
    for host in found.hosts:
        fast = speed(host, values)
        assert fast[0] == pytest.approx(host.speed)
        assert fast.std() / fast.mean() > 0.1


def test_on_another_machine_demands_go_with_the_ratio_of_the_scores_and_are_less_sure() -> None:
    slow = measurements(machine=HERE.model_copy(update={"score": 0.8}))
    here, there = asked(slow, desk(speed=0.8)), asked(slow, desk(cores=4, speed=1.6))
    php = {one.name: one.value for one in here.demands.lines}[PHP]
    assert php / here.desk.speed == pytest.approx(2 * {one.name: one.value for one in demands().lines}[PHP])
    assert {one.name: one.value for one in there.demands.lines}[PHP] / there.desk.speed == pytest.approx(php / here.desk.speed / 2)
    values = there.numbers.drawn(100, 1)
    assert set(speed(here.desk, values)) == {0.8}
    assert speed(there.desk, values).std() > 0.1
    assert there.measuring is not None
    assert "on another machine" in there.measuring.words
    assert "score_error" in there.measuring.words


def test_what_was_measured_on_a_shape_of_the_catalogue_is_exact_there_alone() -> None:
    found = asked(measurements(machine=as_shape("vm-4")), desk(speed=1.2))
    assert {host.name for host in found.hosts if host.scaled is False} == {"vm-4"}
    assert found.desk.scaled is True


def test_a_score_that_only_the_measured_plan_stated_counts_for_the_same_machine() -> None:
    php = {one.name: one.value for one in demands().lines}[PHP]
    found = asked(measurements(machine=HERE.model_copy(update={"score": 0.5})))
    assert {one.name: one.value for one in found.demands.lines}[PHP] / found.desk.speed == pytest.approx(2 * php)
    assert found.desk.scaled is False


def test_a_shape_of_the_name_that_is_another_machine_is_reached_by_its_score() -> None:
    found = asked(measurements(machine=HERE.model_copy(update={"name": "vm-2", "score": 0.5})), desk(speed=1))
    assert {host.scaled for host in found.hosts} == {True}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"images": {}}, "images"),
        ({"at": "rubbish"}, "at is no time"),
        ({"mix": {"value": 0, "low": 0, "high": 0, "counted": 1}}, "mix is not between"),
        ({"numbers": {PHP: {"value": 40, "low": 39, "high": 41, "counted": 1}}}, "is missing"),
    ],
)
def test_measurements_that_no_calibration_writes_are_refused(change: dict[str, Any], why: str) -> None:
    whole = Calibration(measurements=measurements()).model_dump(mode="json")
    whole["measurements"] |= change
    with pytest.raises(BriefError, match=why):
        parse(json.dumps(whole))


@pytest.mark.parametrize(("low", "high", "why"), [(1e-300, 1e300, "is not between"), (1e-5, 1e5, "too wide"), (1e-308, 1e-308, "is not between")])
def test_a_number_that_no_machine_has_is_refused(low: float, high: float, why: str) -> None:
    whole = Calibration(measurements=measurements()).model_dump(mode="json")
    whole["measurements"]["numbers"][PHP] = {"value": high, "low": low, "high": high, "counted": 1}
    with pytest.raises(BriefError, match=why):
        parse(json.dumps(whole))


def test_files_of_another_age_or_no_end_are_refused() -> None:
    whole = Calibration(measurements=measurements()).model_dump(mode="json")
    whole["schema"]["version"] = 1
    with pytest.raises(BriefError, match="which had none"):
        parse(json.dumps(whole))
    with pytest.raises(BriefError, match="is no JSON"):
        parse("[" * 100_000)


def test_a_shape_of_the_catalogue_that_was_measured_needs_no_score_of_the_desk() -> None:
    found = asked(measurements(machine=as_shape("vm-2")))
    assert {host.name for host in found.hosts if host.scaled is False} == {"vm-2"}
    assert found.desk.scaled is True
    assert found.measuring is not None
    assert "on that machine as measured (vm-2" in found.measuring.words
    assert "the brief's desk is not stated, so taken as 1" in found.measuring.words


@pytest.mark.parametrize(
    ("more", "changes", "running", "why"),
    [
        ({"verdict": "invalid"}, {}, TAGS, "was invalid"),
        ({"verdict": "failed"}, {}, TAGS, "was failed"),
        ({}, {}, {**TAGS, "wiki": "trixie-3"}, "another version of the platform was measured: wiki differ"),
        ({}, desk(cores=4), TAGS, "no score is known of the machine that was measured"),
        ({"machine": HERE.model_copy(update={"score": 0.8})}, desk(cores=4), TAGS, "no score is known of this brief's desk"),
        ({"machine": HERE.model_copy(update={"name": "desk", "planned_memory_gib": 4, "score": 0.8})}, {}, TAGS, "no score is known of this brief's desk"),
        ({"machine": HERE.model_copy(update={"name": "vm-4"})}, {}, TAGS, "no score is known"),
    ],
)
def test_what_an_answer_must_not_stand_on_is_refused_with_the_reason(more: dict[str, Any], changes: dict[str, Any], running: dict[str, str], why: str) -> None:
    with pytest.raises(PlanError, match=why) as refused:
        _ = asked(measurements(**more), changes, running).numbers
    assert refused.value.where == "/calibration.json: measurements"
    assert refused.value.hint


def test_the_plan_says_what_it_stands_on_and_carries_fewer_where_pages_cost_more() -> None:
    few = desk(disk_gib=1_000_000, memory_gib=8, disk_iops=1_000_000, network_mbit=1_000_000)
    plans = [made(answer(asked(measurements(times), few, TAGS))) for times in (1.0, 2.0)]
    told = plans[1].inputs.measured
    assert told is not None
    assert told.same
    assert told.replaced == tuple(sorted(MEASURED))
    assert next(one for one in plans[1].assumptions if one.name == PHP).source.startswith("calibrated")
    assert plans[1].response_p95_ms["page_signed_in"] > 1.5 * plans[0].response_p95_ms["page_signed_in"]
    assert plans[1].servers[0].speed is None


def test_a_score_that_is_stated_stands_in_the_plan() -> None:
    assert made(answer(question(desk(speed=0.8)))).servers[0].speed == 0.8


# how requests of a class differ


def varied(**numbers: tuple[float, float, float]) -> Measurements:
    return measurements(variations={kind: Number(value=value, low=low, high=high, counted=300) for kind, (value, low, high) in numbers.items()})


def test_a_variation_that_was_measured_takes_the_place_of_the_assumed_one_for_its_class_alone() -> None:
    plain, seen = asked(measurements()), asked(varied(page_signed_in=(0.47, 0.4, 0.55)))
    at, other = CLASSES.index("page_signed_in"), CLASSES.index("wiki_view")
    values = seen.numbers.medians()
    assert set(seen.demands.medians(values).variation[:, at]) == {0.47}
    assert (seen.demands.medians(values).variation[:, other] == plain.demands.medians(values).variation[:, other]).all()
    assert (seen.demands.medians(values).php == plain.demands.medians(values).php).all()


def test_a_variation_is_drawn_within_its_interval_and_told_with_its_source() -> None:
    seen = asked(varied(page_signed_in=(0.4, 0.32, 0.5)))
    drawn = seen.demands.drawn(seen.numbers.drawn(4000, 1), 1).variation[:, CLASSES.index("page_signed_in")]
    assert 0.01 < ((drawn < 0.32) | (drawn > 0.5)).mean() < 0.1
    told = {one.name: one for one in seen.demands.quantities()}["variation.page_signed_in"]
    assert (told.value, told.unit) == (0.4, "ratio")
    assert told.source.startswith("calibrated on 2026-11-29")


def test_pages_that_differ_more_are_later_and_change_no_limit() -> None:
    calm, wild = (answer(asked(varied(page_signed_in=(one, one, one)))) for one in (0.1, 0.9))
    assert made(wild).response_p95_ms["page_signed_in"] > 1.3 * made(calm).response_p95_ms["page_signed_in"]
    assert made(wild).limits == made(calm).limits


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"variations": {"page_of_gold": {"value": 0.4, "low": 0.3, "high": 0.5, "counted": 9}}}, "no class of this version"),
        ({"variations": {"wiki_view": {"value": 0.4, "low": 0.0, "high": 0.5, "counted": 9}}}, "is not between"),
    ],
)
def test_a_variation_of_no_class_or_of_nothing_is_refused(told: dict[str, Any], why: str) -> None:
    whole = Calibration(measurements=measurements()).model_dump(mode="json")
    whole["measurements"] |= told
    with pytest.raises(BriefError, match=why):
        parse(json.dumps(whole))


def test_a_file_of_an_earlier_version_holds_no_variations() -> None:
    whole = Calibration(measurements=varied(wiki_view=(0.4, 0.3, 0.5))).model_dump(mode="json")
    assert parse(json.dumps(whole)).measurements == varied(wiki_view=(0.4, 0.3, 0.5))
    with pytest.raises(BriefError, match="variations stand in a file of version 2"):
        parse(json.dumps(whole | {"schema": {"version": 2}}))
    whole["measurements"]["variations"] = {}
    assert parse(json.dumps(whole | {"schema": {"version": 2}})).measurements == measurements()


def test_the_digest_of_a_file_without_variations_is_that_of_before_there_were_any() -> None:
    before = Calibration(schema_={"version": 2}, measurements=measurements())
    text = before.model_dump_json(exclude={"measurements": {"variations"}})
    assert "variations" not in text
    assert before.digest == hashlib.sha256(text.encode()).hexdigest()
    assert Calibration(measurements=varied(wiki_view=(0.4, 0.3, 0.5))).digest != Calibration(measurements=measurements()).digest
    assert Calibration().digest == hashlib.sha256(Calibration().model_dump_json().encode()).hexdigest()


def test_a_variation_whose_lower_end_is_cut_off_is_not_drawn_far_above_its_upper_one() -> None:
    seen = asked(varied(page_signed_in=(0.26, 0.01, 0.4)))
    drawn = seen.demands.drawn(seen.numbers.drawn(4000, 1), 1).variation[:, CLASSES.index("page_signed_in")]
    assert (drawn > 0.4).mean() < 0.05
    assert drawn.max() <= 3
