"""The Linearizer and Bard and Schweitzer's method against exact solutions and LINE's implementations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_solver.api.pfqn import pfqn_bs, pfqn_linearizerms

from benchmarks.queueing import errors, family, stiff
from sizing.queueing import iteration
from sizing.queueing.approximate import bard_schweitzer, linearizer
from sizing.queueing.closed import solve_closed
from sizing.queueing.load_dependent import machine_repairman
from sizing.queueing.mixed import ClosedClasses, OpenClasses, solve_mixed

POPULATIONS = {(1, 1, 1, 1): 60, (5, 4, 3, 2): 60, (1, 2, 5, 20): 60, (10, 8, 6, 4): 20, (100, 1, 1, 1): 40, (100, 100, 0, 0): 8, (200, 0, 0, 0): 60}


def test_errors_stay_far_within_2_and_5_percent_of_the_exact_solution() -> None:
    found, cheap = [], []
    for jobs, size in POPULATIONS.items():
        drawn = family(np.random.default_rng(sum(jobs) + 7), size)
        given_networks = (jobs, drawn.demands, drawn.servers, drawn.think_s)
        exact, approximate = solve_closed(*given_networks), linearizer(*given_networks)
        assert approximate.converged.all()
        found.append(errors(approximate, exact))
        cheap.append(errors(bard_schweitzer(*given_networks), exact))
    linear, simple = np.concatenate(found, axis=1), np.concatenate(cheap, axis=1)
    assert (np.median(linear, axis=1) < 0.001).all()
    assert (np.quantile(linear, 0.95, axis=1) < 0.012).all()
    assert linear.max() < 0.06
    assert (np.quantile(simple, 0.95, axis=1) < 0.2).all()


def test_errors_stay_within_5_percent_where_demands_are_six_decades_apart() -> None:
    drawn = stiff(np.random.default_rng(8), 100)
    arguments = ((8, 6, 2, 1), drawn.demands, drawn.servers, drawn.think_s)
    found = errors(linearizer(*arguments), solve_closed(*arguments))
    assert (np.median(found, axis=1) < 0.005).all()
    assert (np.quantile(found, 0.95, axis=1) < 0.02).all()


def test_line_linearizes_single_servers_to_the_same_figures() -> None:
    random = np.random.default_rng(1)
    demands, think, jobs = random.exponential(1, (25, 3, 5)), random.exponential(5, (25, 3)), random.integers(1, 15, (25, 3))
    found = linearizer(jobs, demands, np.ones(5), think)
    for s in range(25):
        expected = pfqn_linearizerms(demands[s].T, jobs[s].astype(float), think[s], np.ones(5))
        assert found.throughput[s] == pytest.approx(np.ravel(expected[4]), rel=2e-3)
        assert found.jobs[s] == pytest.approx(expected[0].T, rel=0.02, abs=0.01)


def test_line_finds_the_same_fixed_points_of_bard_and_schweitzer() -> None:
    random = np.random.default_rng(2)
    demands, think, jobs = random.exponential(1, (25, 3, 5)), random.exponential(5, (25, 3)), random.integers(1, 60, (25, 3))
    found = bard_schweitzer(jobs, demands, np.ones(5), think)
    for s in range(25):
        throughput = pfqn_bs(demands[s].T, jobs[s].astype(float), think[s], 1e-10, 10_000)[0]
        assert found.throughput[s] == pytest.approx(np.ravel(throughput), rel=1e-4)


def test_machines_and_repairmen_are_nearly_exact_but_at_the_knee() -> None:
    customers = np.array([5, 20, 50, 100, 150, 300, 400, 180, 200, 210, 220])
    found = linearizer(customers[:, None], [[0.5]], [10], 10.0)
    expected = machine_repairman(customers, 10.0, 0.5, 10)
    away = np.abs(found.response[:, 0, 0] / expected.response - 1)
    assert away[:7].max() < 4e-3
    assert away.max() < 0.08
    assert found.throughput[:, 0] == pytest.approx(expected.throughput, rel=0.01)


def test_a_few_machines_at_busy_repairmen_are_within_3_percent() -> None:
    customers, servers, think = np.array([3, 4, 6, 8, 12, 20, 12]), np.array([2, 2, 4, 6, 8, 16, 3]), np.array([1.0, 2, 1, 1, 1, 1, 5])
    found = linearizer(customers[:, None], [[1.0]], servers[:, None], think[:, None])
    assert found.response[:, 0, 0] == pytest.approx(machine_repairman(customers, think, 1.0, servers).response, rel=0.03)


def test_nobody_waits_where_there_are_servers_for_all() -> None:
    arguments = ([2, 1, 0], [[1.0, 0.3], [0.5, 2.0], [0.0, 1.0]], [3, 4], [0.0, 1.0, 2.0])
    assert linearizer(*arguments).throughput == pytest.approx(solve_closed(*arguments).throughput, rel=1e-9)
    assert linearizer(*arguments).response == pytest.approx(solve_closed(*arguments).response, rel=1e-9)


def test_the_first_job_of_a_class_may_be_one_more_than_there_are_servers() -> None:
    arguments = ([2, 1, 0], [[1.0], [0.5], [1.0]], [3], [0.1, 0.1, 2.0])
    expected = solve_closed(*arguments).response[0, 2, 0]
    assert expected > 1.2
    assert linearizer(*arguments).response[0, 2, 0] == pytest.approx(expected, rel=0.06)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_every_job_is_somewhere_and_neighbours_in_the_batch_do_not_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    drawn = family(random, 8)
    jobs = random.integers(0, 60, (8, 4))
    found = linearizer(jobs, drawn.demands, drawn.servers, drawn.think_s)
    assert found.converged.all()
    assert found.jobs.sum(axis=2) + found.throughput * drawn.think_s == pytest.approx(jobs, rel=1e-9, abs=1e-9)
    assert found.utilisation[drawn.servers > 0].max() < 1.01
    alone = linearizer(jobs[3], drawn.demands[3], drawn.servers[3], drawn.think_s[3])
    assert found.throughput[3] == pytest.approx(alone.throughput[0], rel=1e-5)


def test_an_iteration_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iteration, "TURNS", 2)
    drawn = family(np.random.default_rng(3), 20)
    found = linearizer([[40, 30, 20, 10]], drawn.demands, drawn.servers, drawn.think_s)
    assert not found.converged.all()
    assert np.isfinite(found.total_response).all()


def test_nobody_there_is_no_throughput_and_a_free_way() -> None:
    found = linearizer([[0, 0]], [[1.0, 2.0], [0.0, 0.0]], [1, 4])
    assert found.throughput.tolist() == [[0, 0]]
    assert found.response.tolist() == [[[1, 2], [0, 0]]]


def test_speeds_that_fall_with_the_jobs_are_refused() -> None:
    with pytest.raises(ValueError, match="speeds: fall with the jobs somewhere"):
        linearizer([3], [[1.0]], [1], speeds=[[[1.0, 2.0, 1.5]]])


def test_a_mixed_network_is_approximated_as_well_as_a_closed_one() -> None:
    random = np.random.default_rng(4)
    drawn = family(random, 60)
    guests, rates = random.exponential(1, (60, 2, 6)), random.uniform(0.1, 1, (60, 2))
    load = np.einsum("sc,sck->sk", rates, guests) / np.where(drawn.servers, drawn.servers, np.inf)
    rates *= (random.uniform(0.05, 0.9, 60) / load.max(axis=1))[:, None]
    arguments = (OpenClasses(rates, guests), ClosedClasses([6, 4, 2, 1], drawn.demands, drawn.think_s), drawn.servers)
    exact, found = solve_mixed(*arguments), solve_mixed(*arguments, exact=False)
    for one, other in ((found.throughput, exact.throughput), (found.open_response.sum(axis=2), exact.open_response.sum(axis=2))):
        away = np.abs(one / other - 1)
        assert np.median(away) < 0.005
        assert np.quantile(away, 0.95) < 0.02
