"""From rounds to an answer: medians, spread, and the ratio of ours to stock with its interval."""

import statistics
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.stock.rounds import Round

OURS, STOCK = "ours", "stock"
CONFIDENCE = 0.95
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
    return {"systems": {name: _summary(own) for name, own in by_system.items()}, "ours_to_stock": ratios}


def ratio(ours: list[float], stock: list[float]) -> dict[str, float]:
    """Return the geometric mean of the rounds' ratios and its 95 % interval (Student's t on the logarithms, rounds in pairs)."""
    logs = np.log(np.array(ours) / np.array(stock))
    middle, count = float(logs.mean()), len(logs)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * logs.std(ddof=1) / np.sqrt(count)) if count > 1 else float("inf")
    return {name: round(float(np.exp(value)), 3) for name, value in (("ratio", middle), ("low", middle - half), ("high", middle + half))}


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
