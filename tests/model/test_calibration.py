"""The calibration against a simulated platform whose demands are known: intervals hold them, and a whole mix is known well."""

import numpy as np
import pytest

from loadtests.calibrate.findings import mix_costs, outcome
from loadtests.calibrate.rows import WIKI_STYLES
from sizing.plan import Plan
from tests.model.calibrated import World
from tests.unit.sizing.asked import planned

SEEDS = 6


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned()


def worlds(plan: Plan, **more: float) -> list[World]:
    return [World(seed, plan=plan, **more) for seed in range(SEEDS)]


@pytest.mark.parametrize(
    ("more", "held", "off"),
    [
        ({}, 0.9, 0.06),
        ({"off": 1.6}, 0.9, 0.06),
        ({"variation": 1.5}, 0.9, 0.1),
        ({"off": 0.7, "seconds": 140.0}, 0.9, 0.15),
    ],
    ids=["as planned", "a machine and pages 1.6 times as slow", "works that vary twice as much", "in a third of the time"],
)
def test_intervals_hold_the_true_demands_and_the_whole_mix_is_near(more: dict[str, float], held: float, off: float, plan: Plan) -> None:
    held_by, errors, costs = [], [], mix_costs(plan)
    for world in worlds(plan, **more):
        found = outcome(world.facts())
        assert (found.verdict, found.reasons) == ("passed", ())
        assert found.calibrated is not None
        assert found.calibrated.mix is not None
        held_by += [one.low <= 1000 * world.truth[one.name] <= one.high for one in found.calibrated.numbers if one.name in world.truth]
        truth = 1000 * sum(times * world.truth.get(name, 0.0) for name, times in costs.items())
        errors.append(abs(found.calibrated.mix.value / truth - 1))
    assert np.mean(held_by) >= held
    assert np.median(errors) <= off / 2
    assert max(errors) <= off


def test_what_the_mixes_tell_apart_is_known_well_and_what_they_do_not_is_said(plan: Plan) -> None:
    world = World(1, plan=plan)
    found = outcome(world.facts()).calibrated
    assert found is not None
    numbers = {one.name: one for one in found.numbers}
    assert WIKI_STYLES not in numbers
    for name, least in (("demand.page_signed_in.php", 0.9), ("demand.wiki_view.php", 0.9), ("demand.any.pagecache", 0.8)):
        assert numbers[name].told > least
        assert numbers[name].value == pytest.approx(1000 * world.truth[name], rel=0.2)
    assert numbers["demand.post.database"].told < 0.6
    assert numbers["background_cores"].low < sum((0.004, 0.002, 0.012, 0.01, 0.025, 0.003)) < numbers["background_cores"].high * 1.3


def test_the_measured_demands_tell_how_busy_each_level_was_where_the_plan_does_not(plan: Plan) -> None:
    found = outcome(World(2, off=1.6, plan=plan).facts()).calibrated
    assert found is not None
    busy = [one for one in found.levels if one.utilisation > 0.1]
    assert len(busy) >= 6
    for one in busy:
        assert one.fitted == pytest.approx(one.utilisation, rel=0.1)
    assert np.mean([one.planned / one.utilisation for one in busy]) < 0.8
    assert {one.words for one in found.levels if one.p95_planned_ms is not None} <= {"the plan's mix, low", "the plan's mix, high"}


def test_a_demand_that_is_many_times_the_plans_is_followed(plan: Plan) -> None:
    """As the front door's was while connections were not counted."""
    found, held = [], []
    for seed in range(SEEDS):
        world = World(seed, plan=plan, seconds=300.0)
        world.truth["demand.any.frontdoor"] = 6.5 * world.belief.demands["demand.any.frontdoor"].value
        told = outcome(world.facts()).calibrated
        assert told is not None
        one = next(one for one in told.numbers if one.name == "demand.any.frontdoor")
        found.append(one.value / 1000 / world.truth["demand.any.frontdoor"])
        held.append(one.low <= 1000 * world.truth["demand.any.frontdoor"] <= one.high)
    assert 0.9 < np.median(found) < 1.1
    assert np.mean(held) >= 0.5
