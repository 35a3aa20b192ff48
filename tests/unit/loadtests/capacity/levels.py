"""Levels that never were: exact ones, by the laws that the search stands on."""

import math
from typing import Any

from loadtests.capacity.crowding import crowding
from loadtests.capacity.estimate import Known
from loadtests.capacity.level import Batch, Late, Level, Span
from loadtests.measure.intervals import Interval
from loadtests.steady.measured import Judgement
from loadtests.steady.meter import Service
from loadtests.steady.tape import Sample

CORES, TARGET_MS = 2, 1000.0
KNOWN = Known(page_p95_ms=TARGET_MS, cpu_limit=0.7, rejected_limit=0.001, cores=CORES, background=0.0)
SECONDS = 60.0


def service(name: str, cores: tuple[float, ...], memory_mib: float = 100.0) -> Service:
    still = (0.0,) * len(cores)
    return Service(
        name=name,
        memory_limit_mib=1000.0,
        cpu_cores=cores,
        memory_mib=(memory_mib,) * len(cores),
        disk_read_kib=still,
        disk_written_kib=still,
        received_kib=still,
        sent_kib=still,
    )


def exact(share: float, busy_each: float = 0.35, alone_ms: float = 100.0, number: int = 1, **more: Any) -> Level:  # noqa: ANN401 - any member
    """A level at ``share`` where each share keeps ``busy_each`` of the cores busy, and pages take ``alone_ms`` (p95) on an empty machine."""
    used = share * busy_each
    value = alone_ms * math.exp(crowding(CORES, used))
    wave = (0.98, 1.02, 1.01, 0.99, 1.0, 1.0)
    batches = tuple(Batch(share, used * factor, used * factor) for factor in wave)
    ended, failed = more.pop("ended", ""), more.pop("failed", 0)
    samples = tuple(Sample(float(at), "page_signed_in", value, "", "status" if at < failed else "") for at in range(400))
    found = {
        "came": share,
        "samples": (),
        "everything": samples,
        "beats": (),
        "batches": batches,
        "late": Late(value, 0.02, 600, Interval(value, 0.95 * value, 1.05 * value, "batch quantiles")),
        "judgements": (judged("p95 of all pages", value),),
        "faults": (),
    }
    return Level(span=Span(number, share, 0.0, 10.0, 10.0 + SECONDS, ended), **{**found, **more})


def judged(target: str, value: float, limit: float = TARGET_MS, answer: str = "") -> Judgement:
    return Judgement(
        target=target,
        unit="ms",
        limit=limit,
        value=value,
        low=value,
        high=value,
        number=100,
        method="test",
        answer=answer or ("met" if value <= limit else "missed"),
    )
