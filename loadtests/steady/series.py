"""A run over time: a few hundred steps, each with its requests and how long pages took in it."""

import math
from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field

from loadtests.measure.intervals import quantile
from loadtests.part import Part
from loadtests.steady.record import HITS, felt_ms
from loadtests.steady.tape import Sample
from sizing.workload import CACHED, PAGES

STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MOST = 240
"""Steps; more than that nobody can see in a chart."""
DIGITS = 1


class Series(Part):
    """One number for each step of a run, by intended start; null where no page came."""

    begin: float = Field(description="unix time of the first step")
    step_s: float
    requests: tuple[int, ...] = Field(description="of all classes")
    failures: tuple[int, ...]
    p50_ms: tuple[float | None, ...] = Field(description="of pages, as p95_ms: of the classes that the plan's target speaks of")
    p95_ms: tuple[float | None, ...]
    page_cache_hits: tuple[float | None, ...] = Field(
        default=(), description="share of the requests for what the page cache may hold that it answered; empty: by an earlier version"
    )

    def edges(self) -> list[tuple[float, float]]:
        """Return begin and end (unix time) of each step."""
        return list(pairwise(self.begin + number * self.step_s for number in range(len(self.requests) + 1)))


def series(samples: Sequence[Sample], begin: float, end: float) -> Series:
    """Return what came between two moments (unix time), in steps of some seconds."""
    step = float(next((one for one in STEPS_S if (end - begin) / one <= MOST), STEPS_S[-1]))
    steps: list[list[Sample]] = [[] for _ in range(max(0, math.ceil((end - begin) / step)))]
    for sample in samples:
        if begin <= sample.at < begin + step * len(steps):
            steps[min(len(steps) - 1, int((sample.at - begin) / step))].append(sample)
    pages = [[felt_ms(sample) for sample in one if sample.request_class in PAGES] for one in steps]
    return Series(
        begin=round(begin, 3),
        step_s=step,
        requests=tuple(len(one) for one in steps),
        failures=tuple(sum(bool(sample.kind) for sample in one) for one in steps),
        p50_ms=tuple(_quantile(one, 0.5) for one in pages),
        p95_ms=tuple(_quantile(one, 0.95) for one in pages),
        page_cache_hits=tuple(hits(one) for one in steps),
    )


def hits(samples: Sequence[Sample]) -> float | None:
    """Return the share of the requests for what the page cache may hold that it answered; None where there were none."""
    asked = [sample.cache in HITS for sample in samples if sample.request_class in CACHED and sample.cache]
    return round(sum(asked) / len(asked), 4) if asked else None


def _quantile(times: Sequence[float], share: float) -> float | None:
    return round(quantile(times, share), DIGITS) if times else None
