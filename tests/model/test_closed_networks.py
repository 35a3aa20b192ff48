"""Exact closed and mixed networks against LINE, a Markov chain, enumeration and closed forms."""

from itertools import product
from math import factorial, prod
from typing import Any

import numpy as np
import pytest
from line_solver.api.pfqn import pfqn_mvald, pfqn_mvaldmx
from numpy.typing import NDArray

from sizing.queueing.closed import solve_closed
from sizing.queueing.erlang import stretch
from sizing.queueing.load_dependent import load_dependent, machine_repairman, usl_speeds
from sizing.queueing.mixed import ClosedClasses, OpenClasses, solve_mixed
from sizing.queueing.stations import server_speeds

Floats = NDArray[np.float64]
POPULATIONS = [(3, 2), (1, 1, 1, 1), (5, 0, 2), (12,), (2, 3, 2), (7, 6), (4, 2, 1, 1), (1, 9), (25,), (3, 3, 3)]


def _draw(random: np.random.Generator, sets: int, classes: int, stations: int) -> tuple[Floats, NDArray[np.int64], Floats]:
    demands = random.exponential(1, (sets, classes, stations)) * (random.random((sets, classes, stations)) < 0.85)
    demands[..., 0] += 0.05
    return demands, random.choice([0, 1, 1, 2, 3, 8], (sets, stations)), random.exponential(3, (sets, classes)) * (random.random((sets, classes)) < 0.7)


@pytest.mark.parametrize("populations", POPULATIONS)
def test_line_finds_the_same_closed_networks(populations: tuple[int, ...]) -> None:
    demands, servers, think = _draw(np.random.default_rng(sum(populations)), 15, len(populations), 4)
    found = solve_closed(populations, demands, servers, think)
    there = np.array(populations) > 0
    for s in range(15):
        speeds = np.where(servers[s] > 0, server_speeds(servers[s], sum(populations)).T, np.arange(1, sum(populations) + 1)[:, None]).T
        throughput, jobs, *_ = pfqn_mvald(demands[s][there].T, np.array(populations)[there], think[s, there], speeds)
        assert found.throughput[s, there] == pytest.approx(np.ravel(throughput), rel=1e-6)
        assert found.jobs[s, there] == pytest.approx(jobs.T, rel=1e-6, abs=1e-9)


