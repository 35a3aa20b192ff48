"""Hold the model of pools on shared processors to a simulation, and write the errors to results/pool.json.

    python -m benchmarks.pool            a few hundred random hosts; minutes on one processor
    python -m benchmarks.pool --quick    a tenth of them, nothing written

The hosts are other ones than those to which the model's few fitted numbers were fitted. An error is model over
simulation minus one; a simulation errs too: ``noise`` is the difference of two of its runs over the root of two.
"""

import argparse
import importlib.util
import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import write
from sizing.queueing.shared import SharedSolution, shared_processors

Floats = NDArray[np.float64]
ROOT = Path(__file__).resolve().parent.parent
FIRST_SEED, HOSTS, NOISE_HOSTS, CAPACITY_HOSTS, REJECTION_HOSTS = 100_000, 320, 160, 120, 60
REQUESTS, SWEEP_REQUESTS, LEAST_SEEN = 1_000_000, 600_000, 3_000
CORES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
HALF = 0.5
PAGE_S, SIGN_IN_S, UPLOAD_S = 0.038, 0.264, 0.840
MOST_UTILISATION = 0.85
AROUND = (0.88, 0.94, 1.0, 1.06, 1.14)
BANDS = {"cores 1": (1, 1), "cores 2-4": (2, 4), "cores 6-12": (6, 12), "cores 16-32": (16, 32)}
LOADS = {"under 50 %": (0.0, 0.5), "50-70 %": (0.5, 0.7), "70-85 %": (0.7, 0.9)}
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Host:
    """One random host: the arguments of the model and of the simulation, and what kind each class is."""

    cores: int
    rates: Floats
    work: Floats
    variation: Floats
    delay: Floats
    delay_variation: float
    pool: NDArray[np.int64]
    places: NDArray[np.int64]
    background: float
    kinds: tuple[str, ...]
    patience: float = math.inf
    queue: float = math.inf

    def times(self, factor: float) -> "Host":
        """Return the host under ``factor`` times the requests."""
        return replace(self, rates=self.rates * factor)

    def solve(self, factors: Iterable[float] = (1.0,)) -> SharedSolution:
        """Solve the host at ``factors`` times its rates."""
        rates = np.outer(np.array(list(factors)), self.rates)
        limits = {"patience": self.patience, "queue": self.queue, "background": self.background, "delay_variation": self.delay_variation}
        return shared_processors(self.cores, rates, self.work, self.variation, self.delay, self.pool, self.places, **limits)

    def simulate(self, simulation: ModuleType, requests: int, seed: int) -> Any:  # noqa: ANN401 - a module loaded by its path has no types
        """Run the simulation of it."""
        parts = (self.cores, self.rates, self.work, self.variation, self.delay, self.pool, self.places, self.queue, self.patience, self.background)
        return simulation.simulate(*parts, requests=requests, seed=seed, warmup_share=0.05, delay_variation=self.delay_variation)


def random_host(seed: int, cores: tuple[int, ...] = CORES) -> Host:
    """Return a host of the family: pages, sign-ins and uploads in one or two pools, static files beside, at up to 85 % of the processors."""
    dice = np.random.default_rng(seed)
    count = int(dice.choice(cores))
    pools = int(dice.integers(1, 3))
    places = [2 * count if dice.random() < HALF else max(1, round(count * math.exp(dice.uniform(math.log(0.5), math.log(6))))) for _ in range(pools)]
    second = dice.uniform(0.1, 0.5) if pools > 1 else 0.0
    rows: list[tuple[str, float, float, float, int]] = []
    for pool, weight in enumerate((1 - second, second)[:pools]):
        rows += _pages(dice, weight, pool) + _heavy(dice, weight, pool)
    rows += [("static", math.exp(dice.uniform(math.log(1e-4), math.log(1.5e-3))), dice.uniform(0.5, 6), 0.3, -1) for _ in range(int(dice.integers(0, 3)))]
    kinds, work, share, variation, pool_of = (np.array(column) for column in zip(*rows, strict=True))
    lost = dice.choice([0.0, dice.uniform(0, 0.15), dice.uniform(0.15, 0.6)], p=[0.35, 0.3, 0.35])
    alike = dice.random() < HALF
    delay = np.where(pool_of >= 0, lost / (1 - lost) * (PAGE_S * dice.uniform(0.5, 1.5, work.size) if alike else work), 0.0)
    background = float(count * dice.choice([0.0, dice.uniform(0, 0.1)]))
    scale = (dice.uniform(0.2, MOST_UTILISATION) * count - background) / (share @ work)
    held = [0.85 * size / (share * (pool_of == at) @ (work + delay)) for at, size in enumerate(places)]
    rates = share * min(scale, *held)
    return Host(count, rates, work, variation, delay, float(dice.choice([0.0, 0.3, 1.0])), pool_of, np.array(places), background, tuple(kinds.tolist()))


