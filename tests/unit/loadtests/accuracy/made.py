"""Results that never were, of a platform that does what the plan says, or is off it by known factors."""

from collections.abc import Mapping
from typing import Any

from loadtests.accuracy.model import Model, Source, model
from loadtests.accuracy.stations import cores
from loadtests.capacity.measured import Capacity, Extent, LevelFound, Predicted
from loadtests.recorder import RequestClass
from loadtests.steady.measured import Came, Content, Generator, Judgement, Measured, Probe
from loadtests.steady.meter import Platform
from loadtests.steady.workload import of_plan
from loadtests.verdict import Result
from sizing import plan as plans
from sizing.plan import Plan
from sizing.workload import PAGES
from tests.unit.loadtests.capacity.levels import service
from tests.unit.sizing.asked import planned, question

BEGIN, WARM_S, SECONDS, CORES = 1_700_000_000.0, 10.0, 60, 2
STARTED, LATER, EARLIER = "2026-11-29T06:00:00+00:00", "2026-11-29T07:00:00+00:00", "2026-11-28T06:00:00+00:00"
MACHINE = "desk: Example, 2 cores"
OWN = {"rest": "mail"}
"""What the services of a station are called, where not as the station itself."""
GENERATOR = Generator(faults=(), late_p99_ms=1.0, loop_worst_ms=2.0, cpu_mean=0.0, queued_mean=0.0, sockets_most=9)
CONTENT, PROBE = Content(posts=500, pages=100, seeded=True), Probe(requests=0, failed=0, p95_ms=0.0)


def plan() -> Plan:
    return planned()


def asked_model(told: Plan) -> Model:
    return model(told, Source(question().brief))


def calibrated(told: Plan, at: str = EARLIER) -> Plan:
    seen = plans.Measured(path="/nowhere/calibration.json", digest="1" * 64, at=at, machine=MACHINE, same=True, words="", replaced=())
    return told.model_copy(update={"inputs": told.inputs.model_copy(update={"measured": seen})})


def platform(used: Mapping[str, float], seconds: int = SECONDS, beside: float = 0.0, noise: tuple[float, ...] = (1.0,)) -> Platform:
    """``used`` cores by station in each second, times ``noise`` in turn, and ``beside`` cores of somebody else."""
    at = tuple(BEGIN + second for second in range(1, seconds + 1))
    times = [noise[second % len(noise)] for second in range(seconds)]
    services = tuple(service(OWN.get(name, name), tuple(value * one for one in times)) for name, value in used.items())
    return Platform(cores=CORES, at=at, host_cpu=tuple((sum(used.values()) * one + beside) / CORES for one in times), services=services)


def stations(told: Plan, rates: Mapping[str, float], beside: float = 0.0) -> dict[str, float]:
    """Cores by station as the plan's model says, all but the sum."""
    moves = asked_model(told).at(dict(rates), beside).moves
    return {name: value for name, value in cores(told, rates, 0.0, moves).items() if name != "processors"}


def steady(  # noqa: PLR0913 - what may be off
    told: Plan,
    share: float = 100.0,
    *,
    came: float = 1.0,
    off: Mapping[str, float] | None = None,
    p95_off: float = 1.0,
    beside: float = 0.0,
    others: float = 0.0,
    noise: tuple[float, ...] = (1.0,),
    **changes: Any,  # noqa: ANN401 - members of a result
) -> Result:
    """A steady test to which ``came`` times as much came as was asked; stations use ``off`` times what the plan says, pages take ``p95_off`` times.

    ``beside`` cores are the generator's, ``others`` somebody else's.
    """
    rates = {name: rate * share * came for name, rate in told.peak.by_class.items()}
    used = {name: value * (off or {}).get(name, 1.0) for name, value in stations(told, rates, beside).items()}
    p95 = asked_model(told).at(rates, beside).p95_ms
    found = Measured(
        workload=of_plan(told, share),
        content=CONTENT,
        open_at=BEGIN,
        warm_up_s=WARM_S,
        measured_s=SECONDS - WARM_S,
        offered_per_second=1.0,
        stopped="",
        judgements=(),
        slow=(),
        generator=GENERATOR.model_copy(update={"cpu_mean": beside}),
        probe=PROBE,
        platform=platform(used, beside=beside + others, noise=noise),
        notes=(),
    )
    classes = tuple(request_class(name, rate, p95.get(name, 1.0) * p95_off) for name, rate in rates.items())
    return result("steady", told, classes=classes, measured=found, **changes)


def request_class(name: str, rate: float, p95_ms: float) -> RequestClass:
    low, high = (p95_ms * 0.98, p95_ms * 1.02) if name in PAGES else (None, None)
    return RequestClass(name=name, requests=100, p50_ms=1, p95_ms=p95_ms, max_ms=p95_ms, p95_low_ms=low, p95_high_ms=high, per_second=rate)


def capacity(
    told: Plan,
    people: float,
    *,
    half_width: float = 0.02,
    binding: str = "processors",
    levels: tuple[LevelFound, ...] = (),
    **changes: Any,  # noqa: ANN401 - members of a result
) -> Result:
    share = people / told.people
    found = Capacity(
        share=extent(share),
        people=extent(people),
        requests_per_second=extent(told.peak.requests_per_second * share),
        half_width=half_width,
        binding=binding,
        targets=(),
        predicted=Predicted(people=1, low=1, high=1, first_to_give="", error=None),
        levels=levels,
        stopped="",
        workload=of_plan(told, 1.0),
        content=CONTENT,
        slow=(),
        generator=GENERATOR,
        probe=PROBE,
        platform=platform(stations(told, {name: rate * 100 for name, rate in told.peak.by_class.items()})),
        notes=(),
    )
    return result("capacity", told, capacity=found, **changes)


def level(told: Plan, share: float = 100.0, *, came: Came | None = None, **changes: Any) -> LevelFound:  # noqa: ANN401 - members of a level
    found = Judgement(target="p95 of page_signed_in", unit="ms", limit=500, value=100, low=90, high=110, number=400, method="", answer="met", predicted=None)
    whole = LevelFound(
        number=1,
        share_asked=share,
        share=share,
        people=share * told.people,
        requests_per_second=share * told.peak.requests_per_second,
        open_at=BEGIN,
        warm_up_s=WARM_S,
        measured_s=SECONDS - WARM_S,
        requests=1000,
        failures=0,
        p95_ms=100,
        p95_low_ms=90,
        p95_high_ms=110,
        utilisation=0.3,
        host_cpu=0.3,
        judgements=(found,),
        generator=GENERATOR,
        verdict="met",
        ended="",
        came=came,
    )
    return whole.model_copy(update=changes)


def extent(value: float) -> Extent:
    return Extent(value=value, low=value * 0.98, high=value * 1.02)


def result(scenario: str, told: Plan, **changes: Any) -> Result:  # noqa: ANN401 - members of a result
    whole: dict[str, Any] = {
        "platform": told.platform.name,
        "plan_digest": told.inputs.digest,
        "started": STARTED,
        "duration_s": float(SECONDS),
        "requests": 100,
        "failures": 0,
        "classes": (),
        "verdict": "passed",
        "reasons": (),
    }
    return Result(scenario=scenario, **{**whole, **changes})
