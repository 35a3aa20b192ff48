"""Pools on shared processors against a simulation, and the laws that they must keep; benchmarks/pool.py measures the same on more hosts."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import ciw
import numpy as np
import pytest
from numpy.typing import ArrayLike

from benchmarks.pool import Host, random_host
from sizing.queueing.erlang import erlang_c, stretch
from sizing.queueing.shared import SharedSolution, shared_processors
from tests.model import des

Error = Callable[[SharedSolution, des.Simulated, int], float]
SEEDS = range(500, 560)
REQUESTS = 300_000
WORK, VARIATION, DELAY, POOL, SHARE = [0.038, 0.264, 0.04, 0.001], [0.25, 0.1, 0.5, 0.3], [0.004, 0.004, 0.02, 0.0], [0, 0, 1, -1], [4.0, 0.3, 1.5, 5.0]


def host(rates: ArrayLike, cores: ArrayLike = 4, places: ArrayLike = (8, 8), **changes: Any) -> SharedSolution:  # noqa: ANN401 - any argument of the model
    given: dict[str, Any] = {"work": WORK, "variation": VARIATION, "delay": DELAY, "pool": POOL} | changes
    return shared_processors(cores, rates, given.pop("work"), given.pop("variation"), given.pop("delay"), given.pop("pool"), places, **given)


@lru_cache
def compared() -> tuple[tuple[Host, des.Simulated, SharedSolution], ...]:
    hosts = [random_host(seed, (1, 2, 3, 4, 6, 8, 12, 16)) for seed in SEEDS]
    return tuple((one, one.simulate(des, REQUESTS, 1), one.solve()) for one in hosts)


def errors(kind: str, of: Error, *, few_cores: bool = False) -> np.ndarray:
    return np.array([
        abs(of(model, simulated, at))
        for one, simulated, model in compared()
        if (one.cores == 1) == few_cores
        for at, each in enumerate(one.kinds)
        if each == kind and len(simulated.responses[at]) > 3000
    ])  # fmt: skip


def of_mean(model: SharedSolution, simulated: des.Simulated, at: int) -> float:
    return float(model.response[0, at] / simulated.mean[at] - 1)


def of_p95(model: SharedSolution, simulated: des.Simulated, at: int) -> float:
    return float(model.quantile(0.95)[0, at] / simulated.quantile(0.95)[at] - 1)


# what the runs here see, noise of 300,000 requests included: median and nine of ten within
@pytest.mark.parametrize(
    ("few_cores", "of", "median", "most"),
    [(False, of_mean, 0.01, 0.05), (False, of_p95, 0.03, 0.10), (True, of_mean, 0.03, 0.12), (True, of_p95, 0.08, 0.20)],
)
def test_pages_respond_as_in_the_simulation(*, few_cores: bool, of: Error, median: float, most: float) -> None:
    found = errors("page", of, few_cores=few_cores)

    assert np.median(found) < median
    assert np.quantile(found, 0.9) < most


def test_static_files_and_sign_ins_respond_as_in_the_simulation() -> None:
    assert np.quantile(errors("static", of_mean), 0.9) < 0.05
    assert np.quantile(errors("sign-in", of_p95), 0.9) < 0.12


def test_places_are_busy_as_in_the_simulation() -> None:
    ratios = [model.busy[0] / simulated.busy_places for _, simulated, model in compared()]

    assert np.quantile(np.abs(np.concatenate(ratios) - 1), 0.9) < 0.04


@pytest.mark.parametrize(("patience", "queue"), [(1.0, math.inf), (math.inf, 12.0), (0.0, math.inf)])
@pytest.mark.parametrize("load", [0.9, 1.0, 1.3])
def test_who_is_sent_away_is_as_many_as_in_the_simulation(load: float, patience: float, queue: float) -> None:
    rates = np.array(SHARE) * load * 4 / (np.array(SHARE) @ WORK)

    model = host(rates, patience=patience, queue=queue)
    simulated = des.simulate(4, rates, WORK, VARIATION, DELAY, POOL, [8, 8], queue, patience, requests=400_000)

    assert model.rejected[0] == pytest.approx(simulated.rejected, abs=0.02)
    assert model.utilisation[0] == pytest.approx(simulated.utilisation, abs=0.01)
    assert model.quantile(0.95)[0, [0, 2]] == pytest.approx(simulated.quantile(0.95)[[0, 2]], rel=0.15)


@pytest.mark.parametrize("cores", [1, 2, 5, 16, 100])
@pytest.mark.parametrize("load", [0.1, 0.6, 0.95])
def test_without_pools_only_the_mean_work_matters(cores: int, load: float) -> None:
    rates = np.array([3.0, 1.0]) * load * cores / (3 * 0.1 + 0.4)

    found = shared_processors(cores, rates, [0.1, 0.4], [0.3, 1.5], [0.0, 0.02], [-1, -1], [])

    assert found.response[0] == pytest.approx(np.array([0.1, 0.4]) * stretch(cores, load * cores) + [0.0, 0.02], rel=1e-9)
    assert found.utilisation[0] == pytest.approx(load)


def test_a_pool_too_large_to_fill_changes_nothing() -> None:
    rates = np.array(SHARE) * 0.7 * 4 / (np.array(SHARE) @ WORK)

    found = host(rates, places=[400, 400])

    assert found.response[0] == pytest.approx(np.array(WORK) * stretch(4, 2.8) + DELAY, rel=1e-4)
    assert found.wait_probability.max() < 1e-12


@pytest.mark.parametrize("load", [0.3, 0.8])
@pytest.mark.parametrize("variation", [0.0, 1.0, 2.0])
def test_one_place_is_pollaczek_and_khinchine(load: float, variation: float) -> None:
    found = shared_processors(1, load / 0.1, 0.1, variation, 0.0, [0], [1])

    assert found.wait[0, 0] == pytest.approx(load * 0.1 * (1 + variation**2) / 2 / (1 - load), rel=1e-9)
    assert found.wait_probability[0, 0] == pytest.approx(load)


@pytest.mark.parametrize(("cores", "places"), [(1, 1), (4, 4), (4, 9), (16, 32)])
def test_exponential_work_is_erlang(cores: int, places: int) -> None:
    load = 0.8 * cores

    found = shared_processors(cores, load / 0.1, 0.1, 1.0, 0.0, [0], [places])

    assert found.response[0, 0] == pytest.approx(0.1 * stretch(cores, load), rel=1e-9)
    assert found.wait_probability[0, 0] == pytest.approx(erlang_c(cores, load) * 0.8 ** (places - cores), rel=1e-9)


def test_no_room_to_wait_is_erlangs_loss() -> None:
    found = shared_processors(4, 50.0, 0.1, 1.0, 0.0, [0], [4], queue=0)
    blocked = 5.0**4 / 24 / sum(5.0**k / math.factorial(k) for k in range(5))

    assert found.rejected[0, 0] == pytest.approx(blocked)
    assert found.response[0, 0] == pytest.approx(0.1)


def test_what_is_carried_is_what_was_let_in() -> None:
    rates = np.linspace(0.2, 3, 60)[:, None] * np.array(SHARE) * 4 / (np.array(SHARE) @ WORK)
    found = host(rates, patience=2.0, background=0.1)

    let_in = rates * np.stack([1 - found.rejected[:, 0], 1 - found.rejected[:, 0], 1 - found.rejected[:, 1], np.ones(60)], axis=1)

    stable = (rates[:, 3] * WORK[3] + 0.1) < 4
    assert found.utilisation[stable] * 4 == pytest.approx((let_in @ WORK + 0.1)[stable], rel=0.02)


def test_busy_places_obey_little() -> None:
    rates = np.array(SHARE) * 0.75 * 4 / (np.array(SHARE) @ WORK)
    found = host(rates, places=[[6, 8]])

    inside = found.response[0] - np.array([*found.wait[0, [0, 0, 1]], 0.0])

    assert found.busy[0] == pytest.approx([rates[0] * inside[0] + rates[1] * inside[1], rates[2] * inside[2]], rel=1e-9)


def test_more_places_never_reject_more() -> None:
    rates = np.array(SHARE) * np.array([0.8, 1.0, 1.5])[:, None] * 4 / (np.array(SHARE) @ WORK)
    rejected = np.array([host(rates, places=[size, size], patience=0.5).rejected for size in range(1, 40)])

    assert (np.diff(rejected.sum(axis=2), axis=0) < 2e-3).all()


def test_more_requests_never_respond_sooner() -> None:
    rates = np.linspace(0.1, 1.6, 200)[:, None] * np.array(SHARE) * 4 / (np.array(SHARE) @ WORK)
    found = host(rates, patience=1.0)

    assert (np.diff(found.response[:, [0, 2]], axis=0) > -1e-4).all()
    assert (np.diff(found.rejected, axis=0) > -1e-6).all()


def test_past_saturation_the_rest_is_rejected() -> None:
    found = shared_processors(4, np.array([[60.0], [80.0], [400.0]]), 0.1, 0.02, 0.0, [0], [8], patience=3.0)

    assert found.rejected[:, 0] == pytest.approx([1 - 40 / 60, 1 - 40 / 80, 1 - 40 / 400], abs=1e-3)
    assert found.quantile(0.95)[:, 0] == pytest.approx(3.0 + 0.2, rel=0.05)


def test_without_limits_there_is_no_steady_state_past_saturation() -> None:
    found = shared_processors(2, [[30.0, 1.0, 5.0]], 0.1, 0.5, 0.0, [0, 1, -1], [4, 4])

    assert math.isinf(found.response[0, 0])
    assert math.isinf(found.quantile(0.5)[0, 0])
    assert np.isfinite(found.response[0, 1:]).all()
    assert found.rejected[0, 0] == 0


def test_a_host_full_of_what_needs_no_pool_is_stuck() -> None:
    found = host([1.0, 1.0, 1.0, 5000.0])

    assert np.isinf(found.response).all()
    assert found.utilisation[0] == 1


def test_faster_processors_scale_all_times() -> None:
    rates = np.array(SHARE) * 0.8 * 4 / (np.array(SHARE) @ WORK)
    slow, fast = host(rates, patience=1.0), host(rates * 4, work=np.array(WORK) / 4, delay=np.array(DELAY) / 4, patience=0.25)

    assert fast.response * 4 == pytest.approx(slow.response, rel=1e-12)
    assert fast.quantile(0.95) * 4 == pytest.approx(slow.quantile(0.95), rel=1e-6)
    assert fast.rejected == pytest.approx(slow.rejected, rel=1e-12)


def test_the_order_of_classes_pools_and_hosts_does_not_matter() -> None:
    rates = np.array([0.3, 0.8, 1.4])[:, None] * np.array(SHARE) * 4 / (np.array(SHARE) @ WORK)
    order, exchanged = [2, 0, 3, 1], [0, 1, -1, 1]
    straight = host(rates, places=[[6, 8], [3, 50], [9, 1]], patience=1.0)
    turned = shared_processors(
        4,
        rates[::-1][:, order],
        np.array(WORK)[order],
        np.array(VARIATION)[order],
        np.array(DELAY)[order],
        exchanged,
        [[1, 9], [50, 3], [8, 6]],
        patience=1.0,
    )

    assert turned.response[::-1] == pytest.approx(straight.response[:, order], rel=1e-9)
    assert turned.quantile(0.95)[::-1] == pytest.approx(straight.quantile(0.95)[:, order], rel=1e-6)
    assert turned.rejected[::-1, ::-1] == pytest.approx(straight.rejected, rel=1e-9)


def test_a_host_among_thousands_is_solved_as_alone() -> None:
    dice = np.random.default_rng(3)
    cores, scale = dice.integers(1, 33, 3000), dice.uniform(0.1, 0.9, 3000)
    rates = (scale * cores)[:, None] * np.array(SHARE) / (np.array(SHARE) @ WORK)
    many = host(rates, cores, np.stack([2 * cores, cores], axis=1), patience=1.0)

    for at in (0, 1234, 2999):
        alone = host(rates[at], cores[at], [2 * cores[at], cores[at]], patience=1.0)
        assert alone.response[0] == pytest.approx(many.response[at], rel=1e-9)


@pytest.mark.parametrize(
    ("rates", "work", "delay", "places"),
    [
        ([0.0, 0.0, 0.0], [0.04, 0.02, 0.001], 0.01, [3, 3]),
        ([50.0, 0.0, 100.0], [0.04, 0.02, 0.001], 0.01, [3, 3]),
        ([30.0, 20.0, 5.0], 0.0, 0.05, [4, 4]),
        ([90.0, 3.0, 5.0], [0.04, 0.02, 0.001], 0.0, [8192, 600]),
        ([90.0, 3.0, 5.0], [0.04, 0.02, 0.001], 20.0, [8192, 600]),
        ([1e6, 1e6, 5.0], [0.04, 0.02, 0.001], 0.01, [1, 500]),
    ],
)
def test_extremes_are_finite(rates: ArrayLike, work: ArrayLike, delay: float, places: ArrayLike) -> None:
    found = shared_processors(4, rates, work, 0.5, delay, [0, 1, -1], places, patience=3.0)

    assert np.isfinite(found.response).all()
    assert np.isfinite(found.quantile(0.95)).all()
    assert (found.response >= np.broadcast_to(np.asarray(work) + np.asarray(delay), (1, 3)) * (1 - 1e-9)).all()
    assert (found.busy <= np.asarray(places) * (1 + 1e-9)).all()


def test_a_pool_that_nothing_asks_for_changes_nothing() -> None:
    one = shared_processors(4, [50.0, 100.0], [0.04, 0.001], 0.2, 0.01, [0, -1], [3])
    two = shared_processors(4, [50.0, 100.0], [0.04, 0.001], 0.2, 0.01, [0, -1], [3, 7])

    assert two.response == pytest.approx(one.response, rel=1e-6)
    assert two.busy[0, 1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("q", [0.01, 0.5, 0.95, 0.999])
def test_quantiles_lie_in_order_and_are_finite(q: float) -> None:
    rates = np.geomspace(1e-6, 3, 50)[:, None] * np.array(SHARE) * 4 / (np.array(SHARE) @ WORK)
    found = host(rates, patience=2.0)

    assert np.isfinite(found.quantile(q)).all()
    assert (found.quantile(q) <= found.quantile(q + 0.0005) * (1 + 1e-6)).all()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rates": [1.0, -1.0, 1.0, 1.0]}, "rates"),
        ({"rates": [1.0, math.nan, 1.0, 1.0]}, "rates"),
        ({"cores": 0}, "cores"),
        ({"cores": 2.5}, "cores"),
        ({"cores": 5000}, "cores"),
        ({"work": [0.1, 0.1]}, "work"),
        ({"delay": math.inf}, "delay"),
        ({"pool": [0, 0, 2, -1]}, "pool"),
        ({"pool": [0, 0]}, "pool"),
        ({"places": [8, 0]}, "places"),
        ({"patience": -1.0}, "patience"),
        ({"queue": 1.5}, "queue"),
        ({"background": math.nan}, "background"),
    ],
)
def test_what_cannot_be_solved_is_named(changes: dict[str, Any], says: str) -> None:
    given = {"rates": [1.0, 1.0, 1.0, 1.0]} | changes

    with pytest.raises(ValueError, match=says):
        host(given.pop("rates"), **given)


def test_a_quantile_is_between_none_and_all() -> None:
    with pytest.raises(ValueError, match="q: 1"):
        host([1.0, 1.0, 1.0, 1.0]).quantile(1)


def test_the_simulation_is_erlang_and_pollaczek_and_khinchine() -> None:
    shared = des.simulate(4, [34.0], [0.1], [0.5], [0.0], [-1], [1], requests=1_000_000)
    single = des.simulate(1, [7.0], [0.1], [0.5], [0.0], [0], [1], requests=1_000_000)

    assert shared.mean[0] == pytest.approx(0.1 * stretch(4, 3.4), rel=0.02)
    assert shared.utilisation == pytest.approx(0.85, rel=0.01)
    assert single.wait[0] == pytest.approx(0.7 * 0.1 * 1.25 / 2 / 0.3, rel=0.03)
    assert single.wait_probability[0] == pytest.approx(0.7, rel=0.01)


def test_the_simulation_agrees_with_another_one() -> None:
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(24.0)],
        service_distributions=[ciw.dists.Gamma(4.0, 0.025)],
        number_of_servers=[3],
        queue_capacities=[4],
    )
    ciw.seed(5)
    other = ciw.Simulation(network)
    other.simulate_until_max_time(1500)
    records = [record for record in other.get_all_records() if record.arrival_date > 100]
    served = np.array([record.exit_date - record.arrival_date for record in records if record.record_type == "service"])

    ours = des.simulate(3, [24.0], [0.1], [0.5], [0.0], [0], [3], 4, requests=400_000)

    assert ours.mean[0] == pytest.approx(served.mean(), rel=0.03)
    assert ours.quantile(0.95)[0] == pytest.approx(np.quantile(served, 0.95), rel=0.03)
    assert ours.rejected[0] == pytest.approx(1 - len(served) / len(records), abs=0.006)


def test_what_is_beyond_a_quantile_is_the_rest() -> None:
    rates = np.linspace(0.2, 1.4, 40)[:, None] * np.array(SHARE) * 4 / (np.array(SHARE) @ WORK)
    found = host(rates, patience=1.0, cores=np.tile([4, 5], 20))

    assert found.beyond(found.quantile(0.95)) == pytest.approx(0.05, rel=1e-4)
    assert host([1.0, 1.0, 1.0, 5000.0]).beyond(1.0) == pytest.approx(1.0)
