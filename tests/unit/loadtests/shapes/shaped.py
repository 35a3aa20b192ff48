"""A plan that tells its week and its announcement, and records of shapes that never were."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loadtests.shapes.curves import Curve
from loadtests.shapes.findings import Seen, seen
from loadtests.steady.findings import Facts
from loadtests.steady.meter import Platform
from loadtests.steady.order import Order
from loadtests.steady.tape import Sample
from sizing.plan import Announcement, Course, Plan
from tests.unit.loadtests.steady import peaks
from tests.unit.loadtests.steady.peaks import BEGIN, BY_CLASS, platform, record

Wait = Callable[[random.Random, float], float]
CROWD = {**dict.fromkeys(BY_CLASS, 0.0), "page_anonymous": 0.8, "page_signed_in": 3.2, "wiki_view": 1.0, "media_view": 5.0, "sign_in": 0.3, "asset": 12.0}
CROWD_FACTORS = (0.0, 0.0, 0.0, 1.0, 0.9, 0.75, 0.63, 0.54, 0.47, 0.41, 0.37, 0.33)
DAY = (0.05,) * 8 + (1.0, 0.65, 0.58, 0.55, 0.4, 0.6, 0.5, 0.4) + (0.05,) * 8
WEEK = Course(sessions_per_hour=1600.0, by_class={kind: rate / 1.5 for kind, rate in BY_CLASS.items()}, factors=DAY * 5 + (0.0,) * 48)
ANNOUNCEMENT = Announcement(
    people=400,
    waves=1,
    when_utc="Mon 09:00",
    month=0,
    requests_per_second=30.0,
    crowd_share=0.7,
    holds=1.0,
    largest_wave=400,
    waves_needed=1,
    words="a mail to all 400 people stays inside the targets",
    crowd=Course(sessions_per_hour=3600.0, by_class=CROWD, factors=CROWD_FACTORS),
    others=Course(sessions_per_hour=2400.0, by_class=BY_CLASS, factors=(1.2,) * 3 + (1.0,) * 9),
)


def plan() -> Plan:
    return peaks.plan().model_copy(update={"week": WEEK, "announcement": ANNOUNCEMENT})


def order(curve: Curve) -> Order:
    return peaks.order(curve.seconds).model_copy(update={"workload": curve.workload, "profile": curve.profile, "crowd": curve.crowd})


def shape(curve: Curve, taken: list[Sample], seconds: float | None = None, found: Platform | None = None, **more: Any) -> Seen:  # noqa: ANN401 - any field of the facts
    """What was seen of a run of ``curve`` that was driven for ``seconds`` (None: to its end)."""
    lasted = round(curve.seconds if seconds is None else seconds)
    told = Facts(plan(), order(curve), record(lasted, taken), platform(lasted) if found is None else found, BEGIN + lasted)
    return seen(curve, replace(told, **more))


def come(curve: Curve, wait_ms: Wait, rate: float = 10.0, seconds: float | None = None) -> list[Sample]:
    """Pages of one class at ``rate`` times the share of each stretch."""
    draw, found, begin = random.Random(6), [], 0.0  # noqa: S311 - dice of a test
    for stretch in curve.profile:
        height, lasts = rate * (stretch.share + stretch.crowd), stretch.seconds or 0.0
        at = begin
        while height and (at := at + draw.expovariate(height)) < begin + lasts:
            found.append(Sample(BEGIN + at, "page_signed_in", wait_ms(draw, at), "https://a.example/one/"))
        begin += lasts
    return [sample for sample in found if seconds is None or sample.at < BEGIN + seconds]


def failed(sample: Sample, status: int = 503) -> Sample:
    return replace(sample, kind="status", status=status, reason=f"{status} instead of 200")
