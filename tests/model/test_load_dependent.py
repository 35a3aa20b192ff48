"""Single stations against Markov chains solved as linear equations, and against closed forms."""

from collections.abc import Callable
from math import comb, factorial, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sizing.queueing.erlang import erlang_b, stretch
from sizing.queueing.load_dependent import finite_buffer, load_dependent, machine_repairman, usl_peak, usl_speeds, usl_speedup

Floats = NDArray[np.float64]
TIMES = st.floats(1e-3, 10)
LAW = settings(max_examples=40, deadline=None)
STATES = 400


def _chain(births: Floats, deaths: Floats) -> Floats:
    """Return the steady state of a birth-death chain, from its generator."""
    size = len(births) + 1
    generator = np.zeros((size, size))
    for at in range(size - 1):
        generator[at, at + 1], generator[at + 1, at] = births[at], deaths[at]
    generator -= np.diag(generator.sum(axis=1))
    generator[:, 0] = 1
    return np.linalg.solve(generator.T, np.eye(size)[0])


def test_a_load_dependent_station_is_its_markov_chain() -> None:
    random = np.random.default_rng(1)
    speeds = random.uniform(0.5, 4, (40, 6))
    demand = random.uniform(0.1, 2, 40)
    rate = random.uniform(0, 0.85, 40) * speeds[:, -1] / demand
    found = load_dependent(rate, demand, speeds)
    for s in range(40):
        deaths = speeds[s, np.minimum(np.arange(STATES), 5)] / demand[s]
        states = _chain(np.full(STATES, rate[s]), deaths)
        assert found.jobs[s] == pytest.approx(states @ np.arange(STATES + 1), rel=1e-8)
        assert found.present[s] == pytest.approx([*states[:6], states[6:].sum()], abs=1e-10)
        assert found.response[s] == pytest.approx(found.jobs[s] / rate[s], rel=1e-10)


@given(st.integers(1, 200), st.floats(0, 0.99), TIMES)
@LAW
def test_as_many_speeds_as_servers_are_m_m_c(servers: int, utilisation: float, demand: float) -> None:
    found = load_dependent([utilisation * servers / demand], [demand], np.arange(1, servers + 1))
    assert found.response[0] == pytest.approx(demand * stretch(servers, utilisation * servers), rel=1e-9)
    assert found.utilisation[0] == pytest.approx(utilisation)
    assert found.present.sum() == pytest.approx(1)


def test_a_station_that_cannot_follow_is_endless_and_full() -> None:
    found = load_dependent([3.0, 0.0], 1.0, [1.0, 3.0])
    assert found.response.tolist() == [np.inf, 1.0]
    assert found.jobs.tolist() == [np.inf, 0.0]
    assert found.present.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_the_usl_peaks_where_it_is_said_to() -> None:
    random = np.random.default_rng(2)
    contention, coherence = random.uniform(0, 0.5, 100), 10 ** random.uniform(-6, -1, 100)
    peak = usl_peak(contention, coherence)
    best = usl_speedup(peak, contention, coherence)
    assert (best >= usl_speedup(peak * 1.01, contention, coherence)).all()
    assert (best >= usl_speedup(np.maximum(peak * 0.99, 1), contention, coherence)).all()
    assert usl_peak([0.1, 1.5, 0.0], [0.0, 0.1, 100.0]).tolist() == [np.inf, 1.0, 1.0]


def test_usl_is_linear_without_contention_and_amdahl_without_coherence() -> None:
    jobs = np.arange(1, 50)
    assert usl_speedup(jobs, 0, 0) == pytest.approx(jobs)
    assert usl_speedup(jobs, 0.1, 0) == pytest.approx(1 / (0.1 + 0.9 / jobs))


def test_jobs_beyond_the_cores_do_not_change_the_speed_of_a_database() -> None:
    speeds = usl_speeds([2, 4], 0.05, 0.01)
    assert speeds.shape == (2, 4)
    assert speeds[0].tolist() == [1, *[pytest.approx(2 / (1 + 0.05 + 0.02))] * 3]
    assert speeds[1, 3] == pytest.approx(4 / (1 + 0.15 + 0.12))


