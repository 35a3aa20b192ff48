"""A plan that tells its peak, a workload, and records of runs that never were."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadtests.steady.findings import Facts
from loadtests.steady.meter import Platform, Service
from loadtests.steady.order import Order, Shown
from loadtests.steady.record import Record
from loadtests.steady.tape import Beat, Sample, Turn
from loadtests.steady.workload import Workload, of_plan
from sizing.plan import Assumption, Peak, Plan
from tests.unit.sample_plan import SAMPLE

BEGIN = 1_000_000.0
TARGET_MS = 1000.0
NUMBERS = {
    "burst_factor": 1.5,
    "zipf_exponent": 0.9,
    "assets_on_platform": 12.0,
    "rejected_limit": 0.001,
    "cpu_limit": 0.7,
    "first_pages": 500.0,
    "background_cores": 0.1,
    "demand.page_signed_in.php": 50.0,
}
BY_CLASS = {
    "page_anonymous": 0.8,
    "page_signed_in": 3.2,
    "feed": 0.3,
    "search": 0.3,
    "comment": 0.05,
    "post": 0.02,
    "media_view": 3.0,
    "upload": 0.03,
    "sign_in": 0.2,
    "wiki_view": 1.4,
    "wiki_edit": 0.04,
    "asset": 0.6,
}


def plan(**by_class: float) -> Plan:
    rates = {**BY_CLASS, **by_class}
    peak = Peak(requests_per_second=sum(rates.values()), hour_utc="Mon 08:00", sessions_per_hour=2400.0, think_time_s=20.0, by_class=rates)
    numbers = tuple(Assumption(name=name, value=value, unit="", source="test") for name, value in NUMBERS.items())
    return SAMPLE.model_copy(update={"peak": peak, "assumptions": numbers})


def workload(share: float = 1.0) -> Workload:
    return of_plan(plan(), share)


def order(limit_s: float = 900.0) -> Order:
    shown = (Shown(title="One", url="https://a.example/one/", weight=1.0),)
    return Order(workload=workload(), posts=shown, pages=shown, limit_s=limit_s, most_requests=100_000, stop=Path("/nowhere/stop"))


def samples(seconds: float, rate: float, wait_ms: Callable[[random.Random, float], float], name: str = "page_signed_in", seed: int = 1) -> list[Sample]:
    """Poisson arrivals of one class; ``wait_ms`` of the dice and the second since the beginning."""
    draw, at, found = random.Random(seed), 0.0, []  # noqa: S311 - dice of a test
    while (at := at + draw.expovariate(rate)) < seconds:
        found.append(Sample(BEGIN + at, name, wait_ms(draw, at), "https://a.example/one/"))
    return found


def steady_ms(draw: random.Random, _: float) -> float:
    """Waits with a p95 of 200 ms."""
    return draw.expovariate(1 / 66.76)


def beats(seconds: int, **odd: Any) -> list[Beat]:  # noqa: ANN401 - any field of a beat
    healthy = Beat(0.0, (0.2, 0.4, 1.1), 4.0, 0.12, 0.03, 40, 1024, 2)
    return [replace(healthy, at=BEGIN + second, **odd) for second in range(1, seconds + 1)]


def platform(seconds: int, cores_used: float = 0.5) -> Platform:
    draw = random.Random(3)  # noqa: S311 - dice of a test
    used = tuple(max(0.0, draw.gauss(cores_used, 0.1)) for _ in range(seconds))
    row = (1.0,) * seconds
    service = Service(
        name="blogs",
        memory_limit_mib=700.0,
        cpu_cores=used,
        memory_mib=(120.0,) * seconds,
        disk_read_kib=row,
        disk_written_kib=row,
        received_kib=row,
        sent_kib=row,
    )
    at = tuple(BEGIN + second for second in range(1, seconds + 1))
    return Platform(cores=2, at=at, host_cpu=tuple(one / 2 + 0.1 for one in used), services=(service,))


def record(seconds: int, taken: list[Sample], own: list[Beat] | None = None, *phases: str) -> Record:
    ends = [Turn(BEGIN + seconds, phase) for phase in phases or ("ending", "done")]
    return Record(samples=taken, beats=beats(seconds) if own is None else own, turns=[Turn(BEGIN, "open"), *ends])


def facts(seconds: int = 120, taken: list[Sample] | None = None, **more: Any) -> Facts:  # noqa: ANN401 - any field of the facts
    taken = samples(seconds, 8.0, steady_ms) if taken is None else taken
    found = Facts(plan(), order(), record(seconds, taken), platform(seconds), BEGIN + seconds, stopped="the answer is known")
    return replace(found, **more)


def probes(*waits_ms: float) -> list[Sample]:
    return [Sample(BEGIN + 2 * number, "probe", wait, "https://blogs.example/") for number, wait in enumerate(waits_ms)]
