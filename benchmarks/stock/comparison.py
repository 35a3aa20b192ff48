"""From rounds to an answer: medians, spread, and the ratio of ours to stock with its interval."""

import statistics
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.stock.rounds import PERCENTILES, Round

OURS, STOCK = "ours", "stock"
CONFIDENCE = 0.95
RESAMPLES = 1000
Array = NDArray[np.float64]
Figure = Callable[[Round], float]
FIGURES: dict[str, Figure] = {
    "pages_per_second": lambda one: one.pages_per_second,
    "cpu_ms_per_page": lambda one: sum(one.cpu_ms_per_page.values()),
    "p50_ms": lambda one: one.percentiles_ms["p50_ms"],
    "p95_ms": lambda one: one.percentiles_ms["p95_ms"],
    "p99_ms": lambda one: one.percentiles_ms["p99_ms"],
}


def compared(rounds: Iterable[Round]) -> dict[str, Any]:
    """Return, for the rounds of one phase, each system's figures and the ratios."""
    by_system: dict[str, list[Round]] = {}
    for one in rounds:
        by_system.setdefault(one.system, []).append(one)
    ratios = {name: ratio([figure(one) for one in by_system[OURS]], [figure(one) for one in by_system[STOCK]]) for name, figure in FIGURES.items()}
    pooled = {name: np.concatenate([np.array(one.latencies_ms) for one in own]) for name, own in by_system.items()}
    if pooled[OURS].size and pooled[STOCK].size:
        ratios |= {f"pooled_p{part}_ms": percentile_ratio(pooled[OURS], pooled[STOCK], part) for part in PERCENTILES}
    return {"systems": {name: _summary(own) | _percentiles(pooled[name]) for name, own in by_system.items()}, "ours_to_stock": ratios}


def ratio(ours: list[float], stock: list[float]) -> dict[str, float]:
    """Return the geometric mean of the rounds' ratios and its 95 % interval (Student's t on the logarithms, rounds in pairs)."""
    logs = np.log(np.array(ours) / np.array(stock))
    middle, count = float(logs.mean()), len(logs)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * logs.std(ddof=1) / np.sqrt(count)) if count > 1 else float("inf")
    return {name: round(float(np.exp(value)), 3) for name, value in (("ratio", middle), ("low", middle - half), ("high", middle + half))}


def percentile_ratio(ours: Array, stock: Array, part: int) -> dict[str, float]:
    """Return the ratio of a percentile over all rounds, and its 95 % interval (bootstrap over the requests)."""
    chance = np.random.default_rng(1)
    drawn = [np.percentile(chance.choice(ours, ours.size), part) / np.percentile(chance.choice(stock, stock.size), part) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    middle = np.percentile(ours, part) / np.percentile(stock, part)
    return {"ratio": round(float(middle), 3), "low": round(float(low), 3), "high": round(float(high), 3)}


def _percentiles(latencies: Array) -> dict[str, float]:
    return {f"pooled_p{part}_ms": round(float(np.percentile(latencies, part)), 2) for part in PERCENTILES} if latencies.size else {}


def _summary(rounds: list[Round]) -> dict[str, Any]:
    figures = {name: [figure(one) for one in rounds] for name, figure in FIGURES.items()}
    spread = {name: {"median": round(statistics.median(values), 2), "spread": round(_spread(values), 2)} for name, values in figures.items()}
    parts = rounds[0].cpu_ms_per_page
    return {
        **spread,
        "pages": sum(one.pages for one in rounds),
        "wrong": sum(one.wrong for one in rounds),
        "hit_share": round(statistics.median(one.hit_share for one in rounds), 3),
        "cpu_ms_by_part": {part: round(statistics.median(one.cpu_ms_per_page[part] for one in rounds), 3) for part in parts},
    }


def _spread(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
