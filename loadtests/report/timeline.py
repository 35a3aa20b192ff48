"""A run in steps of time: what came, how long pages took, and what each service used, all by one clock. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from loadtests.report.words import told
from loadtests.steady.meter import Platform
from loadtests.steady.series import MOST, STEPS_S, Series
from loadtests.verdict import Result

BUSIEST = 4
OTHERS = "others"
WARM = "warm-up"
MINUTE = 60.0


@dataclass(frozen=True)
class Phase:
    """A part of the run (seconds since its beginning); shaded where its figures are left out."""

    name: str
    begin: float
    end: float
    shaded: bool


@dataclass(frozen=True)
class Use:
    """Shares of all cores, step by step; ``at`` are the steps' middles (s since the beginning)."""

    at: tuple[float, ...]
    services: dict[str, tuple[float, ...]]
    host: tuple[float, ...]


@dataclass(frozen=True)
class Timeline:
    """A run: ``begin`` (unix time), its length (s), phases, what came (None: not told), and what was used."""

    begin: float
    seconds: float
    phases: tuple[Phase, ...]
    series: Series | None
    use: Use


def timeline(result: Result) -> Timeline | None:
    """Return the run over time; None where the result tells nothing of it."""
    found = result.measured or result.capacity or result.calibrated
    if found is None or not found.platform.at:
        return None
    series = next((one.series for one in (result.measured, result.capacity) if one), None)
    begin = series.begin if series and series.requests else _begin(result) or found.platform.at[0]
    end = begin + result.duration_s if result.duration_s > 0 else found.platform.at[-1]
    return Timeline(begin, max(1.0, end - begin), tuple(_phases(result, begin, end)), series, _use(found.platform, begin, end))


def _begin(result: Result) -> float | None:
    if result.measured:
        return result.measured.open_at
    return next((at for _, at in _levels(result)), None)


def measured_part(result: Result) -> tuple[float, float]:
    """Return begin and end (unix time) of what counts: of a steady test its measured part, else all."""
    return result.measured.span if result.measured else (0.0, float("inf"))


def _phases(result: Result, begin: float, end: float) -> Iterator[Phase]:
    if result.measured:
        since, until = measured_part(result)
        yield Phase(WARM, 0.0, since - begin, shaded=True)
        yield Phase("measured", since - begin, until - begin, shaded=False)
        return
    levels = _levels(result)
    starts = [at for _, at in levels]
    for (number, _), (since, until) in zip(levels, pairwise([*starts, max(end, *starts, begin)]), strict=True):
        yield Phase(str(number), since - begin, until - begin, shaded=number % 2 == 0)


def _levels(result: Result) -> list[tuple[int, float]]:
    """Return number and begin (unix time) of each level."""
    if result.capacity:
        return [(level.number, level.open_at) for level in result.capacity.levels]
    return [(level.number, level.open_at) for level in result.calibrated.levels] if result.calibrated else []


def _use(platform: Platform, begin: float, end: float) -> Use:
    """Return the busiest services and all others, in steps of some seconds."""
    step = float(next((one for one in STEPS_S if (end - begin) / one <= MOST), STEPS_S[-1]))
    where = np.floor((np.array(platform.at) - 0.5 - begin) / step).astype(int)
    steps = [number for number in sorted(set(where.tolist())) if 0 <= number * step < end - begin]

    def shares(column: Sequence[float], of: float) -> tuple[float, ...]:
        values = np.array(column, dtype=float)
        return tuple(float(values[where == number].mean()) / of for number in steps)

    each = {told(one.name): shares(one.cpu_cores, platform.cores) for one in platform.services} if steps else {}
    order = sorted(each, key=lambda name: -sum(each[name]))
    shown = {name: each[name] for name in order[:BUSIEST]}
    if order[BUSIEST:]:
        shown[OTHERS] = tuple(sum(column) for column in zip(*(each[name] for name in order[BUSIEST:]), strict=True))
    return Use(tuple((number + 0.5) * step for number in steps), shown, shares(platform.host_cpu, 1.0) if steps else ())
