"""Erlang's formulas and open networks against closed forms, an incomplete gamma function, a Markov chain and LINE."""

import doctest
from math import factorial
from pathlib import Path
from typing import Any

import line_solver as line
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve
from scipy.special import gammaincc, gammaln

from sizing.queueing.erlang import erlang_b, erlang_c, stretch
from sizing.queueing.open import solve_open

Floats = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
REACHABLE = 1e-280


def _recursion(servers: int, load: float) -> float:
    blocking = 1.0
    for server in range(1, servers + 1):
        blocking = load * blocking / (server + load * blocking)
    return blocking


def test_erlang_b_and_c_equal_their_sums() -> None:
    servers = np.arange(1, 65)
    load = servers * np.linspace(0.01, 0.99, 33)[:, None]
    terms = [[[one**k / factorial(k) for k in range(c + 1)] for c, one in zip(servers.tolist(), row, strict=True)] for row in load.tolist()]
    blocking = [[each[-1] / sum(each) for each in row] for row in terms]
    assert erlang_b(servers, load) == pytest.approx(np.array(blocking), rel=1e-11)
    last = np.array([[each[-1] for each in row] for row in terms]) / (1 - load / servers)
    before = np.array([[sum(each[:-1]) for each in row] for row in terms])
    assert erlang_c(servers, load) == pytest.approx(last / (before + last), rel=1e-11)


def test_thousands_of_servers_lose_no_digits_against_the_recursion() -> None:
    random = np.random.default_rng(1)
    servers = np.concatenate([random.integers(1, 5000, 150), [63, 64, 65, 10_000]])
    load = servers * random.choice([0.2, 0.8, 0.95, 0.999, 1, 1.001, 1.5, 10], servers.size)
    expected = np.array([_recursion(int(c), float(a)) for c, a in zip(servers, load, strict=True)])
    reached = expected > REACHABLE
    assert reached.sum() > 100
    assert erlang_b(servers, load)[reached] == pytest.approx(expected[reached], rel=1e-10)


def test_fractions_of_servers_follow_the_incomplete_gamma_function() -> None:
    random = np.random.default_rng(2)
    servers = np.concatenate([random.uniform(0, 1, 200), random.uniform(1, 70, 400), random.uniform(64, 3000, 200)])
    load = np.where(random.random(servers.size) < 0.5, servers * random.uniform(0.3, 1.5, servers.size), 10 ** random.uniform(-2, 2, servers.size))
    with np.errstate(all="ignore"):
        expected = np.exp(servers * np.log(load) - load - gammaln(servers + 1)) / gammaincc(servers + 1, load)
    reached = np.isfinite(expected) & (expected > REACHABLE)
    assert reached.mean() > 0.8
    assert erlang_b(servers, load)[reached] == pytest.approx(expected[reached], rel=1e-10)


@given(st.integers(1, 3000), st.floats(0.01, 1.5))
@settings(max_examples=50, deadline=None)
def test_more_servers_never_block_or_wait_more(servers: int, utilisation: float) -> None:
    load = utilisation * servers
    counts = [servers, servers + 0.5, servers + 1]
    assert (np.diff(erlang_b(counts, load)) <= 1e-12).all()
    assert (np.diff(erlang_c(counts, load)) <= 1e-12).all()


def test_no_load_and_saturation_have_their_limits() -> None:
    assert erlang_b([0, 1, 5, 0.5], 0.0).tolist() == [1, 0, 0, 0]
    assert erlang_c([2, 2, 0], [2.0, 3.0, 0.0]).tolist() == [1, 1, 1]
    assert stretch([1, 2, 2, 80], [0.0, 2.0, 1.0, 80.0]).tolist() == [1, np.inf, pytest.approx(4 / 3), np.inf]


def test_a_station_is_m_m_1_or_m_m_c_and_a_class_feels_only_stations_it_visits() -> None:
    random = np.random.default_rng(3)
    sets, classes, stations = 200, 5, 6
    servers = random.integers(0, 20, (sets, stations))
    demands = random.exponential(1, (sets, classes, stations)) * (random.random((sets, classes, stations)) < 0.8)
    rates = random.uniform(0, 1, (sets, classes))
    load = np.einsum("sc,sck->sk", rates, demands)
    rates *= (random.uniform(0.01, 0.99, sets) / (load / np.where(servers, servers, np.inf)).max(axis=1))[:, None]
    found = solve_open(rates, demands, servers)
    load = np.einsum("sc,sck->sk", rates, demands)
    for s, k in np.ndindex(sets, stations):
        c, a = int(servers[s, k]), float(load[s, k])
        slower = 1.0
        if c:
            last = a**c / factorial(c) / (1 - a / c)
            slower += last / (sum(a**j / factorial(j) for j in range(c)) + last) / (c - a)
        assert found.response[s, :, k] == pytest.approx(demands[s, :, k] * slower, rel=1e-9)
        assert found.utilisation[s, k] == pytest.approx(a / (c or 1), rel=1e-12)
    assert found.total_jobs == pytest.approx(rates * found.total_response, rel=1e-12)
    assert found.jobs.sum(axis=2) == pytest.approx(found.total_jobs, rel=1e-12)


