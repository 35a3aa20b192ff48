"""Two results: what is sure is found, what may be chance is not called so, and what says nothing of each other is refused."""

from collections.abc import Callable

import pytest

from loadtests.calibrate.measured import Calibrated, DemandFound
from loadtests.capacity.findings import outcome
from loadtests.capacity.measured import Extent
from loadtests.compare.compare import compare
from loadtests.compare.measured import Comparison, Difference
from loadtests.verdict import Result
from runtime.errors import PlanError
from tests.unit.cli.test_capacity import result as searched
from tests.unit.loadtests.capacity.seen import facts
from tests.unit.loadtests.compare.runs import run

CLASS = "page_signed_in"


@pytest.fixture(scope="module")
def before() -> Result:
    return run(1, rate=4)


def beside(before: Result, after: Result, least: float = 0.05) -> Comparison:
    return compare(("before.json", before), ("after.json", after), least)


def found(comparison: Comparison) -> dict[str, Difference]:
    return {one.what: one for one in comparison.differences}


def test_a_result_beside_itself_differs_in_nothing(before: Result) -> None:
    comparison = beside(before, before)
    assert comparison.verdict == "no regression"
    assert {(one.change, one.answer) for one in comparison.differences} == {(0.0, "may be chance")}
    assert {"p95 of all pages", f"p95 of {CLASS}", f"p50 of {CLASS}", "errors", "processor time of all services", "processor time of blogs"} <= set(
        found(comparison)
    )


def test_a_class_that_is_slower_is_found_and_no_other_is_blamed(before: Result) -> None:
    comparison = beside(before, run(2, rate=4, slower={CLASS: 1.4}))
    assert comparison.verdict == "regression"
    assert comparison.exit_code == 3
    worse = {one.what for one in comparison.differences if one.regression}
    assert f"p95 of {CLASS}" in worse
    assert worse <= {f"p95 of {CLASS}", f"p50 of {CLASS}", "p95 of all pages", "p50 of all pages"}
    one = found(comparison)[f"p95 of {CLASS}"]
    assert one.low is not None
    assert one.high is not None
    assert one.low < 0.4 < one.high
    assert one.after > one.before


def test_a_class_that_is_faster_is_no_regression(before: Result) -> None:
    comparison = beside(run(2, rate=4, slower={CLASS: 1.4}), before)
    assert comparison.verdict == "no regression"
    assert found(comparison)[f"p95 of {CLASS}"].answer == "better"


def test_a_difference_within_the_least_is_sure_and_no_regression(before: Result) -> None:
    comparison = beside(before, run(2, rate=4, slower={CLASS: 1.4}), least=0.9)
    assert found(comparison)[f"p95 of {CLASS}"].answer == "worse"
    assert comparison.verdict == "no regression"


def test_work_that_is_dearer_is_found_in_each_service_that_does_it(before: Result) -> None:
    worse = {one.what for one in beside(before, run(2, rate=4, dearer=1.25)).differences if one.regression}
    assert worse == {f"processor time of {name}" for name in ("all services", "blogs", "database", "frontdoor")}


def test_failures_that_were_not_there_are_found_and_one_by_itself_is_chance(before: Result) -> None:
    one = found(beside(before, run(2, rate=4, failing=0.01)))["errors"]
    assert (one.answer, one.regression, one.change) == ("worse", True, None)
    single = run(2, rate=4).model_copy(update={"failures": 1})
    assert found(beside(before, single))["errors"].answer == "may be chance"


def test_failures_in_one_burst_count_less_than_as_many_over_the_run(before: Result) -> None:
    assert before.measured is not None
    assert before.measured.series is not None
    many = len(before.measured.series.failures)

    def failing(failures: tuple[int, ...]) -> Result:
        assert before.measured is not None
        assert before.measured.series is not None
        series = before.measured.series.model_copy(update={"failures": failures})
        return before.model_copy(update={"failures": sum(failures), "measured": before.measured.model_copy(update={"series": series})})

    burst = found(beside(before, failing((30, *(0,) * (many - 1)))))["errors"]
    spread = found(beside(before, failing(tuple(int(number % 2 == 0) for number in range(many)))))["errors"]
    assert (burst.answer, spread.answer) == ("may be chance", "worse")


def test_rare_classes_and_idle_services_are_left_out_and_said(before: Result) -> None:
    comparison = beside(before, before)
    assert not {"p95 of post", "processor time of mail"} & set(found(comparison))
    assert any("post" in words for words in comparison.left_out)


def test_what_else_differs_is_noted(before: Result) -> None:
    assert before.measured is not None
    measured = before.measured
    other = measured.model_copy(
        update={
            "platform": measured.platform.model_copy(update={"cores": 8}),
            "content": measured.content.model_copy(update={"posts": 2000, "seeded": True}),
            "notes": ("something else on this machine used 40% of its cores",),
        }
    )
    text = "\n".join(beside(before, before.model_copy(update={"measured": other, "plan_digest": "e" * 64})).notes)
    for words in (
        "the machine differs: 2 cores before, 8 cores after",
        "2,000 posts",
        "the plan differs: dddd",
        "after only: something else",
        "versions of the images",
    ):
        assert words in text


