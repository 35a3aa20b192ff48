"""Steady runs that never were: requests of several classes on two cores, with stalls that hit everybody and load that wanders."""

from dataclasses import replace

import numpy as np

from loadtests.steady.findings import Facts, outcome
from loadtests.steady.meter import Platform
from loadtests.steady.order import Order
from loadtests.steady.record import Record
from loadtests.steady.tape import Beat, Sample, Turn
from loadtests.verdict import Result
from tests.unit.loadtests.capacity.levels import service
from tests.unit.loadtests.steady.peaks import BEGIN, BY_CLASS, order, plan

CORES = 2
HEALTHY = Beat(0.0, (0.2,), 4.0, 0.12, 0.03, 40, 1024, 2)
KEPT = 0.9
"""Of what is above or below the mean, after a second."""
SERVICES = {"frontdoor": 2.0, "blogs": 30.0, "database": 12.0, "mail": 0.05}
"""CPU ms of a request."""
ALONE_MS = {"page_anonymous": 30.0, "media_view": 8.0, "asset": 6.0, "sign_in": 300.0, "upload": 250.0}
STARTED = "2026-11-28T12:00:00+00:00"


def run(  # noqa: PLR0913 - one for each thing that may differ
    seed: int,
    *,
    seconds: int = 300,
    slower: dict[str, float] | None = None,
    dearer: float = 1.0,
    failing: float = 0.0,
    rate: float = 1.0,
    wander: float = 0.03,
) -> Result:
    """A run of the sample plan's mix: ``slower`` times the response of a class, ``dearer`` times the work of a request, a share of ``failing`` ones.

    Responses are lognormal; all wander together by so much (``wander``, log standard deviation, forgotten in ten seconds), and now and then all stalls
    for a second.
    """
    draw = np.random.default_rng(seed)
    together = _wander(draw, seconds, wander)
    stalls = draw.random(seconds) < 1 / 120
    samples = []
    for name, each in BY_CLASS.items():
        at = np.sort(draw.random(draw.poisson(each * rate * seconds)) * seconds)
        second = at.astype(int)
        times = ALONE_MS.get(name, 80.0) * np.exp(draw.normal(0, 0.5, len(at)) + together[second]) * (slower or {}).get(name, 1.0)
        times += stalls[second] * 1000 * (1 - at % 1)
        kinds = draw.random(len(at)) < failing
        samples += [Sample(BEGIN + float(one), name, float(ms), "", "status" if bad else "") for one, ms, bad in zip(at, times, kinds, strict=True)]
    turns = [Turn(BEGIN, "open"), Turn(BEGIN + seconds, "ending"), Turn(BEGIN + seconds, "done")]
    record = Record(samples=samples, beats=[replace(HEALTHY, at=BEGIN + second) for second in range(1, seconds + 1)], turns=turns)
    facts = Facts(plan(), _order(rate), record, _platform(draw, samples, seconds, dearer), BEGIN + seconds, stopped="the answer is known")
    found = outcome(facts)
    return Result(scenario="steady", platform="pilot", plan_digest="d" * 64, started=STARTED, **{**vars(found), "verdict": "passed", "reasons": ()})


def _order(rate: float) -> Order:
    told = order()
    return told.model_copy(update={"workload": told.workload.scaled(rate)})


def _wander(draw: np.random.Generator, seconds: int, deviation: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    steps = draw.normal(0, deviation * (1 - KEPT**2) ** 0.5, seconds)
    found = np.zeros(seconds)
    for second in range(1, seconds):
        found[second] = KEPT * found[second - 1] + steps[second]
    return found


def _platform(draw: np.random.Generator, samples: list[Sample], seconds: int, dearer: float) -> Platform:
    many = np.bincount([int(sample.at - BEGIN) for sample in samples], minlength=seconds)[:seconds]
    services = [
        service(name, tuple(float(one) for one in dearer * ms / 1000 * draw.gamma(np.maximum(1e-9, many) / 0.6, 0.6) + 0.002)) for name, ms in SERVICES.items()
    ]
    host = tuple(min(1.0, sum(one.cpu_cores[second] for one in services) / CORES + 0.06) for second in range(seconds))
    return Platform(cores=CORES, at=tuple(BEGIN + second for second in range(1, seconds + 1)), host_cpu=host, services=tuple(services))
