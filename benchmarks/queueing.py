"""Measure how fast and how exact sizing.queueing is, on one core, beside LINE on the same networks; write results/queueing.json.

    python -m benchmarks.queueing

Start-up (imports, a first call) is not counted, nor is building LINE's models.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import write
from sizing.queueing.approximate import bard_schweitzer, linearizer
from sizing.queueing.closed import solve_closed
from sizing.queueing.open import solve_open
from sizing.queueing.stations import ClosedNetworks

Floats = NDArray[np.float64]
STATIONS, CLASSES, OPEN_CLASSES = 6, 4, 10
ASKED = {"open_per_second": 20_000, "approximate_per_second": 2_000, "median_error": 0.02, "p95_error": 0.05}
POPULATIONS = {
    (1, 1, 1, 1): 100,
    (5, 4, 3, 2): 100,
    (1, 2, 5, 20): 100,
    (20, 15, 10, 5): 60,
    (25, 20, 20, 15): 8,
    (100, 1, 1, 1): 100,
    (150, 40, 2, 1): 40,
    (40, 30, 20, 0): 40,
    (100, 100, 0, 0): 40,
    (200, 0, 0, 0): 100,
    (60, 50, 50, 40): 2,
}
STIFF_POPULATION = (8, 6, 2, 1)
STIFF_NETWORKS = 200
VISITED, PER_SERVER, THINKLESS = 0.85, 0.7, 0.3
COMPARED = 4
SPEED_NETWORKS = 4000
LARGEST_POPULATION = 200
RUNS = 5


@dataclass(frozen=True)
class Family:
    """Random closed networks: demands (S, C, K) s, servers (S, K) with 0 for a delay, think times (S, C) s."""

    demands: Floats
    servers: NDArray[np.int64]
    think_s: Floats


def family(random: np.random.Generator, size: int) -> Family:
    """Draw networks of 6 stations and 4 classes.

    0 to 2 stations are delays, 1 to 3 have 2 to 16 servers, the others one. Mean demands
    of stations lie within e^4 of each other, most of them for each of their servers; 15 %
    of the classes pass a station by; 30 % have no think time, the others 0.1 to 300 s.
    """
    servers = np.ones((size, STATIONS), dtype=np.int64)
    for row in servers:
        places = random.permutation(STATIONS)
        delays, several = random.integers(0, 3), random.integers(1, 4)
        row[places[:delays]] = 0
        row[places[delays : delays + several]] = random.integers(2, 17, several)
    demands = random.exponential(1, (size, CLASSES, STATIONS)) * (random.random((size, CLASSES, STATIONS)) < VISITED)
    demands *= np.exp(random.uniform(-2, 2, (size, 1, STATIONS)))
    demands *= np.where(random.random((size, 1, STATIONS)) < PER_SERVER, np.maximum(servers, 1)[:, None], 1)
    demands[..., 0] += 1e-3
    think = np.where(random.random((size, CLASSES)) < THINKLESS, 0.0, 10 ** random.uniform(-1, 2.5, (size, CLASSES)))
    return Family(demands, servers, think)


def stiff(random: np.random.Generator, size: int) -> Family:
    """Draw networks whose demands lie anywhere between 0.1 ms and 100 s, and think times between 0.1 ms and 10,000 s."""
    servers = random.integers(0, 17, (size, STATIONS))
    return Family(10 ** random.uniform(-4, 2, (size, CLASSES, STATIONS)), servers, 10 ** random.uniform(-4, 4, (size, CLASSES)))


def errors(found: ClosedNetworks, exact: ClosedNetworks) -> Floats:
    """Return relative errors (2, n) of throughput and of mean response, class by class, where there are jobs."""
    there = exact.throughput > 0
    throughput = found.throughput[there] / exact.throughput[there] - 1
    return np.abs(np.stack([throughput, found.total_response[there] / exact.total_response[there] - 1]))


def main() -> None:
    """Measure everything and write it down."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    figures = {"asked": ASKED, "cores_used": 1, "speed": _speed(), "error_against_exact": _accuracy(), "line": _line()}
    print(write("queueing", figures).read_text(encoding="utf-8"))


def _speed() -> dict[str, object]:
    random = np.random.default_rng(20)
    rates, service = _open(random, SPEED_NETWORKS)
    servers = np.array([0, 1, 2, 4, 8, 16])
    closed = family(random, SPEED_NETWORKS)
    jobs = _populations(random, SPEED_NETWORKS)
    fixed = np.tile([80, 60, 40, 20], (SPEED_NETWORKS, 1))
    approximate = (closed.demands, closed.servers, closed.think_s)
    return {
        "open_per_second": _rate(lambda: solve_open(rates, service, servers)),
        "approximate_per_second": _rate(lambda: linearizer(jobs, *approximate)),
        "approximate_200_jobs_per_second": _rate(lambda: linearizer(fixed, *approximate)),
        "bard_schweitzer_per_second": _rate(lambda: bard_schweitzer(jobs, *approximate)),
        "converged": float(linearizer(jobs, *approximate).converged.mean()),
        "networks": SPEED_NETWORKS,
        "what": "open: 6 stations, 10 classes; closed: 6 stations, 4 classes, 1 to 200 jobs, then 200 in each",
    }