def test_processor_sharing_with_several_servers_is_its_markov_chain() -> None:
    """Two classes go round three stations: the chain knows nothing of product forms."""
    random = np.random.default_rng(5)
    servers = np.array([2, 1, 3])
    jobs = (3, 2)
    spots = [[place for place in product(range(count + 1), repeat=3) if sum(place) == count] for count in jobs]
    states = list(product(*spots))
    number = {state: at for at, state in enumerate(states)}
    for _ in range(10):
        demands = random.uniform(0.1, 2, (2, 3))
        generator = np.zeros((len(states), len(states)))
        for state, at in number.items():
            for one, k in product(range(2), range(3)):
                there = state[0][k] + state[1][k]
                if state[one][k]:
                    moved = list(state[one])
                    moved[k] -= 1
                    moved[(k + 1) % 3] += 1
                    after = (tuple(moved), state[1]) if one == 0 else (state[0], tuple(moved))
                    generator[at, number[after]] += state[one][k] / there * min(there, servers[k]) / demands[one, k]
        generator -= np.diag(generator.sum(axis=1))
        generator[:, 0] = 1
        shares = np.linalg.solve(generator.T, np.eye(len(states))[0])
        expected = np.einsum("s,sck->ck", shares, np.array(states))
        assert solve_closed(jobs, demands, servers).jobs[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("populations", [(3, 2), (6,), (2, 2, 2)])
def test_any_speeds_are_an_enumeration_of_all_states(populations: tuple[int, ...]) -> None:
    random = np.random.default_rng(6)
    classes = len(populations)
    demands, think, speeds = random.uniform(0, 1, (10, classes, 3)), random.uniform(0, 3, (10, classes)), random.uniform(0.5, 3, (10, 3, 4))
    found = solve_closed(populations, demands, [1, 1, 1], think, speeds=speeds)
    spots = [[place for place in product(range(count + 1), repeat=4) if sum(place) == count] for count in populations]
    for s in range(10):
        weights, means = 0.0, np.zeros((classes, 4))
        for state in product(*spots):
            there = np.sum(state, axis=0)
            weight = prod(think[s, c] ** state[c][3] / factorial(state[c][3]) for c in range(classes))
            for k in range(3):
                weight *= factorial(there[k]) / prod(speeds[s, k, min(j, 3)] for j in range(there[k]))
                weight *= prod(demands[s, c, k] ** state[c][k] / factorial(state[c][k]) for c in range(classes))
            weights += weight
            means += weight * np.array(state)
        assert found.jobs[s] == pytest.approx(means[:, :3] / weights, rel=1e-9)


def test_no_digits_are_lost_with_many_jobs_at_many_servers() -> None:
    customers, servers = 400, np.array([1, 2, 7, 16, 64, 399, 0])
    demands = servers.clip(1)[:, None, None] * np.array([0.5, 1.0, 3.0, 1.0, 2.0, 1.0, 1.0])[:, None, None] / 20
    found = solve_closed([customers], demands, servers[:, None], 10.0)
    expected = machine_repairman(customers, 10.0, demands[:, 0, 0], np.where(servers, servers, 2000))
    assert found.throughput[:, 0] == pytest.approx(expected.throughput, rel=1e-9)
    assert found.response[:, 0, 0] == pytest.approx(expected.response, rel=1e-9)


def test_every_job_is_somewhere_and_no_server_works_more_than_always() -> None:
    random = np.random.default_rng(7)
    populations = (12, 6, 3)
    demands, servers, think = _draw(random, 60, 3, 6)
    found = solve_closed(populations, demands, servers, think)
    assert found.jobs.sum(axis=2) + found.throughput * think == pytest.approx(np.tile(populations, (60, 1)), rel=1e-9)
    assert found.utilisation[servers > 0].max() <= 1 + 1e-12
    assert found.total_response == pytest.approx(found.response.sum(axis=2))


def test_a_class_without_jobs_gets_what_its_first_job_would_find() -> None:
    demands, servers, think = _draw(np.random.default_rng(8), 20, 2, 3)
    none, small = solve_closed((4, 0), demands, servers, think), solve_closed((4, 1), demands, servers, think)
    assert none.throughput[:, 1].tolist() == [0] * 20
    assert none.response[:, 1] == pytest.approx(small.response[:, 1], rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (((300, 300, 300), np.ones((3, 2)), [1, 1]), "a lattice of 27270901 points, more than 8000000; use linearizer"),
        ((np.array([[1, 2], [2, 1]]), np.ones((2, 2)), [1, 1]), "populations: differ between scenarios"),
        (((2, 1), np.array([[1, 1], [0, 0]]), [1, 1]), "a class with jobs needs a demand somewhere"),
        (((1.5,), np.ones((1, 2)), [1, 1]), r"populations\[0\]: 1.5 is not allowed; give whole"),
        (((1,), np.ones((1, 2)), [1, 2, 3]), r"servers: shape \(3,\) does not fit"),
        (((), np.ones((0, 2)), [1, 2]), "one of them is empty"),
    ],
)
def test_what_cannot_be_solved_is_named(arguments: tuple[Any, Any, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        solve_closed(*arguments)


def test_line_finds_the_same_mixed_networks() -> None:
    random = np.random.default_rng(9)
    sets, stations, populations = 60, 4, (4, 2)
    demands, guests = random.uniform(0.05, 1, (sets, 2, stations)), random.uniform(0.05, 1, (sets, 2, stations))
    servers, think, rates = random.choice([1, 1, 2, 5], (sets, stations)), random.exponential(3, (sets, 2)), random.uniform(0.1, 1, (sets, 2))
    rates *= (random.uniform(0.05, 0.9, sets) / (np.einsum("sc,sck->sk", rates, guests) / servers).max(axis=1))[:, None]
    found = solve_mixed(OpenClasses(rates, guests), ClosedClasses(populations, demands, think), servers)
    for s in range(sets):
        speeds = server_speeds(servers[s], 40)
        both = np.concatenate([guests[s], demands[s]]).T
        count = np.array([np.inf, np.inf, *populations])
        throughput, jobs, *_ = pfqn_mvaldmx(np.array([*rates[s], 0, 0]), both, count, np.array([0, 0, *think[s]]), speeds, servers[s][:, None])
        assert found.throughput[s] == pytest.approx(np.ravel(throughput)[2:], rel=1e-6)
        assert np.concatenate([found.open_jobs[s], found.jobs[s]]) == pytest.approx(jobs.T, rel=1e-6)


def test_open_work_at_single_servers_inflates_the_demands_of_the_closed() -> None:
    random = np.random.default_rng(10)
    demands, think = random.uniform(0.1, 1, (20, 2, 3)), random.exponential(3, (20, 2))
    loads = np.array([0.5, 0.9, 0.0])
    found = solve_mixed(OpenClasses([1.0], [loads]), ClosedClasses((5, 3), demands, think), [1, 1, 0])
    slower = np.array([2, 10, 1])
    expected = solve_closed((5, 3), demands * slower, [1, 1, 0], think)
    assert found.throughput == pytest.approx(expected.throughput, rel=1e-9)
    assert found.open_response[:, 0] == pytest.approx(loads * slower * (1 + expected.jobs.sum(axis=1)), rel=1e-9)
    assert found.utilisation == pytest.approx(loads + np.einsum("sc,sck->sk", expected.throughput, demands), rel=1e-9)


def test_a_mixed_network_that_the_open_classes_saturate_has_no_steady_state() -> None:
    found = solve_mixed(OpenClasses([[1.0], [3.0]], [[1.0, 0.0]]), ClosedClasses([2], [[1.0, 1.0]], 1.0), [2, 1])
    assert found.throughput[1].tolist() == [0]
    assert np.isinf(found.response).tolist() == [[[False, False]], [[True, True]]]
    assert np.isinf(found.open_response).tolist() == [[[False, False]], [[True, False]]]
    assert np.isfinite(found.jobs[0]).all()


def test_a_mixed_network_without_closed_jobs_is_the_open_one() -> None:
    found = solve_mixed(OpenClasses([2.0], [[1.0]]), ClosedClasses([0], [[1.0]]), [3])
    assert found.open_jobs[0, 0, 0] == pytest.approx(load_dependent([2.0], [1.0], [1, 2, 3]).jobs[0], rel=1e-9)


def test_the_largest_stations_of_mixed_networks_stay_within_the_range_of_floats() -> None:
    found = solve_mixed(OpenClasses([[100.0], [100.0]], [[4.9]]), ClosedClasses([0], [[1.0]]), [[500], [491]])
    assert found.open_response[:, 0, 0] == pytest.approx(4.9 * stretch([500, 491], 490.0), rel=1e-9)


def test_usl_speeds_make_a_closed_database_slower_than_its_cores() -> None:
    speeds = usl_speeds([8], 0.05, 0.02)
    linear, usl = solve_closed([30], [[1.0]], [8], 1.0), solve_closed([30], [[1.0]], [1], 1.0, speeds=speeds[:, None])
    assert usl.throughput[0, 0] == pytest.approx(speeds[0, -1], rel=0.01)
    assert usl.throughput[0, 0] < linear.throughput[0, 0]