def test_files_in_the_wrong_order_are_said(before: Result) -> None:
    later = before.model_copy(update={"started": "2026-11-29T12:00:00+00:00"})
    turned = "the first result is of a later run"
    assert any(words.startswith(turned) for words in beside(later, before).notes)
    for one, other in ((before, later), (before, before), (before.model_copy(update={"started": "soon"}), before)):
        assert not any(words.startswith(turned) for words in beside(one, other).notes)


def invalid(one: Result) -> Result:
    return one.model_copy(update={"verdict": "invalid", "reasons": ("undecided",)})


def other_scenario(one: Result) -> Result:
    return one.model_copy(update={"scenario": "week"})


def other_load(_: Result) -> Result:
    return run(2, rate=2)


def earlier(one: Result) -> Result:
    assert one.measured is not None
    return one.model_copy(update={"measured": one.measured.model_copy(update={"series": None})})


def without(one: Result) -> Result:
    return one.model_copy(update={"measured": None})


def damaged(one: Result) -> Result:
    return one.model_copy(update={"classes": tuple(part.model_copy(update={"histograms": {"measured": "nonsense"}}) for part in one.classes)})


@pytest.mark.parametrize(
    ("changed", "words", "hint"),
    [
        (invalid, "proved nothing: undecided", "run it again"),
        (other_scenario, "is of 'week', the other of 'steady'", "the same test"),
        (other_load, "another workload", "the same load"),
        (earlier, "an earlier version", "run both tests anew"),
        (without, "holds no figures", "plan test steady"),
        (damaged, "a histogram that is damaged", "as it was written"),
    ],
)
def test_what_says_nothing_of_each_other_is_refused(before: Result, changed: Callable[[Result], Result], words: str, hint: str) -> None:
    with pytest.raises(PlanError) as caught:
        beside(before, changed(before))
    assert caught.value.where == "after.json"
    assert words in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_code == 1


def search(factor: float = 1.0, low: float = 0.97, high: float = 1.03) -> Result:
    one = searched(outcome(facts(1.4, 2.5, 2.7)))
    assert one.capacity is not None
    assert one.capacity.people is not None
    value = one.capacity.people.value * factor
    people = Extent(value=value, low=value * low, high=value * high)
    return one.model_copy(update={"capacity": one.capacity.model_copy(update={"people": people, "targets": ()})})


@pytest.mark.parametrize(
    ("after", "answer", "regression"),
    [
        (search(0.8), "worse", True),
        (search(0.96), "may be chance", False),
        (search(1.3), "better", False),
        (search(0.8, 0.5, 1.6), "may be chance", False),
        (search(0.8, 0.0, 1.03), "worse", True),
        (search(1.3, 0.0, 1.03), "may be chance", False),
    ],
)
def test_fewer_people_are_a_regression_where_the_intervals_say_so(after: Result, answer: str, regression: bool) -> None:  # noqa: FBT001 - a row of the table
    comparison = beside(search(), after)
    one = found(comparison)["capacity"]
    assert (one.answer, one.regression, comparison.exit_code) == (answer, regression, 3 if regression else 0)


def test_searches_are_compared_by_the_mix_and_not_by_the_size_of_the_peak() -> None:
    one, other = search(), search()
    assert other.capacity is not None
    larger = other.model_copy(update={"capacity": other.capacity.model_copy(update={"workload": other.capacity.workload.scaled(3)})})
    assert beside(one, larger).verdict == "no regression"
    more = other.capacity.workload.model_copy(update={"wiki": 0.9})
    with pytest.raises(PlanError, match="another workload: wiki"):
        beside(one, other.model_copy(update={"capacity": other.capacity.model_copy(update={"workload": more})}))


def calibrated(value: float, told: float = 0.9) -> Result:
    one = search()
    assert one.capacity is not None
    number = DemandFound(name="demand.feed.php", unit="ms", planned=10.0, value=value, low=value * 0.95, high=value * 1.05, told=told, requests=300)
    mix = number.model_copy(update={"name": "mix", "told": 0.9})
    same = {name: getattr(one.capacity, name) for name in ("content", "generator", "probe", "platform", "notes", "stopped")}
    return one.model_copy(
        update={"scenario": "calibrate", "capacity": None, "calibrated": Calibrated(numbers=(number,), mix=mix, levels=(), drift=1.0, **same)}
    )


def test_demands_that_the_levels_tell_are_compared_and_others_are_not() -> None:
    assert {one.what for one in beside(calibrated(10), calibrated(12)).differences if one.regression} == {"mix", "demand.feed.php"}
    assert {one.what for one in beside(calibrated(10, told=0.2), calibrated(12)).differences} == {"mix"}