def test_line_finds_the_same_open_networks() -> None:
    random = np.random.default_rng(4)
    servers = [1, 3, 0, 8]
    for _ in range(10):
        demands, rates = random.uniform(0.1, 1, (2, 4)), random.uniform(0.05, 0.4, 2)
        model = line.Network("open")
        nodes = [line.Source(model, "source")]
        for k, count in enumerate(servers):
            nodes.append(line.Queue(model, f"queue {k}", line.SchedStrategy.PS) if count else line.Delay(model, f"delay {k}"))
            if count:
                nodes[-1].setNumberOfServers(count)
        nodes.append(line.Sink(model, "sink"))
        classes = [line.OpenClass(model, f"class {one}") for one in range(2)]
        routing = model.initRoutingMatrix()
        for one, each in enumerate(classes):
            nodes[0].setArrival(each, line.Exp(rates[one]))
            for k in range(4):
                nodes[k + 1].setService(each, line.Exp.fitMean(demands[one, k]))
            routing.set(each, each, line.Network.serialRouting(*nodes))
        model.link(routing)
        expected = np.asarray(line.MVA(model, verbose=False).getAvgQLen())[1:].T
        assert solve_open(rates, demands, servers).jobs[0] == pytest.approx(expected, rel=1e-6)


def test_only_the_mean_of_a_demand_counts() -> None:
    """M/H2/1-PS by its Markov chain: jobs of a short and of a long phase, up to 60 of each."""
    rate, long, short, part, most = 0.5, 5.0, 0.5, 1 / 9, 60
    chain = lil_matrix(((most + 1) ** 2, (most + 1) ** 2))
    for few, many in np.ndindex(most + 1, most + 1):
        here, jobs = few * (most + 1) + many, few + many
        moves = [(few + 1, many, rate * (1 - part)), (few, many + 1, rate * part)]
        moves += [(few - 1, many, few / jobs / short), (few, many - 1, many / jobs / long)] if jobs else []
        for i, j, speed in moves:
            if 0 <= i <= most and 0 <= j <= most and speed:
                chain[i * (most + 1) + j, here] += speed
                chain[here, here] -= speed
    chain[0, :] = 1
    states = spsolve(chain.tocsc(), np.eye(1, (most + 1) ** 2)[0]).reshape(most + 1, most + 1)
    jobs = (states * np.add.outer(np.arange(most + 1), np.arange(most + 1))).sum()
    mean = part * long + (1 - part) * short
    assert solve_open([rate], [[mean]], [1]).total_jobs[0, 0] == pytest.approx(jobs, rel=1e-6)


def test_a_saturated_station_is_endless_only_for_those_who_go_there() -> None:
    found = solve_open([[2.0, 1.0, 0.0]], [[1.0, 0.1], [0.0, 0.1], [1.0, 0.0]], [1, 1])
    assert found.utilisation.tolist() == [[2.0, pytest.approx(0.3)]]
    assert np.isinf(found.total_response).tolist() == [[True, False, True]]
    assert found.total_jobs.tolist() == [[np.inf, pytest.approx(1 / 7), 0]]


@pytest.mark.parametrize(
    ("rates", "demands", "servers", "said"),
    [
        ([[1, -1]], [[1], [1]], [1], r"rates\[0, 1\]: -1 is not allowed"),
        ([[1, 1]], [[1], [np.nan]], [1], r"demands\[1, 0\]: nan is not allowed"),
        ([[1, 1]], [[1], [np.inf]], [1], r"demands\[1, 0\]: inf is not allowed"),
        ([[1, 1, 1]], [[1], [1]], [1], r"rates: shape \(1, 3\) does not fit"),
        ([[1, 1]] * 3, np.ones((2, 2, 1)), [1], "scenario axes of lengths"),
        ([1], [[1]], [1, 2], r"servers: shape \(2,\) does not fit"),
        ([1], [[1], [1, 2]], [1], "each row as long as the others"),
        ([1], [1], [1], "demands: 1 axes; give"),
    ],
)
def test_bad_input_is_named_with_its_place(rates: Any, demands: Any, servers: Any, said: str) -> None:  # noqa: ANN401 - what no type allows
    with pytest.raises(ValueError, match=said):
        solve_open(rates, demands, servers)


def test_the_examples_of_the_reference_page_run() -> None:
    outcome = doctest.testfile(str(ROOT / "docs" / "reference" / "queueing.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert outcome.attempted > 20
    assert not outcome.failed
