"""Predicted beside measured: errors that are known come out, loads that came are asked, noise is told, and nothing stands twice."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from loadtests.accuracy import binding
from loadtests.accuracy.errors import summary
from loadtests.accuracy.model import Beside, Model, Source, model
from loadtests.accuracy.prediction import Asked
from loadtests.accuracy.record import Comparison, parse, written
from loadtests.accuracy.rows import rows
from loadtests.accuracy.stations import IDLE, cores
from loadtests.accuracy.steps import confined
from loadtests.capacity.measured import Extent, TargetLoad
from loadtests.scale.measured import By, Scale, Step
from loadtests.shapes.measured import Shape
from loadtests.steady import analysis
from loadtests.steady.measured import Came
from loadtests.steady.tape import Sample
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan
from tests.unit.loadtests.accuracy import made
from tests.unit.sizing.asked import question


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made.plan()


@pytest.fixture(scope="module")
def own(plan: Plan) -> Model:
    return made.asked_model(plan)


@pytest.fixture(scope="module")
def asked(plan: Plan, own: Model) -> Asked:
    return Asked(plan, own)


@pytest.fixture(scope="module")
def held(plan: Plan, own: Model) -> Asked:
    """The same plan, as if it had been calibrated the day before the tests."""
    return Asked(made.calibrated(plan), own)


def of(asked: Asked, *results: Result, **words: str) -> Comparison:
    return Comparison().with_rows(row for result in results for row in rows(asked, result, "result.json", **words))


def errors_of(found: Comparison, quantity: str) -> dict[str, float]:
    return {one.of: one.error for row in summary(found).rows for one in row.errors if one.quantity == quantity}


# what is off comes out as it is off


def test_a_platform_that_does_what_the_plan_says_shows_no_error(held: Asked, plan: Plan) -> None:
    found = of(held, made.steady(plan))
    assert all(abs(error) < 1e-3 for quantity in ("utilisation", "p95") for error in errors_of(found, quantity).values())
    assert set(errors_of(found, "utilisation")) == {"processors", "frontdoor", "pagecache", "blogs", "wiki", "database"}
    assert set(errors_of(found, "p95")) == {"page_anonymous", "page_signed_in", "feed", "wiki_view"}


def test_a_station_that_takes_a_quarter_more_is_told_as_that_station_alone(held: Asked, plan: Plan) -> None:
    errors = errors_of(of(held, made.steady(plan, off={"wiki": 1.25})), "utilisation")
    assert errors["wiki"] == pytest.approx(1 / 1.25 - 1, abs=1e-3)
    assert errors["blogs"] == pytest.approx(0, abs=1e-3)
    assert -0.2 < errors["processors"] < -0.01


def test_pages_that_take_half_as_long_again_are_told(held: Asked, plan: Plan) -> None:
    assert errors_of(of(held, made.steady(plan, p95_off=1.5)), "p95")["wiki_view"] == pytest.approx(1 / 1.5 - 1, abs=1e-3)


def test_the_prediction_is_asked_at_what_came_not_at_what_was_asked(held: Asked, plan: Plan) -> None:
    found = of(held, made.steady(plan, share=150, came=0.7))
    (row,) = found.rows
    assert row.load.asked == 150
    assert row.load.share == pytest.approx(105, rel=1e-3)
    assert row.load.counted == "by class"
    assert all(abs(error) < 1e-3 for error in errors_of(found, "utilisation").values())


def test_a_generator_on_the_same_cores_makes_pages_wait_and_that_is_no_error(held: Asked, plan: Plan) -> None:
    alone, crowded = (of(held, made.steady(plan, beside=beside)).rows[0] for beside in (0.0, 0.6))
    assert crowded.load.generator_cores == 0.6
    assert crowded.load.others_cores == pytest.approx(0, abs=1e-3)
    assert crowded.predicted.p95_ms["wiki_view"] > 1.05 * alone.predicted.p95_ms["wiki_view"]
    assert crowded.predicted.utilisation == alone.predicted.utilisation


def test_where_others_use_much_of_the_cores_p95_is_told_and_not_counted(held: Asked, plan: Plan) -> None:
    few, many = (summary(of(held, made.steady(plan, others=others))) for others in (0.15, 0.25))
    assert (few.rows[0].undisturbed, many.rows[0].undisturbed) == (True, False)
    assert few.p95_latency_error.n == len([one for one in many.rows[0].errors if one.quantity == "p95"]) == 4
    assert many.p95_latency_error.n == 0
    assert many.utilisation_error.n == few.utilisation_error.n
    assert few.rows[0].predicted.p95_ms["wiki_view"] < many.rows[0].predicted.p95_ms["wiki_view"]
    assert few.rows[0].predicted.utilisation == many.rows[0].predicted.utilisation


def test_whoever_works_beside_a_search_makes_its_pages_wait_and_is_no_use_of_the_platform(held: Asked, plan: Plan, own: Model) -> None:
    share = own.most().share
    levels = tuple(made.level(plan, share * part, generator=made.GENERATOR.model_copy(update={"cpu_mean": 0.8 * part})) for part in (0.5, 1.0))
    (row,) = (row for row in of(held, made.capacity(plan, share * plan.people, levels=levels)).rows if row.measured.people)
    assert row.load.generator_cores == pytest.approx(0.8, rel=1e-3)
    assert own.most().first_to_give.startswith("the processor")
    beside = own.most(Beside(0.8 / share, row.load.others_cores))
    assert row.predicted.people == pytest.approx(beside.share * plan.people, rel=1e-3)
    assert beside.share < 0.95 * share
    assert row.predicted.binding == "page time"
    assert own.most(Beside(0.8 / share)).share > beside.share or not row.load.others_cores


@pytest.mark.parametrize(("times", "error"), [(1.0, 0.0), (1.25, -0.2), (0.8, 0.25)])
def test_capacity_is_compared_with_what_the_plan_serves(held: Asked, plan: Plan, own: Model, times: float, error: float) -> None:
    found = summary(of(held, made.capacity(plan, own.most().share * plan.people * times)))
    assert found.rows[0].errors[0].error == pytest.approx(error, abs=1e-3)
    assert found.capacity_error.median == pytest.approx(abs(error), abs=1e-3)
    assert found.targets["capacity"].reached is (error == 0.0)


# binding


@pytest.mark.parametrize(
    ("planned", "searched", "agree"),
    [
        ("the processor", "processors", True),
        ("the page time: 95 of 100 within 500 ms", "p95 of page_signed_in", True),
        ("the page time: 95 of 100 within 500 ms", "processors", False),
        ("requests that are turned away (503)", "errors", True),
        ("the memory", "memory of wiki", True),
        ("the disk, after 12 months of content", "errors", False),
        ("the operations of the disk", "real first pages suffer", False),
    ],
)
def test_binding_resources_are_the_same_whatever_each_calls_them(planned: str, searched: str, *, agree: bool) -> None:
    assert (binding.planned(planned) == binding.searched(searched)) is agree


def test_every_name_that_the_model_has_for_what_gives_first_is_known(own: Model) -> None:
    for use in (*own.state.uses, *own.state.rooms):
        assert binding.planned(use.words) != use.words


def test_a_search_that_finds_another_resource_than_the_plan_names_is_told(held: Asked, plan: Plan) -> None:
    found = summary(of(held, made.capacity(plan, 50_000, binding="p95 of all pages")))
    assert found.rows[0].predicted.binding == "processors"
    assert (found.binding_agrees, found.binding_n) == (0, 1)


# levels


def test_what_a_search_cannot_tell_from_what_gives_first_counts_within_the_noise_alone(held: Asked, plan: Plan) -> None:
    def found(low: float) -> Comparison:
        result = made.capacity(plan, 50_000, binding="p95 of all pages")
        own = (("p95 of all pages", 49_000.0), ("processors", low), ("p95 of wiki_view", 49_500.0))
        targets = tuple(TargetLoad(target=name, people=Extent(value=60_000, low=least, high=90_000), method="line") for name, least in own)
        assert result.capacity is not None
        return of(held, result.model_copy(update={"capacity": result.capacity.model_copy(update={"targets": targets})}))

    near, apart = (summary(found(low)) for low in (49_999.0, 50_001.0))
    assert near.rows[0].measured.binding_near == ("processors",)
    assert (near.binding_agrees, near.binding_within_noise, near.binding_n) == (0, 1, 1)
    assert apart.rows[0].measured.binding_near == ()
    assert (apart.binding_agrees, apart.binding_within_noise, apart.binding_n) == (0, 0, 1)


def test_levels_of_a_search_are_cases_of_their_own_and_broken_ones_are_none(held: Asked, plan: Plan) -> None:
    broken = [made.level(plan, number=2, verdict="invalid"), made.level(plan, number=3, ended="a queue")]
    found = of(held, made.capacity(plan, 50_000, levels=(made.level(plan), *broken)))
    assert [row.level for row in found.rows] == [None, 1]
    assert found.rows[1].load.counted == "in all"
    assert found.rows[1].noise_floor.p95_ms == {"page_signed_in": pytest.approx(0.1)}


def test_a_level_that_tells_its_classes_is_asked_with_them(held: Asked, plan: Plan) -> None:
    came = Came(per_second={"wiki_view": 3.0, "probe": 9.0}, page_cache_hits=0.25)
    row = of(held, made.capacity(plan, 50_000, levels=(made.level(plan, came=came),))).rows[1]
    assert row.load.per_second == {"wiki_view": 3.0}
    assert row.load.counted == "by class"
    assert row.measured.page_cache_hits == 0.25
    assert row.predicted.page_cache_hits == 0


def test_what_came_is_counted_by_class_with_what_the_page_cache_answered() -> None:
    samples = [Sample(float(at), "page_anonymous", 1.0, "", cache=cache) for at, cache in enumerate(("HIT", "MISS", "STALE", "HIT", ""))]
    assert analysis.came([*samples, Sample(9.0, "wiki_view", 1.0, "", cache="BYPASS")], 10.0) == Came(
        per_second={"page_anonymous": 0.5, "wiki_view": 0.1}, page_cache_hits=0.75
    )
    assert analysis.came([], 10.0) == Came(per_second={}, page_cache_hits=None)
    assert analysis.came(samples, 0.0) is None


# what counts


def test_errors_of_plans_that_were_not_calibrated_stand_apart(asked: Asked, held: Asked, plan: Plan) -> None:
    found = summary(of(asked, made.steady(plan, off={"wiki": 2.0})).with_rows(of(held, made.steady(plan)).rows))
    assert found.cases == found.uncalibrated.cases == 1
    assert found.by_station["wiki"].median == pytest.approx(0, abs=1e-3)
    assert found.uncalibrated.by_station["wiki"].median == pytest.approx(0.5, abs=1e-3)


def test_a_run_before_the_calibration_is_not_held_out(plan: Plan, own: Model) -> None:
    found = summary(of(Asked(made.calibrated(plan, made.LATER), own), made.steady(plan)))
    assert found.cases == 0
    assert found.utilisation_error.median is None
    assert found.targets["utilisation"].reached is None
    assert found.not_held_out.cases == 1
    assert "not later than the calibration" in found.rows[0].held_out_because


def test_above_the_knee_p95_is_told_and_not_counted(held: Asked, plan: Plan) -> None:
    found = summary(of(held, made.steady(plan, share=350, beside=0.45)))
    assert found.rows[0].below_knee is False
    assert found.rows[0].errors[-1].quantity == "p95"
    assert found.p95_latency_error.n == 0
    assert found.utilisation_error.n > 0


def test_a_station_that_uses_next_to_nothing_is_told_and_not_counted(held: Asked, plan: Plan) -> None:
    found = summary(of(held, made.steady(plan, off={"pagecache": 1.5})))
    assert {one.of: one.error for one in found.rows[0].errors}["pagecache"] < -0.3
    assert "pagecache" not in found.by_station
    assert "blogs" in found.by_station


def test_medians_and_nine_of_ten_are_those_of_the_sizes(held: Asked, plan: Plan, own: Model) -> None:
    people = [own.most().share * plan.people / (1 + error) for error in (-0.01, 0.02, -0.03, 0.04, 0.30)]
    tests = [made.capacity(plan, one, started=f"2026-11-29T06:0{number}:00+00:00") for number, one in enumerate(people)]
    found = summary(of(held, *tests))
    assert found.capacity_error.n == 5
    assert found.capacity_error.median == pytest.approx(0.03, abs=1e-3)
    assert found.capacity_error.p90 == pytest.approx(0.30, abs=1e-3)
    assert found.targets["capacity"].reached is False


# noise


def test_the_noise_of_a_run_is_told_and_an_error_within_it_is_marked(held: Asked, plan: Plan) -> None:
    noisy = summary(of(held, made.steady(plan, off={"wiki": 1.05}, noise=(0.2, 1.9, 1.0, 0.4, 1.5, 1.0, 1.0)))).rows[0]
    quiet = summary(of(held, made.steady(plan, off={"wiki": 1.05}))).rows[0]
    assert "utilisation of wiki" in noisy.within_noise
    assert "utilisation of wiki" not in quiet.within_noise
    assert noisy.noise_floor.utilisation["wiki"] > 0.05 > quiet.noise_floor.utilisation["wiki"]


def test_repeats_that_differ_by_more_than_their_own_intervals_are_the_noise(held: Asked, plan: Plan) -> None:
    tests = [made.capacity(plan, people, started=f"2026-11-29T06:0{number}:00+00:00") for number, people in enumerate((50_000, 60_000))]
    found = summary(of(held, *tests))
    assert [row.noise_floor.people for row in found.rows] == [pytest.approx(0.0909, abs=1e-3)] * 2
    other = of(held, tests[1], configuration="one core").rows
    assert [row.noise_floor.people for row in summary(of(held, tests[0]).with_rows(other)).rows] == [0.02, 0.02]


# the file


def test_the_same_run_stands_once_and_the_order_does_not_hang_on_who_came_first(held: Asked, plan: Plan) -> None:
    one, two = made.steady(plan), made.capacity(plan, 50_000, started=made.LATER)
    there = written(of(held, one, two))
    assert written(of(held, two, one, one)) == there
    assert written(parse(there).with_rows(rows(held, one, "result.json"))) == there


def test_the_same_run_is_a_case_of_each_calibration(asked: Asked, held: Asked, plan: Plan) -> None:
    found = of(asked, made.steady(plan)).with_rows(of(held, made.steady(plan)).rows)
    assert [row.calibrated_on is None for row in found.rows] == [True, False]


def test_the_file_holds_no_path_and_no_digest(held: Asked, plan: Plan) -> None:
    text = written(of(held, made.steady(plan), made.capacity(plan, 50_000)))
    assert not re.search(r"[0-9a-f]{32}", text)
    assert "brief.yaml" not in text
    assert "nowhere" not in text


@pytest.mark.parametrize(
    "rubbish", ["", "[]", "nonsense", '{"schema": {"version": 9}}', '{"rows": [{}]}', '{"rows": [], "more": 1}', "[" * 100_000, '{"rows": NaN}']
)
def test_rubbish_is_refused_with_the_place(rubbish: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse(rubbish, "accuracy.json")
    assert caught.value.where.startswith("accuracy.json")
    assert caught.value.hint


def test_a_case_that_somebody_copied_is_refused_for_it_would_count_twice(held: Asked, plan: Plan) -> None:
    told = json.loads(written(of(held, made.steady(plan))))
    told["rows"].append(told["rows"][0])
    with pytest.raises(PlanError, match="is the same case as rows\\[0\\]") as caught:
        parse(json.dumps(told), "accuracy.json")
    assert caught.value.where == "accuracy.json: rows[1]"


def test_errors_stay_numbers_whatever_stands_in_the_file(held: Asked, plan: Plan) -> None:
    told = json.loads(written(of(held, made.steady(plan), made.steady(plan, started="2026-11-29T06:30:00+00:00"))))
    told["rows"][0]["predicted"]["utilisation"] |= {"blogs": 1e15, "wiki": 1e-320}
    told["rows"][0]["measured"]["utilisation"] |= {"blogs": 1e-12, "wiki": 1e15, "database": 1e-320}
    text = summary(parse(json.dumps(told), "accuracy.json")).model_dump_json()
    assert not re.search('Infinity|NaN|null,"measured"', text)
    assert json.loads(text)["rows"][0]["errors"]
    told["rows"][0]["predicted"]["utilisation"]["blogs"] = 1e16
    with pytest.raises(PlanError):
        parse(json.dumps(told), "accuracy.json")


# what does not belong together


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"verdict": "invalid", "reasons": ("the load generator was the bottleneck",)}, "invalid and proves nothing: the load generator"),
        ({"shared": True}, "was measured in a lab, whose hosts share the cores of one machine"),
        ({"platform": "other"}, "platform 'other'"),
        ({"plan_digest": "f" * 64}, "another brief"),
        ({"measured": None, "scenario": "smoke"}, "is of smoke, which measures no load"),
        ({"scenario": "spike", "shape": Shape(whole=True, parts=())}, "is of spike, in which the load changes"),
        ({"started": "soon"}, "does not tell when"),
        ({"started": "2026-11-29T06:00:00"}, "does not tell when"),
        ({"classes": ()}, "holds no measured load"),
    ],
)
def test_a_result_that_proves_nothing_or_is_of_something_else_is_refused(asked: Asked, plan: Plan, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(PlanError, match=re.escape(why)) as caught:
        rows(asked, made.steady(plan).model_copy(update=changes), "result.json")
    assert caught.value.hint
    assert caught.value.exit_code == 1


def test_a_calibration_of_no_moment_is_refused_for_nobody_knows_what_it_saw(plan: Plan) -> None:
    for at in ("yesterday", "2026-11-28T06:00:00"):
        with pytest.raises(PlanError, match="when its calibration was made") as caught:
            rows(Asked(made.calibrated(plan, at), why_not="a test"), made.steady(plan), "result.json")
        assert caught.value.hint


def test_a_number_that_no_test_measures_is_refused_with_its_name(asked: Asked, plan: Plan) -> None:
    with pytest.raises(PlanError, match="no test measures: share -100") as caught:
        rows(asked, made.steady(plan, came=-1.0), "result.json")
    assert caught.value.where == "result.json"
    free = made.steady(plan)
    zero = free.model_copy(update={"classes": tuple(one.model_copy(update={"p95_ms": 0.0}) for one in free.classes)})
    with pytest.raises(PlanError, match="no test measures"):
        rows(asked, zero, "result.json")


def test_a_failed_result_is_a_measurement_all_the_same(asked: Asked, plan: Plan) -> None:
    assert of(asked, made.steady(plan, verdict="failed", reasons=("p95",))).rows


def test_another_mix_or_peak_than_the_plans_is_refused(asked: Asked, plan: Plan) -> None:
    by_class = plan.peak.by_class | {"wiki_view": plan.peak.by_class["wiki_view"] * 1.1}
    other = replace(asked, plan=plan.model_copy(update={"peak": plan.peak.model_copy(update={"by_class": by_class})}))
    for result in (made.steady(plan), made.capacity(plan, 50_000)):
        with pytest.raises(PlanError, match="another peak or mix was driven than the plan's \\(wiki_view"):
            rows(other, result, "result.json")


@pytest.mark.parametrize("server", [{"cores": 4}, {"count": 2}])
def test_a_plan_of_more_cores_than_were_there_is_refused_and_of_fewer_is_taken(asked: Asked, plan: Plan, server: dict[str, int]) -> None:
    def on(**changes: int) -> Asked:
        return replace(asked, plan=plan.model_copy(update={"servers": (plan.servers[0].model_copy(update=changes),)}), model=None, why_not="a test")

    with pytest.raises(PlanError, match="was measured on one machine with 2 cores"):
        rows(on(**server), made.steady(plan), "result.json")
    whole, half = (rows(on(cores=cores), made.steady(plan), "result.json")[0] for cores in (2, 1))
    assert half.measured.utilisation["blogs"] == pytest.approx(2 * whole.measured.utilisation["blogs"], rel=1e-4)
    assert half.predicted.utilisation["blogs"] == pytest.approx(2 * whole.predicted.utilisation["blogs"], rel=1e-4)


# the model


def test_the_model_says_at_the_plans_peak_what_the_plan_says(plan: Plan, own: Model) -> None:
    answered = own.at(plan.peak.by_class)
    for kind, p95 in answered.p95_ms.items():
        assert p95 == pytest.approx(plan.response_p95_ms[kind], rel=5e-3)
    assert plan.response is not None
    assert answered.moves.hits == pytest.approx(plan.response.hit_ratio["page cache"], rel=0.1)  # of the content at the start, not at the horizon


def test_stations_together_use_what_the_model_says_the_processors_do(plan: Plan, own: Model) -> None:
    rates = {name: rate * 90 for name, rate in plan.peak.by_class.items()}
    used = cores(plan, rates, 0.0, own.at(rates).moves)
    assert used["processors"] / plan.servers[0].cores == pytest.approx(float(own._network(rates, 0.0).cpu[0]), rel=1e-6)
    assert used["processors"] == pytest.approx(sum(value for name, value in used.items() if name != "processors"))
    assert sum(IDLE.values()) == pytest.approx(1)


def test_fewer_php_processes_than_the_plan_would_choose_make_pages_wait(plan: Plan, own: Model) -> None:
    blogs = plan.limits.blogs.model_copy(update={"fpm_children": 1})
    fewer = replace(own, plan=plan.model_copy(update={"limits": plan.limits.model_copy(update={"blogs": blogs})}))
    rates = {name: rate * 150 for name, rate in plan.peak.by_class.items()}
    assert fewer.at(rates).p95_ms["page_signed_in"] > 1.2 * own.at(rates).p95_ms["page_signed_in"]


def test_a_shorter_life_in_the_page_cache_makes_it_answer_less(plan: Plan, own: Model) -> None:
    cache = plan.limits.pagecache.model_copy(update={"life_s": 1})
    shorter = replace(own, plan=plan.model_copy(update={"limits": plan.limits.model_copy(update={"pagecache": cache})}))
    rates = {name: rate * 100 for name, rate in plan.peak.by_class.items()}
    assert shorter.at(rates).moves.hits < 0.5 * own.at(rates).moves.hits


def test_a_model_that_is_not_the_one_that_made_the_plan_is_refused(plan: Plan) -> None:
    with pytest.raises(PlanError, match="the brief has changed"):
        model(plan, Source(question({"infrastructure.desk.memory_gib": 16}).brief))
    with pytest.raises(PlanError, match="the calibration has changed"):
        model(made.calibrated(plan), Source(question().brief))
    slower = plan.model_copy(update={"response_p95_ms": plan.response_p95_ms | {"wiki_view": 500.0}})
    with pytest.raises(PlanError, match="the model has changed since: of wiki_view"):
        model(slower, Source(question().brief))
    none = plan.model_copy(update={"response_p95_ms": plan.response_p95_ms | {"wiki_view": 0.0}})
    with pytest.raises(PlanError, match="the model has changed since: of wiki_view"):
        model(none, Source(question().brief))


def test_without_the_model_the_plans_p95_is_moved_by_the_crowding(plan: Plan) -> None:
    lame = Asked(plan, why_not="the brief is gone")
    low, high = (rows(lame, made.steady(plan, share=share), "result.json")[0] for share in (1.0, 150.0))
    assert low.predicted.p95_ms["wiki_view"] == pytest.approx(plan.response_p95_ms["wiki_view"], rel=0.01)
    assert high.predicted.p95_ms["wiki_view"] > 1.05 * low.predicted.p95_ms["wiki_view"]
    assert "the brief is gone" in high.predicted_by


def test_a_plan_without_demands_predicts_no_utilisation(plan: Plan) -> None:
    bare = plan.model_copy(update={"assumptions": tuple(one for one in plan.assumptions if not one.name.startswith("demand."))})
    assert rows(Asked(bare, why_not="a test"), made.steady(plan), "result.json")[0].predicted.utilisation == {}


def test_the_capacity_is_the_models_with_the_limits_that_were_deployed(held: Asked, plan: Plan, own: Model) -> None:
    used = cores(plan, {name: rate * own.most().share for name, rate in plan.peak.by_class.items()}, 0.0, own.at({}).moves)["processors"]
    assert 0.6 < used / plan.servers[0].cores < 0.85  # the processors bind at 70 %; without the page cache's hits a little more would be used
    found = summary(of(held, made.capacity(plan, own.most().share * plan.people)))
    assert found.capacity_error.median == pytest.approx(0, abs=1e-4)
    assert plan.served is not None
    assert own.most().share * plan.people == pytest.approx(plan.served.people, rel=0.01)
    few = plan.model_copy(update={"limits": plan.limits.model_copy(update={"blogs": plan.limits.blogs.model_copy(update={"fpm_children": 1})})})
    assert replace(own, plan=few).most().share < own.most().share


# so many cores or replicas


def scaled(plan: Plan, by: By, *people: float, **changes: Any) -> Result:  # noqa: ANN401 - members of a step
    """A test of scaling that found so many ``people`` at 1, 2, ..."""
    level = made.level(plan, 5.0, generator=made.GENERATOR.model_copy(update={"cpu_mean": 0.2}))
    single = made.capacity(plan, 1.0)
    steps = []
    for number, many in enumerate(people, 1):
        found = made.capacity(plan, many, levels=(level,)).capacity
        assert found is not None
        told = {"number": number, "cores": (0,), "apart": True, "people": found.people, "share": found.share, "binding": found.binding, "predicted": 1}
        steps.append(Step(**(told | {"busy": 0.5, "faults": (), "reaches": True, "gain": None, "capacity": found} | changes)))
    whole = Scale(by=by, cores=2, steps=tuple(steps), people=plan.people, reached_with=1, reached_by_fit=1, stops_at=None, because="", fit=None, notes=())
    return single.model_copy(update={"scenario": "scale", "capacity": None, "scale": whole})


@pytest.mark.parametrize("by", ["cores", "replicas"])
def test_each_step_of_a_test_of_scaling_is_asked_with_its_cores_or_replicas(held: Asked, plan: Plan, own: Model, by: By) -> None:
    said = [own.kept_to(confined(plan, by, number)).most().share * plan.people for number in (1, 2)]
    found = of(held, scaled(plan, by, *said))
    one, two = (row for row in found.rows if row.measured.people is not None)
    assert [one.scenario, two.scenario] == [f"scale: 1 {by[:-1]}", f"scale: 2 {by}"]
    assert errors_of(found, "capacity")[""] == pytest.approx(0, abs=1e-3)
    assert one.predicted.people == pytest.approx(one.measured.people, rel=1e-3)
    assert two.predicted.people == pytest.approx(two.measured.people, rel=1e-3)
    assert one.shape != two.shape
    assert {row.level for row in found.rows} == {None, 1}


def test_one_core_carries_less_than_half_of_two_and_works_twice_as_much_for_the_same(plan: Plan, own: Model) -> None:
    one, two = (own.kept_to(confined(plan, "cores", number)) for number in (1, 2))
    assert one.most().share < two.most().share / 2
    assert two.most().share == pytest.approx(own.most().share, rel=1e-6)
    rates = {name: rate * 20 for name, rate in plan.peak.by_class.items()}
    assert one.at(rates).p95_ms["page_signed_in"] > two.at(rates).p95_ms["page_signed_in"]


def test_a_generator_with_cores_of_its_own_takes_none_of_the_platforms(held: Asked, plan: Plan) -> None:
    apart, beside = (of(held, scaled(plan, "cores", 900.0, apart=alone)).rows for alone in (True, False))
    assert {row.load.generator_cores for row in apart if row.level} == {0.0}
    assert {row.load.generator_cores for row in beside if row.level} == {0.2}


def test_a_step_that_does_not_count_is_no_case(held: Asked, plan: Plan) -> None:
    with pytest.raises(PlanError, match="holds no measured load"):
        rows(held, scaled(plan, "cores", 900.0, faults=("a container ended meanwhile",)), "result.json")


def test_a_step_of_a_plan_whose_model_cannot_be_asked_is_refused_for_the_plan_says_nothing_of_it(asked: Asked, plan: Plan) -> None:
    with pytest.raises(PlanError, match="of other cores or replicas than the plan's") as caught:
        rows(replace(asked, model=None, why_not="a test"), scaled(plan, "cores", 900.0), "result.json")
    assert "a test" in str(caught.value)
    assert caught.value.hint