def test_a_finite_buffer_is_its_markov_chain() -> None:
    random = np.random.default_rng(3)
    servers, extra = random.integers(1, 9, 40), random.integers(0, 30, 40)
    places, demand = servers + extra - (random.random(40) < 0.2) * (servers > 1), random.uniform(0.1, 2, 40)
    rate = random.uniform(0, 2, 40) * servers / demand
    found = finite_buffer(rate, demand, servers, places)
    for s in range(40):
        jobs = np.arange(1, places[s] + 1)
        states = _chain(np.full(places[s], rate[s]), np.minimum(jobs, servers[s]) / demand[s])
        assert found.rejection[s] == pytest.approx(states[-1], rel=1e-9)
        assert found.jobs[s] == pytest.approx(states[1:] @ jobs, rel=1e-9)
        assert found.response[s] == pytest.approx((states[1:] @ jobs) / (rate[s] * (1 - states[-1])), rel=1e-9)
        assert found.throughput[s] == pytest.approx(rate[s] * (1 - states[-1]), rel=1e-9)


@given(st.integers(1, 300), st.floats(0.01, 3), TIMES)
@LAW
def test_a_buffer_without_waiting_room_is_erlang_b(servers: int, utilisation: float, demand: float) -> None:
    found = finite_buffer(utilisation * servers / demand, demand, servers, servers)
    assert found.rejection[0] == pytest.approx(erlang_b(servers, utilisation * servers), rel=1e-9)
    assert found.response[0] == pytest.approx(demand, rel=1e-9)


@given(st.integers(1, 20), st.floats(0.01, 0.9), TIMES)
@LAW
def test_a_buffer_with_endless_room_is_m_m_c(servers: int, utilisation: float, demand: float) -> None:
    found = finite_buffer(utilisation * servers / demand, demand, servers, 2000)
    assert found.response[0] == pytest.approx(demand * stretch(servers, utilisation * servers), rel=1e-9)


@given(st.integers(1, 60), st.integers(1, 8), TIMES, TIMES)
@LAW
def test_a_finite_source_is_the_machine_repairman(customers: int, servers: int, think: float, demand: float) -> None:
    speeds = [prod(min(i, servers) for i in range(1, j + 1)) for j in range(customers + 1)]
    weights = [comb(customers, j) * (demand / think) ** j * factorial(j) / speed for j, speed in enumerate(speeds)]
    busy = sum(weight * min(j, servers) for j, weight in enumerate(weights)) / sum(weights)
    found = machine_repairman(customers, think, demand, servers)
    assert found.throughput[0] == pytest.approx(busy / demand, rel=1e-9)
    assert found.utilisation[0] == pytest.approx(busy / servers, rel=1e-9)
    assert found.jobs[0] == pytest.approx(sum(weight * j for j, weight in enumerate(weights)) / sum(weights), rel=1e-9)


def test_a_finite_source_without_think_time_demand_or_customers_has_its_limits() -> None:
    found = machine_repairman([5, 5, 0], [0.0, 2.0, 1.0], [1.0, 0.0, 0.5], 2)
    assert found.throughput.tolist() == [pytest.approx(2), pytest.approx(2.5), 0]
    assert found.response.tolist() == [pytest.approx(2.5), 0, pytest.approx(0.5)]


def test_stations_solved_together_are_stations_solved_alone() -> None:
    customers, think, demand, servers = np.array([3, 40, 0, 7]), np.array([1.0, 5, 2, 0]), np.array([0.2, 1, 3, 1]), np.array([1, 4, 2, 9])
    together = machine_repairman(customers, think, demand, servers).throughput
    alone = [machine_repairman(*each).throughput[0] for each in zip(customers, think, demand, servers, strict=True)]
    assert together == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (lambda: load_dependent([1.0], [1.0], [0.0]), "speeds: each must be above 0"),
        (lambda: load_dependent([1.0, 2.0], [1.0] * 3, [1.0]), "rate: shape"),
        (lambda: finite_buffer(1.0, 1.0, 0, 1), "servers: 0 is not allowed; give whole numbers of at least 1"),
        (lambda: finite_buffer(1.0, 1.0, 1, 1.5), "places: 1.5 is not allowed"),
        (lambda: machine_repairman(1, 0.0, 0.0, 1), "both are 0"),
        (lambda: usl_speedup([1.0], [np.nan], 0.0), r"contention\[0\]: nan"),
    ],
)
def test_bad_input_is_named(action: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        action()