def _pages(dice: np.random.Generator, weight: float, pool: int) -> list[tuple[str, float, float, float, int]]:
    count = int(dice.integers(1, 4))
    spread = (0.02, 0.1, 0.25, 0.5, 1.0)
    return [
        ("page", PAGE_S * math.exp(dice.uniform(-math.log(2), math.log(2))), weight * dice.uniform(0.3, 1) / count, float(dice.choice(spread)), pool)
        for _ in range(count)
    ]


def _heavy(dice: np.random.Generator, weight: float, pool: int) -> list[tuple[str, float, float, float, int]]:
    which = dice.choice(3, p=[0.25, 0.3, 0.45])
    sign_in = ("sign-in", SIGN_IN_S, weight * dice.uniform(0.001, 0.07), float(dice.choice([0.02, 0.1, 0.25])), pool)
    upload = ("upload", UPLOAD_S, weight * math.exp(dice.uniform(math.log(3e-4), math.log(0.018))), float(dice.choice([0.1, 0.25, 0.5])), pool)
    return [sign_in, upload][:which]


def _simulation() -> ModuleType:
    """Load tests/model/des.py by its path: a package of the name tests may be installed."""
    spec = importlib.util.spec_from_file_location("des", ROOT / "tests" / "model" / "des.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("tests/model/des.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["des"] = module
    spec.loader.exec_module(module)
    return module


def summary(errors: Iterable[float]) -> dict[str, float | int]:
    """Return median, 90th percentile and maximum of the errors' sizes, their median with its sign, and how many there are.

    ``endless`` counts those for which the model sees no steady state, a hair's breadth from one: they are in none of the others.
    """
    given = np.array(list(errors))
    all_errors = given[np.isfinite(given)]
    if not all_errors.size:
        return {"n": 0}
    sizes = np.abs(all_errors)
    figures = {"median": np.median(sizes), "p90": np.quantile(sizes, 0.9), "max": sizes.max(), "bias": np.median(all_errors)}
    return {name: round(float(value), 4) for name, value in figures.items()} | {"n": int(all_errors.size), "endless": int(given.size - all_errors.size)}


@dataclass(frozen=True)
class Seen:
    """The errors of one class of one host, by name, and where it belongs."""

    kind: str
    cores: int
    pools: int
    utilisation: float
    errors: dict[str, float]


def _compare(host: Host, mean: Floats, quantiles: dict[str, Floats], seen: Any) -> list[Seen]:  # noqa: ANN401
    found = {name: seen.quantile(q) for name, q in QUANTILES.items()}
    return [
        Seen(
            kind,
            host.cores,
            len(host.places),
            seen.utilisation,
            {"mean": mean[at] / seen.mean[at] - 1} | {name: quantiles[name][at] / found[name][at] - 1 for name in QUANTILES},
        )
        for at, kind in enumerate(host.kinds)
        if len(seen.responses[at]) >= LEAST_SEEN
    ]


def responses(simulation: ModuleType, hosts: int, noise: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the errors of the responses by kind of class, and for pages by cores and utilisation; and the simulation's own."""
    seen, own = [], []
    for seed in range(FIRST_SEED, FIRST_SEED + hosts):
        host = random_host(seed)
        first = host.simulate(simulation, REQUESTS, 1)
        solution = host.solve()
        seen += _compare(host, solution.response[0], {name: solution.quantile(q)[0] for name, q in QUANTILES.items()}, first)
        if seed < FIRST_SEED + noise:
            second = host.simulate(simulation, REQUESTS, 2)
            own += _compare(host, second.mean, {name: second.quantile(q) for name, q in QUANTILES.items()}, first)
    return _tables(seen), _tables(own, 1 / math.sqrt(2))


def _tables(seen: list[Seen], scale: float = 1.0) -> dict[str, Any]:
    def table(chosen: Callable[[Seen], bool]) -> dict[str, Any]:
        rows = [one for one in seen if chosen(one)]
        return {name: summary(scale * one.errors[name] for one in rows) for name in ("mean", *QUANTILES)}

    def pages(cores: tuple[int, int], load: tuple[float, float]) -> dict[str, Any]:
        return table(lambda one: one.kind == "page" and cores[0] <= one.cores <= cores[1] and load[0] <= one.utilisation < load[1])

    def of(kind: str, pools: tuple[int, ...]) -> dict[str, Any]:
        return table(lambda one: one.kind == kind and (not pools or one.pools in pools))

    kinds = {kind: of(kind, ()) for kind in ("page", "sign-in", "upload", "static")}
    several = {f"pages, {pools} pool(s)": of("page", (pools,)) for pools in (1, 2)}
    return kinds | several | {f"pages, {band}, {load}": pages(cores, shares) for band, cores in BANDS.items() for load, shares in LOADS.items()}


def capacities(simulation: ModuleType, hosts: int) -> dict[str, Any]:
    """Return the errors of the largest load at which the p95 of all pages is within a target of 3 to 12 times their work alone.

    Hosts that reach 85 % of their processors before, in both, are counted beside: there is no error in them.
    """
    rows: list[tuple[int, float]] = []
    bounded = 0
    for seed in range(FIRST_SEED + HOSTS, FIRST_SEED + HOSTS + hosts):
        dice, host = np.random.default_rng(seed), random_host(seed)
        most = float((MOST_UTILISATION * host.cores - host.background) / (host.rates @ host.work))
        pages = np.array([kind == "page" for kind in host.kinds])
        target = dice.uniform(3, 12) * (host.work + host.delay)[pages]
        factors = np.linspace(0.05, 1, 1500) * most
        over = (host.solve(factors).quantile(0.95)[:, pages] / target).max(axis=1)
        model = float(factors[np.argmax(over > 1)]) if (over > 1).any() else most
        if over[0] > 1:
            continue
        at = np.array([share * model for share in AROUND if share * model <= most * 1.0001])
        ratios = np.array([(host.times(each).simulate(simulation, SWEEP_REQUESTS, 3).quantile(0.95)[pages] / target).max() for each in at])
        simulated = _crossing(at, ratios, 1.0, most)
        if model == most == simulated:
            bounded += 1
        else:
            rows.append((host.cores, model / simulated - 1))
    return _by_cores(rows) | {"at 85 % in both": {"n": bounded}}


def rejections(simulation: ModuleType, hosts: int) -> dict[str, Any]:
    """Return the errors of the load at which the pool that is full first turns away 0.1 % and 1 %; past saturation, of the share itself."""
    rows: dict[float, list[tuple[int, float]]] = {0.001: [], 0.01: []}
    overload = []
    for seed in range(FIRST_SEED + 2 * HOSTS, FIRST_SEED + 2 * HOSTS + hosts):
        dice = np.random.default_rng(seed)
        host = random_host(seed, CORES[:-2])
        if dice.random() < 0.8:
            host = replace(host, patience=float(dice.choice([0.3, 1.0, 5.0])))
        else:
            host = replace(host, queue=float(4 * dice.integers(1, 4) * host.cores))
        factors = np.geomspace(0.2, 6, 3000)
        found = host.solve(factors).rejected
        pool = int(np.argmax(found[min(int(np.argmax(found.max(axis=1) > 0.05)), len(found) - 1)]))
        for level, errors in rows.items():
            model = float(factors[np.argmax(found[:, pool] > level)])
            at = np.array(AROUND) * model
            shares = np.array([host.times(each).simulate(simulation, SWEEP_REQUESTS, 3).rejected[pool] for each in at])
            seen = shares > 0
            if seen.sum() > 1 and shares[seen].min() < level < shares.max():
                errors.append((host.cores, model / _crossing(at[seen], np.log(shares[seen]), math.log(level), math.nan) - 1))
        heavy = host.times(1.4 * float(factors[np.argmax(found[:, pool] > 0.01)]))
        overload.append(float(heavy.solve().rejected[0, pool] - heavy.simulate(simulation, SWEEP_REQUESTS // 2, 3).rejected[pool]))
    levels = {f"load at {level:.1%}": _by_cores(errors) for level, errors in rows.items()}
    return levels | {"share at 1.4 times the load of 1 %, absolute": summary(overload)}


def _crossing(at: Floats, values: Floats, level: float, otherwise: float) -> float:
    """Return where the rising ``values`` cross ``level``, between points linear and beyond them by the nearest two."""
    above = int(np.argmax(values > level)) if (values > level).any() else len(at)
    if above == len(at) and math.isfinite(otherwise) and at[-1] >= otherwise * 0.999:
        return otherwise
    right = min(max(above, 1), len(at) - 1)
    left = right - 1
    crossing = at[left] + (at[right] - at[left]) * (level - values[left]) / (values[right] - values[left])
    return float(min(crossing, otherwise) if math.isfinite(otherwise) else crossing)


def _by_cores(rows: list[tuple[int, float]]) -> dict[str, Any]:
    bands = {band: summary(error for cores, error in rows if low <= cores <= high) for band, (low, high) in BANDS.items()}
    return {"all": summary(error for _, error in rows)} | bands


def speeds() -> dict[str, float]:
    """Return milliseconds of a call, the best of several, for 10,000 hosts and for one: 12 classes, 2 pools of 2 places per core, 1..16 cores."""
    figures: dict[str, float] = {}
    for hosts, runs in ((10_000, 15), (1, 50)):
        dice = np.random.default_rng(1)
        cores = dice.integers(1, 17, hosts)
        work = np.array([PAGE_S] * 4 + [SIGN_IN_S] + [0.04] * 3 + [UPLOAD_S] + [0.001] * 3)
        share = np.array([1, 1, 1, 1, 0.05, 0.5, 0.5, 0.2, 0.01, 3, 3, 2.0])
        pool = np.array([0] * 5 + [1] * 4 + [-1] * 3)
        rates = share * (dice.uniform(0.2, MOST_UTILISATION, hosts) * cores / (share @ work))[:, None]
        best = [math.inf, math.inf]
        for _ in range(runs):
            start = time.perf_counter()
            solution = shared_processors(cores, rates, work, 0.2, np.where(pool >= 0, 0.005, 0), pool, np.stack([2 * cores] * 2, axis=1), patience=5.0)
            middle = time.perf_counter()
            solution.quantile(0.95)
            best = [min(best[0], middle - start), min(best[1], time.perf_counter() - middle)]
        figures |= {f"solve {hosts}": round(1000 * best[0], 1), f"p95 of all classes of {hosts}": round(1000 * best[1], 1)}
    return figures


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="Hold the model of shared processors to a simulation.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the hosts, nothing written")
    part = 10 if parser.parse_args().quick else 1
    simulation = _simulation()
    errors, noise = responses(simulation, HOSTS // part, NOISE_HOSTS // part)
    result = {
        "hosts": {"responses": HOSTS // part, "capacity": CAPACITY_HOSTS // part, "rejection": REJECTION_HOSTS // part, "requests each": REQUESTS},
        "responses": errors,
        "noise": noise,
        "capacity": capacities(simulation, CAPACITY_HOSTS // part),
        "rejection": rejections(simulation, REJECTION_HOSTS // part),
        "milliseconds": speeds(),
    }
    for name in ("responses", "noise", "capacity", "rejection", "milliseconds"):
        print(name)
        for what, figures in result[name].items():
            print(f"  {what:32} {json.dumps(figures)}")
    if part == 1:
        write("pool", result)


if __name__ == "__main__":
    main()
