"""What so many people ask for: never more than were every answer there at once, never more than the processors do, and as the exact solver says."""

import pytest

from loadtests.closed.predicted import asked, at_once, most, visit_s
from loadtests.closed.run import check_sign_ins
from loadtests.steady.predicted import processors
from runtime.errors import PlanError
from sizing.queueing import solve_closed
from tests.unit.loadtests.steady.peaks import NUMBERS, plan, workload

CORES = 2


def test_people_at_once_are_visits_times_their_length() -> None:
    found = workload()
    assert visit_s(found) == pytest.approx(found.think_time_s * (found.pages + found.signed_in * found.sign_ins))
    assert most(found, round(10 * at_once(found))).requests_per_second == pytest.approx(10 * found.requests_per_second, rel=0.01)


@pytest.mark.parametrize("people", [1, 50, 400])
def test_it_is_what_the_exact_solver_says(people: int) -> None:
    found = workload()
    demand_s = 3.2 * NUMBERS["demand.page_signed_in.php"] / 1000 / found.visits_per_second / (1 - NUMBERS["background_cores"] / CORES)
    solved = solve_closed([people], [[demand_s]], [CORES], [visit_s(found)])
    assert asked(plan(), found, people, CORES).visits_per_second == pytest.approx(float(solved.throughput[0, 0]), rel=1e-6)


def test_more_people_ask_for_more_and_the_processors_bound_it() -> None:
    rates = [asked(plan(), workload(), people, CORES).requests_per_second for people in (1, 10, 100, 1000, 5000)]
    assert rates == sorted(rates)
    for people, rate in zip((1, 10, 100, 1000, 5000), rates, strict=True):
        assert rate <= most(workload(), people).requests_per_second * (1 + 1e-9)
    assert processors(plan(), asked(plan(), workload(), 20_000, CORES), CORES) == pytest.approx(1.0, abs=0.01)


def test_a_plan_without_demands_counts_on_answers_at_once() -> None:
    bare = plan().model_copy(update={"assumptions": tuple(one for one in plan().assumptions if not one.name.startswith("demand"))})
    assert asked(bare, workload(), 30, CORES).requests_per_second == pytest.approx(most(workload(), 30).requests_per_second)


def test_more_sign_ins_than_the_front_door_lets_one_address_try_are_refused_with_what_fits() -> None:
    check_sign_ins(plan(), workload(), 50)
    with pytest.raises(PlanError, match="sign-ins a minute from this one address") as caught:
        check_sign_ins(plan(), workload(), 2000)
    fits = int(caught.value.hint.rpartition(" ")[2])
    check_sign_ins(plan(), workload(), fits)
    with pytest.raises(PlanError):
        check_sign_ins(plan(), workload(), fits + 2)
