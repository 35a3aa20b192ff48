"""Laws of cost and of continuous demand, where they are true."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.capacity import Case, State
from sizing.network import Layout
from sizing.question import Answer
from tests.unit.sizing.asked import ROOMY, answer, desk, planned, question

LAW = settings(max_examples=6, deadline=None)
ONE_GROUP = {"audience": [{"name": "All", "people": 1000, "site": "Here", "time_zone": "UTC"}]}


def carried(found: Answer) -> np.ndarray:
    layout = Layout(1, found.ladder.desk)
    least: np.ndarray = np.min(
        np.stack([found.case.room(layout), *(found.case.capacity(layout, at) for at in range(len(found.case.workload.moments)))]), axis=0
    )
    return least


@given(st.integers(1, 2_000_000), st.integers(1, 2_000_000))
@LAW
def test_more_people_of_one_group_never_ask_for_less(one: int, other: int) -> None:
    few, many = sorted((one, other))
    states = [answer(ONE_GROUP, people).median for people in (few, many)]
    uses = [{use.resource: float(use.utilisation[0]) for use in (*state.uses, *state.rooms)} for state in (_desk_state(case) for case in states)]
    for resource in ("desk.cpu", "desk.network", "desk.disk_io", "desk.memory", "desk.disk"):
        assert uses[0][resource] <= uses[1][resource] * (1 + 1e-9)


def _desk_state(case: Case) -> State:
    from sizing.catalogue import own  # noqa: PLC0415 - beside its only use

    return case.state(Layout(1, own(case.brief.infrastructure.desk)), case.workload.moments[0])


def test_more_people_of_one_group_never_cost_less() -> None:
    prices = [planned(ONE_GROUP, people, draws=100).price_per_month for people in (1_000, 100_000, 1_000_000, 3_000_000)]
    assert all(before <= after for before, after in pairwise(prices))


@given(st.floats(0.3, 3), st.floats(1.01, 3))
@LAW
def test_a_faster_machine_never_carries_fewer(speed: float, more: float) -> None:
    slow, fast = (carried(answer(desk(speed=value))) for value in (speed, min(20, speed * more)))
    assert np.all(fast >= slow * 0.97)
    assert np.mean(fast) >= np.mean(slow) * (1 - 1e-6)


def test_a_longer_life_in_the_cache_never_carries_fewer_while_memory_does_not_bind() -> None:
    asked = question({**desk(**ROOMY), "behaviour.signed_in_share": 0.1})
    short, long = (carried(Answer(replace(asked, changes={"page_cache_life": life}))) for life in (60, 86_400))
    assert np.all(long >= short * 0.98)
    assert np.median(long) > np.median(short)


def test_all_rates_and_all_speeds_scaled_together_change_nothing() -> None:
    base = answer(desk(**ROOMY)).median
    state = base.state(Layout(1, answer(desk(**ROOMY)).ladder.desk), base.workload.moments[0], 50.0)
    network = state.network
    from sizing.queueing.shared import shared_processors  # noqa: PLC0415 - beside its only use

    one, twice = (
        shared_processors(
            2, network.offered * by, network.work / by, 0.3, network.delay_and_none / by, network.pool, network.places, patience=10 / by, background=0.1
        )
        for by in (1.0, 2.0)
    )
    assert one.utilisation == pytest.approx(twice.utilisation)
    assert one.response == pytest.approx(twice.response * 2)
    assert one.quantile(0.95) == pytest.approx(twice.quantile(0.95) * 2, rel=1e-4)


@pytest.mark.parametrize(
    ("bound", "resource", "other"),
    [
        ({"disk_gib": 30}, "disk_gib", "cores"),
        ({**ROOMY, "cores": 2}, "cores", "network_mbit"),
        ({**ROOMY, "network_mbit": 2}, "network_mbit", "cores"),
    ],
)
def test_where_one_resource_binds_alone_only_enlarging_it_carries_more(bound: dict[str, float], resource: str, other: str) -> None:
    def people(**parts: float) -> float:
        return float(carried(answer(desk(**{**bound, **parts})))[0])

    base = people()
    size = {"cores": 2, "disk_gib": 60, "network_mbit": 1000, **bound}
    assert people(**{resource: size[resource] * 2}) > base * 1.2
    assert people(**{other: size[other] * 2}) == pytest.approx(base, rel=0.02)
