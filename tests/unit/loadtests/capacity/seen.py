"""Records of whole searches that never were: samples, beats and the platform's accounts, level by level."""

import random
from dataclasses import replace
from pathlib import Path

from loadtests.capacity.findings import Facts
from loadtests.capacity.level import Span
from loadtests.steady.meter import Platform
from loadtests.steady.record import Record
from loadtests.steady.tape import Beat, Sample, Turn
from tests.unit.loadtests.capacity.levels import service
from tests.unit.loadtests.steady.peaks import BEGIN, BY_CLASS, order, plan

SECONDS, WARM_S, CORES = 60, 10.0, 2
USED = 0.25
HEALTHY = Beat(0.0, (0.2, 0.4, 1.1), 4.0, 0.12, 0.03, 40, 1024, 2)


def facts(*shares: float, starved: int = 0, failing: int = 0, done: bool = True, stopped: str = "") -> Facts:
    """Levels at ``shares``, each a minute, each share using ``USED`` of the cores; the generator lags in level ``starved``, all fails in level ``failing``."""
    draw = random.Random(5)  # noqa: S311 - dice of a test
    record, spans = Record(turns=[Turn(BEGIN, "open")]), []
    cores: list[float] = []
    for number, share in enumerate(shares, 1):
        begin = BEGIN + (number - 1) * SECONDS
        spans.append(Span(number, share, begin, begin + WARM_S, begin + SECONDS, "errors" if number == failing else ""))
        for name, rate in BY_CLASS.items():
            many = round(rate * share * SECONDS)
            kind, reason = ("status", "503 instead of 200") if number == failing else ("", "")
            record.samples.extend(
                Sample(begin + (at + draw.random()) * SECONDS / many, name, draw.expovariate(1 / 60), "", kind, 200, reason) for at in range(many)
            )
        late = (900.0,) * 3 if number == starved else HEALTHY.late_ms
        record.beats.extend(replace(HEALTHY, at=begin + second, late_ms=late) for second in range(1, SECONDS + 1))
        cores += [max(0.0, share * USED * CORES * draw.gauss(1, 0.05)) for _ in range(SECONDS)]
    record.turns += [Turn(BEGIN + len(shares) * SECONDS, phase) for phase in (("ending", "done") if done else ("ending",))]
    at = tuple(BEGIN + second for second in range(1, len(cores) + 1))
    host = tuple(min(1.0, one / CORES + 0.05) for one in cores)
    platform = Platform(cores=CORES, at=at, host_cpu=host, services=(service("blogs", tuple(cores)),))
    told = order().model_copy(update={"stage": Path("/nowhere/stage")})
    return Facts(plan(), told, record, platform, tuple(spans), stopped or "the time limit of 180 s")
