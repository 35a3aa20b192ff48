"""One level of load: what came, and what became of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from loadtests.measure import starvation
from loadtests.measure.intervals import T_9, Interval, quantile_interval
from loadtests.steady import analysis
from loadtests.steady.analysis import Parts
from loadtests.steady.measured import Judgement
from loadtests.steady.meter import Platform
from loadtests.steady.predicted import work_ms
from loadtests.steady.record import Record, felt_ms
from loadtests.steady.tape import Beat, Sample
from sizing.plan import Plan

ALL_PAGES = "all pages"
UNPLANNED = frozenset({"asset"})
"""How many styles and scripts come is decided by the pages, not by the plan: they tell nothing of how many people came."""
BATCH_S = 6.0
BATCHES = 10
T_NORMAL = 1.96
ONE_S = 1.0
LEAST_WINDOW_S = 5.0


@dataclass(frozen=True)
class Span:
    """A level in time (unix): arrivals from ``open_at``, measured between ``begin`` and ``end``; ``asked`` is its share of the plan's peak.

    ``ended`` says why it ended before its time; '' where it did not.
    """

    number: int
    asked: float
    open_at: float
    begin: float
    end: float
    ended: str = ""

    @property
    def seconds(self) -> float:
        """Length of the measured part."""
        return max(0.0, self.end - self.begin)


@dataclass(frozen=True)
class Batch:
    """A part of a level: the load that came (share of the plan's peak), and the share of all cores that worked: the platform's, and anybody's."""

    came: float
    used: float
    host: float


@dataclass(frozen=True)
class Late:
    """A p95 (ms), ``error`` its relative standard error, of ``number`` pages."""

    p95_ms: float
    error: float
    number: int
    interval: Interval


@dataclass(frozen=True)
class Level:
    """A level as measured; ``came`` is the load that came, as a share of the plan's peak, ``late`` the p95 of all pages (None: too few).

    ``everything`` holds the samples of its beginning, too.
    """

    span: Span
    came: float
    samples: tuple[Sample, ...]
    everything: tuple[Sample, ...]
    beats: tuple[Beat, ...]
    batches: tuple[Batch, ...]
    late: Late | None
    judgements: tuple[Judgement, ...]
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Tell whether its figures count: it came to its end, and the generator was not the bottleneck."""
        return not self.faults and not self.span.ended and self.came > 0 and bool(self.batches)

    @property
    def failed(self) -> int:
        """Failed requests."""
        return sum(bool(sample.kind) for sample in self.everything)

    def mean(self, name: str) -> float:
        """Return the mean of a member of the batches."""
        return float(np.mean([getattr(batch, name) for batch in self.batches])) if self.batches else 0.0


def level(plan: Plan, record: Record, platform: Platform, span: Span) -> Level:
    """Return what was measured in ``span``."""
    everything = _inside(record.samples, span.open_at, span.end)
    inside = [sample for sample in everything if sample.at >= span.begin]
    beats = tuple(beat for beat in record.beats if span.begin < beat.at <= span.end + ONE_S)
    part = Record(samples=inside, probes=_inside(record.probes, span.open_at, span.end), beats=list(beats))
    load, platform = Load.of(plan), platform.between(span.open_at, span.end + ONE_S)
    return Level(
        span=span,
        came=load.share(inside, span.seconds),
        samples=tuple(inside),
        everything=tuple(everything),
        beats=beats,
        batches=tuple(_batches(load, inside, platform, span)),
        late=p95([felt_ms(sample) for sample in inside if analysis.is_page(sample)]),
        judgements=analysis.judged(plan, part, Parts(span.open_at, span.begin, span.end, settled=True), platform, None),
        faults=tuple(starvation.faults(beats, plan.targets.page_p95_ms)),
    )


@dataclass(frozen=True)
class Load:
    """How much of the plan's peak comes with a request of each class.

    Classes weigh as much as they work by the plan, so that it matters little which of them chance sent (control
    variates: Lavenberg and Welch, 1981); where the plan holds no demands each request weighs the same.
    """

    weights: dict[str, float]
    whole: float

    @classmethod
    def of(cls, plan: Plan) -> "Load":
        """Return the weights of a plan."""
        weights = {name: weight for name, weight in (work_ms(plan) or dict.fromkeys(plan.peak.by_class, 1.0)).items() if name not in UNPLANNED}
        return cls(weights, sum(weight * plan.peak.by_class[name] for name, weight in weights.items()))

    def share(self, samples: Iterable[Sample], seconds: float) -> float:
        """Return the share of the plan's peak that came in ``seconds``."""
        came = sum(self.weights.get(sample.request_class, 0.0) for sample in samples)
        return came / seconds / self.whole if seconds > 0 and self.whole > 0 else 0.0


def _inside(samples: Sequence[Sample], since: float, until: float) -> list[Sample]:
    return sorted((sample for sample in samples if since <= sample.at < until), key=lambda sample: sample.at)


def _batches(load: Load, samples: Sequence[Sample], platform: Platform, span: Span) -> Iterable[Batch]:
    """Yield equal parts of the level, of ``BATCH_S`` and more."""
    if span.seconds < LEAST_WINDOW_S:
        return
    edges = np.linspace(span.begin, span.end, 1 + min(BATCHES, max(2, int(span.seconds / BATCH_S))))
    for since, until in pairwise(float(edge) for edge in edges):
        used = platform.used(since + ONE_S / 2, until + ONE_S / 2)
        host = [busy for at, busy in zip(platform.at, platform.host_cpu, strict=True) if since + ONE_S / 2 <= at <= until + ONE_S / 2]
        if used:
            came = load.share(_inside(samples, since, until), until - since)
            yield Batch(came, float(np.mean(used)), float(np.mean(host)))


def p95(times_ms: Sequence[float]) -> Late | None:
    """Return the p95 of response times in the order of their starts; None where there are too few."""
    found = quantile_interval(times_ms, analysis.P95)
    if found is None or found.value <= 0:
        return None
    reach = T_9 if found.method == "batch quantiles" else T_NORMAL
    return Late(found.value, found.half_width / reach / found.value, len(times_ms), found)