def _accuracy() -> dict[str, object]:
    methods: dict[str, Callable[..., ClosedNetworks]] = {"linearizer": linearizer, "bard_schweitzer": bard_schweitzer}
    found: dict[str, list[Floats]] = {name: [] for name in methods}
    by_population = {}
    for jobs, size in POPULATIONS.items():
        drawn = family(np.random.default_rng(sum(jobs)), size)
        exact = solve_closed(jobs, drawn.demands, drawn.servers, drawn.think_s)
        for name, method in methods.items():
            found[name].append(errors(method(jobs, drawn.demands, drawn.servers, drawn.think_s), exact))
        by_population[" ".join(map(str, jobs))] = {"networks": size, **_summary(found["linearizer"][-1])}
    hard = stiff(np.random.default_rng(22), STIFF_NETWORKS)
    hard_exact = solve_closed(STIFF_POPULATION, hard.demands, hard.servers, hard.think_s)
    hard_found = linearizer(STIFF_POPULATION, hard.demands, hard.servers, hard.think_s)
    return {name: _summary(np.concatenate(each, axis=1)) for name, each in found.items()} | {
        "networks": sum(POPULATIONS.values()),
        "linearizer_stiff": {"networks": STIFF_NETWORKS, "populations": STIFF_POPULATION, **_summary(errors(hard_found, hard_exact))},
        "linearizer_by_population": by_population,
    }


def _line() -> dict[str, object]:
    """Solve some of the same networks by LINE's solver objects, one after the other, and by ours one after the other and together."""
    drawn, jobs, exact = _compared()
    size = len(jobs)
    models = [_closed_model(drawn, jobs[at], at) for at in range(size)]
    _average(models[0], "lin")
    start = time.perf_counter()
    throughput = np.array([_average(model, "lin") for model in models])
    line_s = time.perf_counter() - start
    ours = linearizer(jobs, drawn.demands, drawn.servers, drawn.think_s)
    per_second, together = size / line_s, _rate(lambda: linearizer(jobs, drawn.demands, drawn.servers, drawn.think_s), size)
    there = exact > 0
    return {
        "closed_networks": size,
        "line_approximate_per_second": round(per_second, 2),
        "ours_together_per_second": together,
        "ratio": round(together / per_second),
        "line_throughput_error": _quantiles(np.abs(throughput[there] / exact[there] - 1)),
        "ours_throughput_error": _quantiles(np.abs(ours.throughput[there] / exact[there] - 1)),
        "line_kernel": _line_kernel(drawn, jobs, exact),
        **_line_open(),
        "what": "LINE 3.0.8: MVA with method lin, model building excluded; its bare function pfqn_linearizerms (kernel); MVA's default for open networks",
    }


def _compared() -> tuple[Family, Floats, Floats]:
    parts, jobs, exact = [], [], []
    for population in [each for each, size in POPULATIONS.items() if size > COMPARED * 2]:
        drawn = family(np.random.default_rng(sum(population) + 1), COMPARED)
        parts.append(drawn)
        jobs += [population] * COMPARED
        exact.append(solve_closed(population, drawn.demands, drawn.servers, drawn.think_s).throughput)
    whole = Family(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("demands", "servers", "think_s")))
    return whole, np.array(jobs, dtype=np.float64), np.concatenate(exact)


def _line_kernel(drawn: Family, jobs: Floats, exact: Floats) -> dict[str, object]:
    """Solve them by LINE's bare function for several servers, which refuses some."""
    from line_solver.api.pfqn import pfqn_linearizerms  # noqa: PLC0415 - two seconds, and only here

    found, refused, start = [], 0, time.perf_counter()
    for at, population in enumerate(jobs):
        queues, there = drawn.servers[at] > 0, population > 0
        away = drawn.think_s[at] + drawn.demands[at][:, ~queues].sum(axis=1)
        try:
            solved = pfqn_linearizerms(drawn.demands[at][:, queues].T[:, there], population[there], away[there], drawn.servers[at, queues].astype(float))
        except (ValueError, IndexError):
            refused += 1
        else:
            found.append(np.abs(np.ravel(solved[4]) / exact[at, there] - 1))
    seconds = time.perf_counter() - start
    return {"per_second": round(len(jobs) / seconds, 2), "refused": refused, "throughput_error_of_the_others": _quantiles(np.concatenate(found))}


