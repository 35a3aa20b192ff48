"""What the platform works for a request, by service, in both results; and how many requests failed. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from loadtests.compare.chance import Mean, Part, of_means, of_parts, of_shares
from loadtests.compare.pair import Pair
from loadtests.measure.dispersion import scatter
from loadtests.measure.intervals import BATCHES
from loadtests.steady.measured import Measured
from loadtests.verdict import Result

LEAST_STEPS = 6
LEAST_WORK = 0.02
"""Of what all services use: what uses less, and differs, moves nothing."""
FAILURE_PARTS = 30
"""Failures come in bursts of seconds; so many parts tell that of few failures."""
ALL = "all services"
MS = 1000.0


@dataclass(frozen=True)
class Steps:
    """The measured part in steps: requests of each, and CPU seconds of each service in it."""

    requests: tuple[int, ...]
    cpu_s: dict[str, tuple[float, ...]]


def steps(found: Measured) -> Steps:
    """Return the whole steps of the measured part."""
    series, platform = found.series, found.platform
    if series is None:
        return Steps((), {})
    begin = found.open_at + (found.measured_s if found.warm_up_s is None else found.warm_up_s)
    inside = [(number, edge) for number, edge in enumerate(series.edges()) if edge[0] >= begin and edge[1] <= begin + found.measured_s + 1]
    before = (platform.at[0] - 1.0, *platform.at[:-1]) if platform.at else ()
    seconds = [at - last for at, last in zip(platform.at, before, strict=True)]

    def used(cores: tuple[float, ...], since: float, until: float) -> float:
        return sum(one * lasts for one, lasts, at in zip(cores, seconds, platform.at, strict=True) if since < at - lasts / 2 <= until)

    cpu_s = {one.name: tuple(used(one.cpu_cores, *edge) for _, edge in inside) for one in platform.services}
    if cpu_s:
        cpu_s[ALL] = tuple(sum(column) for column in zip(*cpu_s.values(), strict=True))
    return Steps(tuple(series.requests[number] for number, _ in inside), cpu_s)


def each(found: Steps, service: str) -> Mean | None:
    """Return the CPU ms of a request at ``service``; None where there are too few steps (ratio of batch sums: Cochran, 1977, 6.4)."""
    if len(found.requests) < LEAST_STEPS or sum(found.requests) == 0:
        return None
    many = min(BATCHES, len(found.requests))
    requests, cpu_s = (
        np.array([part.sum() for part in np.array_split(np.array(column, dtype=float), many)]) for column in (found.requests, found.cpu_s[service])
    )
    ratio = float(cpu_s.sum() / requests.sum())
    left = cpu_s - ratio * requests
    error = math.sqrt(many / (many - 1) * float((left**2).sum())) / float(requests.sum())
    return Mean(ratio * MS, error * MS, many - 1)


def pairs(before: Measured, after: Measured) -> Iterator[Pair]:
    """Yield the CPU time of a request: of all services, and of each that both have and that uses some part of all."""
    old, new = steps(before), steps(after)
    both = [ALL, *sorted({*old.cpu_s} & {*new.cpu_s} - {ALL})]
    wholes = [each(one, ALL) if ALL in one.cpu_s else None for one in (old, new)]
    for name in both:
        one, other = ((each(found, name) if name in found.cpu_s else None) for found in (old, new))
        if one is None or other is None or wholes[0] is None or wholes[1] is None:
            continue
        if max(one.value / max(wholes[0].value, 1e-12), other.value / max(wholes[1].value, 1e-12)) >= LEAST_WORK:
            yield Pair(f"processor time of {name}", "ms a request", one.value, other.value, of_means(one, other))


def errors(before: Result, after: Result) -> Pair | None:
    """Return the share of requests that failed; None where one result has no requests."""
    if not before.requests or not after.requests:
        return None
    old, new = (Part(one.failures, one.requests) for one in (before, after))
    by = _clumps(before, after)
    return Pair("errors", "share", old.share, new.share, of_shares(old, new, of_parts(old, new, by), by))


def _clumps(before: Result, after: Result) -> float:
    """Return the dispersion of failures over both runs, each by its number of them; 1 at least."""
    seen = [(result.failures, _dispersion(result)) for result in (before, after)]
    whole = sum(failures for failures, _ in seen)
    return max(1.0, sum(failures * found for failures, found in seen) / whole) if whole else 1.0


def _dispersion(result: Result) -> float:
    series = result.measured.series if result.measured else None
    if series is None:
        return 1.0
    parts = [np.array_split(np.array(column), FAILURE_PARTS) for column in (series.failures, series.requests)]
    return scatter(*([int(part.sum()) for part in column] for column in parts))
