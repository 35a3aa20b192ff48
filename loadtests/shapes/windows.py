"""The parts of a profile as they were driven, and what came in each. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from loadtests.measure import starvation
from loadtests.measure.intervals import quantile, quantile_interval
from loadtests.shapes.curves import per_second
from loadtests.shapes.measured import PartFound
from loadtests.steady.analysis import P95, is_page
from loadtests.steady.meter import Platform
from loadtests.steady.order import Order
from loadtests.steady.predicted import processors
from loadtests.steady.profile import Stretch, ends
from loadtests.steady.record import Record, felt_ms
from loadtests.steady.tape import Beat, Sample
from loadtests.steady.workload import Workload
from sizing.plan import Plan

REJECTED = 503
MEDIAN, P99 = 0.5, 0.99
HALF_S, ONE_S = 0.5, 1.0
PLACES = 4


@dataclass(frozen=True)
class Window:
    """A stretch as it was driven (unix times)."""

    stretch: Stretch
    since: float
    until: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.until - self.since


def windows(profile: Sequence[Stretch], open_at: float, end: float) -> tuple[Window, ...]:
    """Return the stretches that began before ``end``, the last one cut there."""
    edges = [0.0, *ends(profile)]
    found = [Window(stretch, open_at + since, min(end, open_at + until)) for stretch, since, until in zip(profile, edges[:-1], edges[1:], strict=True)]
    return tuple(window for window in found if window.since < window.until)


def part_of(record: Record, spans: Iterable[tuple[float, float]]) -> Record:
    """Return what came with an intended start in one of ``spans`` (unix times)."""
    listed = list(spans)

    def inside(samples: Sequence[Sample]) -> list[Sample]:
        return [sample for sample in samples if any(since <= sample.at < until for since, until in listed)]

    beats = [beat for beat in record.beats if any(since < beat.at <= until + ONE_S for since, until in listed)]
    return Record(samples=inside(record.samples), probes=inside(record.probes), beats=beats, turns=record.turns)


def mean_load(order: Order, driven: Sequence[Window]) -> Workload:
    """Return the workload with the mean rates of some windows."""
    whole = sum(window.seconds for window in driven) or 1.0
    rates = [(per_second(order.workload, order.crowd, window.stretch), window.seconds / whole) for window in driven]
    return order.workload.model_copy(update={"per_second": {kind: sum(rate[kind] * weight for rate, weight in rates) for kind in order.workload.per_second}})


@dataclass(frozen=True)
class Parts:
    """What came, in the order of its time."""

    plan: Plan
    order: Order
    platform: Platform
    samples: list[Sample]
    beats: list[Beat]
    at: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan, order: Order, record: Record, platform: Platform) -> "Parts":
        """Return what a record holds."""
        samples = sorted(record.samples, key=lambda sample: sample.at)
        return cls(plan, order, platform, samples, record.beats, [sample.at for sample in samples])

    def found(self, window: Window, *, last: bool = False) -> PartFound:
        """Return what came in a window; in the ``last`` one that, too, which followed on answers after its end."""
        came = self.samples[bisect_left(self.at, window.since) : len(self.at) if last else bisect_left(self.at, window.until)]
        pages = [felt_ms(sample) for sample in came if is_page(sample)]
        interval = quantile_interval(pages, P95)
        load = mean_load(self.order, [window])
        used = self.platform.used(window.since + HALF_S, window.until + HALF_S) if self.platform.services else []
        return PartFound(
            name=window.stretch.name,
            open_at=round(window.since, 3),
            seconds=round(window.seconds, 2),
            share=round(load.requests_per_second / self.plan.peak.requests_per_second, PLACES),
            requests=len(came),
            failures=sum(bool(sample.kind) for sample in came),
            rejected=sum(bool(sample.kind) and sample.status == REJECTED for sample in came),
            per_second=round(len(came) / window.seconds, PLACES),
            per_second_planned=round(load.requests_per_second, PLACES),
            p50_ms=_quantile(pages, MEDIAN),
            p95_ms=_quantile(pages, P95),
            p99_ms=_quantile(pages, P99),
            p95_low_ms=round(interval.low, 1) if interval else None,
            p95_high_ms=round(interval.high, 1) if interval else None,
            utilisation=round(fmean(used), PLACES) if used else None,
            utilisation_predicted=processors(self.plan, load, self.platform.cores),
            faults=tuple(starvation.faults(self._beats(window), self.plan.targets.page_p95_ms)),
        )

    def _beats(self, window: Window) -> list[Beat]:
        return [beat for beat in self.beats if window.since < beat.at <= window.until + ONE_S]


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(quantile(values, share), 1) if values else None
