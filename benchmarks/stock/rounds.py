"""Rounds: each system alone in turn, the same pages in the same order, CPU time taken before and after."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.stock import generator
from benchmarks.stock.content import Content, ask
from benchmarks.stock.fast import Wrk
from benchmarks.stock.generator import Ask, Sample
from benchmarks.stock.systems import System
from runtime import printer

VISITORS = 4
FAST_VISITORS = 16
FAST_PAGES = 20000
MOST_PER_SECOND = 200
WARM_UP = 6
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Field:
    """What all rounds share: the content, each system's session, and the fast generator."""

    content: Content
    sessions: dict[str, str]
    wrk: Wrk


@dataclass(frozen=True)
class Phase:
    """One question: who reads, whether a cache may answer, how long a round lasts, how often."""

    name: str
    signed_in: bool = False
    cacheable: bool = False
    seconds: int = 8
    rounds: int = 4


@dataclass(frozen=True)
class Round:
    """What one system did in one round."""

    phase: str
    system: str
    number: int
    pages: int
    wrong: int
    seconds: float
    percentiles_ms: dict[str, float]
    hit_share: float
    cpu_ms_per_page: dict[str, float]
    latencies_ms: tuple[float, ...] = ()

    @property
    def pages_per_second(self) -> float:
        """Pages over the time from the first question to the last answer."""
        return self.pages / self.seconds

    @property
    def record(self) -> dict[str, Any]:
        """As it stands in the result."""
        return {
            "phase": self.phase,
            "system": self.system,
            "round": self.number,
            "pages": self.pages,
            "wrong": self.wrong,
            "pages_per_second": round(self.pages_per_second, 2),
            **{name: round(value, 2) for name, value in self.percentiles_ms.items()},
            "hit_share": round(self.hit_share, 3),
            "cpu_ms_per_page": {part: round(value, 3) for part, value in self.cpu_ms_per_page.items()},
        }


def closed(field: Field, phase: Phase, systems: Sequence[System]) -> list[Round]:
    """As many pages as each system can give to a few visitors who never pause."""
    return _alternating(phase, systems, lambda system, number: _closed(field, phase, system, number))


def opened(field: Field, phase: Phase, systems: Sequence[System], per_second: float) -> list[Round]:
    """Poisson arrivals at a rate that is the same for all systems; latency from the intended start."""
    return _alternating(phase, systems, lambda system, number: _opened(field, phase, system, number, per_second))


def _alternating(phase: Phase, systems: Sequence[System], one: Callable[[System, int], Round]) -> list[Round]:
    found = []
    for number in range(phase.rounds):
        # ABBA…: what drifts in the machine meets each system first and last in turn.
        for system in systems if number % 2 == 0 else reversed(systems):
            found.append(one(system, number))
            said = found[-1]
            cpu = sum(said.cpu_ms_per_page.values())
            latency = " ".join(f"{name} {value:.1f}" for name, value in said.percentiles_ms.items())
            printer.say(f"    {said.phase:24} {number} {system.name:11} {said.pages_per_second:8.1f} pages/s  {cpu:6.2f} CPU ms  {latency}  wrong {said.wrong}")
    return found


def _closed(field: Field, phase: Phase, system: System, number: int) -> Round:
    _warm(field, phase, system)
    if phase.cacheable:
        return _fast(field, phase, system, number)
    asks = _asks(field, phase, system, number, MOST_PER_SECOND * phase.seconds)
    return _counted(phase, system, number, lambda: generator.closed_load(system, asks, VISITORS, phase.seconds))


def _opened(field: Field, phase: Phase, system: System, number: int, per_second: float) -> Round:
    _warm(field, phase, system)
    starts = np.cumsum(np.random.default_rng(number).exponential(1 / per_second, size=int(per_second * phase.seconds * 2)))
    starts = starts[starts < phase.seconds]
    asks = _asks(field, phase, system, number, len(starts))
    return _counted(phase, system, number, lambda: generator.open_load(system, asks, [float(start) for start in starts]))


def _warm(field: Field, phase: Phase, system: System) -> None:
    generator.closed_load(system, _asks(field, phase, system, -1, WARM_UP), 2, phase.seconds)


def _asks(field: Field, phase: Phase, system: System, number: int, count: int) -> list[Ask]:
    cookie = field.sessions[system.name] if phase.signed_in else ""
    fresh = "" if phase.cacheable or phase.signed_in else f"{time.monotonic_ns()}-"
    posts = field.content.drawn(number + 1, count)
    return [ask(post, cookie, fresh and f"{fresh}{position}") for position, post in enumerate(posts)]


def _counted(phase: Phase, system: System, number: int, load: Callable[[], list[Sample]]) -> Round:
    before, start = system.cpu(), time.perf_counter()
    samples = load()
    seconds = time.perf_counter() - start
    spent = system.cpu()
    latencies = tuple(sample.latency_ms for sample in samples)
    return Round(
        phase.name,
        system.name,
        number,
        len(samples),
        sum(not sample.right for sample in samples),
        seconds,
        {f"p{part}_ms": float(value) for part, value in zip(PERCENTILES, np.percentile(latencies, PERCENTILES), strict=True)},
        sum(sample.cached for sample in samples) / len(samples),
        {part: (spent[part] - before[part]) / len(samples) for part in spent},
        latencies,
    )


def _fast(field: Field, phase: Phase, system: System, number: int) -> Round:
    paths = [post.path for post in field.content.drawn(number + 1, FAST_PAGES)]
    before = system.cpu()
    saw = field.wrk.closed_load(system, paths, FAST_VISITORS, phase.seconds)
    spent, pages = system.cpu(), int(saw["pages"])
    return Round(
        phase.name,
        system.name,
        number,
        pages,
        int(saw["wrong"]),
        saw["seconds"],
        {f"p{part}_ms": saw[f"p{part}_ms"] for part in PERCENTILES},
        saw["hits"] / pages,
        {part: (spent[part] - before[part]) / pages for part in spent},
    )