def _line_open() -> dict[str, object]:
    random = np.random.default_rng(21)
    size = 20
    rates, service = _open(random, size)
    servers = np.array([0, 1, 2, 4, 8, 16])
    models = [_open_model(rates[at], service[at], servers) for at in range(size)]
    _average(models[0], "default")
    start = time.perf_counter()
    for model in models:
        _average(model, "default")
    per_second = size / (time.perf_counter() - start)
    ours = _rate(lambda: solve_open(rates, service, servers), size)
    return {"open_networks": size, "line_open_per_second": round(per_second, 2), "ours_open_per_second": ours, "open_ratio": round(ours / per_second)}


def _closed_model(drawn: Family, jobs: Floats, at: int) -> Any:  # noqa: ANN401 - LINE has no types
    import line_solver as line  # noqa: PLC0415 - two seconds, and only here

    model = line.Network("closed")
    nodes = [line.Delay(model, "think"), *(_node(line, model, k, servers) for k, servers in enumerate(drawn.servers[at]))]
    classes = [line.ClosedClass(model, f"class {one}", int(count), nodes[0]) for one, count in enumerate(jobs)]
    for one, each in enumerate(classes):
        for node, seconds in zip(nodes, [drawn.think_s[at, one], *drawn.demands[at, one]], strict=True):
            node.setService(each, line.Exp.fitMean(max(seconds, 1e-8)))
    _link(line, model, classes, nodes)
    return model


def _open_model(rates: Floats, service: Floats, servers: NDArray[np.int64]) -> Any:  # noqa: ANN401 - LINE has no types
    import line_solver as line  # noqa: PLC0415 - two seconds, and only here

    model = line.Network("open")
    nodes = [line.Source(model, "source"), *(_node(line, model, k, count) for k, count in enumerate(servers)), line.Sink(model, "sink")]
    classes = [line.OpenClass(model, f"class {one}") for one in range(len(rates))]
    for one, each in enumerate(classes):
        nodes[0].setArrival(each, line.Exp(rates[one]))
        for node, seconds in zip(nodes[1:-1], service[one], strict=True):
            node.setService(each, line.Exp.fitMean(max(seconds, 1e-8)))
    _link(line, model, classes, nodes)
    return model


def _node(line: Any, model: Any, at: int, servers: int) -> Any:  # noqa: ANN401 - LINE has no types
    if not servers:
        return line.Delay(model, f"delay {at}")
    node = line.Queue(model, f"queue {at}", line.SchedStrategy.PS)
    node.setNumberOfServers(int(servers))
    return node


def _link(line: Any, model: Any, classes: list[Any], nodes: list[Any]) -> None:  # noqa: ANN401 - LINE has no types
    routing = model.initRoutingMatrix()
    for each in classes:
        routing.set(each, each, line.Network.serialRouting(*nodes))
    model.link(routing)


def _average(model: Any, method: str) -> Floats:  # noqa: ANN401 - LINE has no types
    """Return LINE's throughput (C,) at the first node."""
    import line_solver as line  # noqa: PLC0415 - two seconds, and only here

    throughput: Floats = np.asarray(line.MVA(model, method=method, verbose=False).getAvgTput())[0]
    return throughput


def _open(random: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    """Draw rates and demands of which the busiest station is used to 5 to 95 %."""
    rates, service = random.uniform(0.1, 2, (size, OPEN_CLASSES)), random.exponential(0.1, (size, OPEN_CLASSES, STATIONS))
    load = (np.einsum("sc,sck->sk", rates, service) / [np.inf, 1, 2, 4, 8, 16]).max(axis=1)
    return rates * (random.uniform(0.05, 0.95, size) / load)[:, None], service


def _populations(random: np.random.Generator, size: int) -> Floats:
    jobs = np.round(random.dirichlet(np.ones(CLASSES), size) * random.integers(1, LARGEST_POPULATION + 1, size)[:, None])
    jobs[jobs.sum(axis=1) == 0, 0] = 1
    return jobs


def _rate(action: Callable[[], object], size: int = SPEED_NETWORKS) -> int:
    """Return networks per second, the median of several runs after a first one."""
    action()
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return round(size / float(np.median(seconds)))


def _summary(both: Floats) -> dict[str, object]:
    return {"throughput": _quantiles(both[0]), "response": _quantiles(both[1])}


def _quantiles(values: Floats) -> dict[str, float]:
    return {name: float(f"{value:.3g}") for name, value in (("median", np.median(values)), ("p95", np.quantile(values, 0.95)), ("max", values.max()))}


if __name__ == "__main__":
    main()
