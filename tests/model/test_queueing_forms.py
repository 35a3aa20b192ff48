"""The solver against closed forms."""

import math
from itertools import pairwise
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.queueing import SATURATED, Station, alone, closed_throughput, erlang_b, erlang_c, finite_pool, open_network, pool_rates, present, shared, stretch

LOADS = st.floats(0.01, 0.98)
TIMES = st.floats(1e-4, 10)
LAW = settings(max_examples=50, deadline=None)


@given(st.integers(1, 60), LOADS)
@LAW
def test_erlang_b_and_c_equal_their_sums(servers: int, utilisation: float) -> None:
    load = utilisation * servers
    terms = [load**k / factorial(k) for k in range(servers + 1)]
    assert erlang_b(servers, load) == pytest.approx(terms[-1] / sum(terms), rel=1e-9)
    last = terms[-1] / (1 - utilisation)
    assert erlang_c(servers, load) == pytest.approx(last / (sum(terms[:-1]) + last), rel=1e-9)


@given(LOADS)
@LAW
def test_one_server_is_the_processor_sharing_queue(load: float) -> None:
    assert stretch(1, load) == pytest.approx(1 / (1 - load), rel=1e-9)


@given(LOADS)
@LAW
def test_two_servers_are_m_m_2(utilisation: float) -> None:
    assert stretch(2, 2 * utilisation) == pytest.approx(1 / (1 - utilisation**2), rel=1e-9)


def test_a_saturated_station_has_no_finite_response() -> None:
    assert math.isinf(stretch(2, 2.0))
    assert erlang_c(2, 3.0) == 1


@given(st.lists(st.tuples(st.floats(0.01, 5), TIMES, TIMES, TIMES), min_size=1, max_size=6))
@LAW
def test_a_network_of_single_servers_is_a_sum_of_queues(classes: list[tuple[float, float, float, float]]) -> None:
    scale = 0.9 / max(sum(rate * times[k] for rate, *times in classes) for k in range(2))
    rates = [rate * scale for rate, *_ in classes]
    demands = [times for _, *times in classes]
    found = open_network(rates, demands, [Station("one", 1), Station("two", 1), Station("away", 0)])
    loads = [sum(rate * demand[k] for rate, demand in zip(rates, demands, strict=True)) for k in range(3)]
    assert found.utilisation == pytest.approx(loads, rel=1e-9)
    for demand, response in zip(demands, found.response, strict=True):
        assert response == pytest.approx([demand[0] / (1 - loads[0]), demand[1] / (1 - loads[1]), demand[2]], rel=1e-9)


@given(st.integers(1, 40), st.integers(1, 8), TIMES, TIMES)
@LAW
def test_closed_jobs_at_processors_and_a_delay_are_the_machine_repairman(jobs: int, servers: int, demand: float, delay: float) -> None:
    weights = [1.0]
    for k in range(1, jobs + 1):
        weights.append(weights[-1] * (jobs - k + 1) / delay * demand / min(k, servers))
    busy = sum(weight * min(k, servers) for k, weight in enumerate(weights)) / sum(weights)
    assert closed_throughput(alone(servers, jobs), demand, delay, jobs) == pytest.approx(busy / demand, rel=1e-9)


@given(st.integers(1, 30), LOADS, TIMES)
@LAW
def test_a_pool_that_only_waits_is_m_m_c(size: int, utilisation: float, demand: float) -> None:
    load = utilisation * size
    pool = finite_pool(load / demand, pool_rates(alone(size, size), demand, 0.0))
    assert pool.busy == pytest.approx(load, rel=1e-9)
    assert pool.wait_probability == pytest.approx(erlang_c(size, load), rel=1e-9)
    assert pool.wait_s == pytest.approx(erlang_c(size, load) * demand / (size - load), rel=1e-9)


@given(st.integers(2, 30), st.integers(1, 8), LOADS, TIMES)
@LAW
def test_a_pool_larger_than_its_processors_does_not_change_the_mean(extra: int, servers: int, utilisation: float, demand: float) -> None:
    rate = utilisation * servers / demand
    pool = finite_pool(rate, pool_rates(alone(servers, servers + extra), demand, 0.0))
    assert pool.wait_s + pool.inside_s == pytest.approx(demand * stretch(servers, utilisation * servers), rel=1e-9)


@given(st.integers(1, 200), st.integers(1, 16), TIMES, TIMES, LOADS)
@LAW
def test_littles_law_holds_in_the_pool_and_more_places_never_complete_less(size: int, servers: int, demand: float, delay: float, part: float) -> None:
    rates = pool_rates(alone(servers, size), demand, delay)
    assert all(after >= before * (1 - 1e-9) for before, after in pairwise(rates))
    assert rates[-1] <= servers / demand * (1 + 1e-9)
    pool = finite_pool(rates[-1] * part, rates)
    assert pool.busy == pytest.approx(rates[-1] * part * pool.inside_s, rel=1e-9)
    assert pool.busy <= size


def test_a_pool_that_cannot_follow_is_saturated() -> None:
    assert finite_pool(20.0, pool_rates(alone(2, 4), 0.1, 0.0)) is SATURATED


@given(st.floats(0.01, 0.95), st.floats(1e-3, 10))
@LAW
def test_a_pool_of_one_place_is_m_g_1(utilisation: float, variation: float) -> None:
    pool = finite_pool(utilisation, [1.0], variation)
    assert pool.wait_s == pytest.approx(utilisation / (1 - utilisation) * (1 + variation) / 2, rel=1e-9)


@given(st.integers(1, 8), st.integers(1, 40), LOADS)
@LAW
def test_jobs_at_the_processors_are_a_distribution_with_the_mean_of_m_m_c(servers: int, size: int, utilisation: float) -> None:
    load = utilisation * min(servers, size)
    shares = present(load, alone(servers, size))
    assert sum(shares) == pytest.approx(1)
    assert all(share >= 0 for share in shares)


def test_beside_nobody_jobs_have_the_processors_for_themselves() -> None:
    assert shared(4, 10, [1.0]) == alone(4, 10)


@given(st.integers(1, 8), st.integers(1, 20), st.integers(0, 20))
@LAW
def test_beside_others_jobs_never_get_more_than_alone_nor_together_more_than_there_is(servers: int, size: int, others: int) -> None:
    beside = [0.0] * others + [1.0]
    for jobs, (with_others, without) in enumerate(zip(shared(servers, size, beside), alone(servers, size), strict=True), 1):
        assert with_others <= without
        assert with_others * (1 + others / jobs) <= servers + 1e-9
