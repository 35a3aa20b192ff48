"""From what was told to what is known: the warm-up, the classes, and each target met or missed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadtests.measure.dispersion import dispersion
from loadtests.measure.histogram import MOST_MS, Histogram, merged
from loadtests.measure.intervals import LEAST_ORDERED, Interval, mean_interval, quantile, quantile_interval, share_high, share_low
from loadtests.measure.warmup import warm_up
from loadtests.recorder import Failure, RequestClass
from loadtests.steady.measured import MEMORY, Answer, Came, Judgement, Slow
from loadtests.steady.meter import Platform
from loadtests.steady.record import Record, felt_ms
from loadtests.steady.series import hits
from loadtests.steady.tape import Sample
from loadtests.steady.workload import Workload, assumption
from sizing.plan import Plan
from sizing.workload import PAGES

P95 = 0.95
SLOWEST = 20
MEMORY_LIMIT = 0.95
"""Of a service's memory: nearer to it the kernel stalls it to win pages back, and then kills it."""
PROBED, PROBES_LATE = 20, 4
"""Of 20 looks, 4 and more are late in 1.6 of 100 cases where 95 of 100 are in time (binomial): real people suffer."""


@dataclass(frozen=True)
class Parts:
    """The phases of a run (unix times): arrivals from ``open_at`` on, measured between ``begin`` and ``end``."""

    open_at: float
    begin: float
    end: float
    settled: bool

    @property
    def measured_s(self) -> float:
        """Seconds of the measured part."""
        return max(0.0, self.end - self.begin)


def is_page(sample: Sample) -> bool:
    """Tell whether it is one of the pages that the plan's target speaks of."""
    return sample.request_class in PAGES


def parts(record: Record, now: float) -> Parts | None:
    """Return the phases, the warm-up found in the pages' response times; None before arrivals began."""
    open_at = record.began("open")
    if open_at is None:
        return None
    end = record.began("ending") or now
    pages = sorted((sample for sample in record.samples if is_page(sample)), key=lambda sample: sample.at)
    left_out = warm_up([felt_ms(sample) for sample in pages])
    if left_out is None:
        return Parts(open_at, open_at + (end - open_at) / 2 if pages else open_at, end, settled=False)
    return Parts(open_at, pages[left_out].at if left_out else open_at, end, settled=True)


def measured(record: Record, found: Parts) -> list[Sample]:
    """Return the samples of the measured part, in the order of their intended starts."""
    return sorted((sample for sample in record.samples if sample.at >= found.begin), key=lambda sample: sample.at)


def judged(plan: Plan, record: Record, found: Parts, platform: Platform, predicted: float | None) -> tuple[Judgement, ...]:
    """Return every target with what was measured."""
    samples = measured(record, found)
    return (
        *_pages(plan, samples),
        *([_real(record.probes, plan.targets.page_p95_ms)] if record.probes else []),
        *([_errors(record.samples, assumption(plan, "rejected_limit"))] if record.samples else []),
        *_processors(platform, found, assumption(plan, "cpu_limit"), predicted),
        *_memory(platform, found),
    )


def _pages(plan: Plan, samples: Sequence[Sample]) -> Iterator[Judgement]:
    """Yield one judgement for all pages, and one for each class of them that has enough requests for it."""
    limit, times = plan.targets.page_p95_ms, by_class([sample for sample in samples if is_page(sample)])
    yield _p95("p95 of all pages", [felt_ms(sample) for sample in samples if is_page(sample)], limit)
    for name, values in sorted(times.items()):
        if len(values) >= LEAST_ORDERED:
            yield _p95(f"p95 of {name}", values, limit)


def _p95(target: str, values: Sequence[float], limit: float) -> Judgement:
    interval = quantile_interval(values, P95) or Interval(quantile(values, P95) if values else 0.0, 0.0, MOST_MS, f"fewer than {LEAST_ORDERED} requests")
    return _judgement(target, "ms", limit, interval, len(values))


def _judgement(target: str, unit: str, limit: float, interval: Interval, number: int, predicted: float | None = None) -> Judgement:  # noqa: PLR0913, PLR0917 - its members
    answer: Answer = "met" if interval.high <= limit else "missed" if interval.low > limit else "undecided"
    low, high = (min(MOST_MS, round(bound, 4)) for bound in (interval.low, interval.high))
    return Judgement(
        target=target,
        unit=unit,
        limit=limit,
        value=round(interval.value, 4),
        low=low,
        high=high,
        number=number,
        method=interval.method,
        answer=answer,
        predicted=predicted,
    )


def _real(probes: Sequence[Sample], limit_ms: float) -> Judgement:
    values = [felt_ms(sample) for sample in probes]
    interval = Interval(
        quantile(values, P95), min(values), max(values), f"missed where {PROBES_LATE} of {PROBED} in a row are late; low and high are the range"
    )
    answer: Answer = "missed" if suffering(probes, limit_ms) else "met"
    return _judgement("p95 of real first pages", "ms", limit_ms, interval, len(values)).model_copy(update={"answer": answer})


def suffering(probes: Sequence[Sample], limit_ms: float) -> bool:
    """Tell whether real pages were slower than the target in any window of the looks."""
    late = [felt_ms(sample) > limit_ms for sample in probes]
    return any(sum(late[max(0, end - PROBED) : end]) >= PROBES_LATE for end in range(1, len(late) + 1))


def _errors(samples: Sequence[Sample], limit: float) -> Judgement:
    failed, number = sum(bool(sample.kind) for sample in samples), len(samples)
    interval = Interval(failed / number, share_low(failed, number), share_high(failed, number), "Wilson; judged by what was seen")
    answer: Answer = "missed" if failed / number > limit else "met"
    return _judgement("errors", "share", limit, interval, number).model_copy(update={"answer": answer})


def _processors(platform: Platform, found: Parts, limit: float, predicted: float | None) -> Iterator[Judgement]:
    used = platform.used(found.begin, found.end)
    interval = mean_interval(used)
    if interval is not None and platform.services:
        yield _judgement("processors", "share", limit, interval, len(used), predicted)
    for host in platform.hosts if platform.services else ():
        on_it = platform.of_host(host, found.begin, found.end)
        interval = mean_interval(on_it)
        if interval is not None:
            yield _judgement(f"processors of {host.name}", "share", limit, interval, len(on_it))


def _memory(platform: Platform, found: Parts) -> Iterator[Judgement]:
    for service in platform.services:
        held = [mib for at, mib in zip(platform.at, service.memory_mib, strict=True) if found.open_at <= at]
        if held and service.memory_limit_mib:
            share = max(held) / service.memory_limit_mib
            yield _judgement(f"{MEMORY}{service.name}", "share", MEMORY_LIMIT, Interval(share, share, share, "the highest second"), len(held))


def by_class(samples: Sequence[Sample]) -> dict[str, list[float]]:
    """Return times as people feel them, by request class, in the order of ``samples``."""
    found: dict[str, list[float]] = defaultdict(list)
    for sample in samples:
        found[sample.request_class].append(felt_ms(sample))
    return found


def came(samples: Sequence[Sample], seconds: float) -> Came | None:
    """Return what came in the ``seconds`` of the measured part; None where there were none."""
    if seconds <= 0:
        return None
    counts = Counter(sample.request_class for sample in samples)
    return Came(
        per_second={name: round(count / seconds, 4) for name, count in sorted(counts.items())},
        page_cache_hits=hits(samples),
    )


def classes(plan: Plan, workload: Workload, record: Record, found: Parts) -> tuple[RequestClass, ...]:
    """Return the figures of each class: counts of the whole run, times and rates of the measured part."""
    inside = by_class(measured(record, found))
    before = by_class([sample for sample in record.samples if sample.at < found.begin])
    failures = _failures(record.samples)
    return tuple(
        _class(plan, workload, found, (name, inside.get(name, []), before.get(name, []), failures.get(name, ()))) for name in sorted({*inside, *before})
    )


def _class(plan: Plan, workload: Workload, found: Parts, one: tuple[str, list[float], list[float], tuple[Failure, ...]]) -> RequestClass:
    name, inside, before, failures = one
    phases = {"warm-up": Histogram(before), "measured": Histogram(inside)}
    times = phases["measured"] if inside else merged(phases.values())
    interval = quantile_interval(inside, P95)
    return RequestClass(
        name=name,
        requests=len(inside) + len(before),
        p50_ms=times.percentile(50),
        p95_ms=times.percentile(95),
        max_ms=round(max(inside or before), 1),
        failures=failures,
        p99_ms=times.percentile(99),
        p999_ms=times.percentile(99.9),
        p95_low_ms=round(interval.low, 1) if interval else None,
        p95_high_ms=round(interval.high, 1) if interval else None,
        p95_predicted_ms=plan.response_p95_ms.get(name),
        per_second=round(len(inside) / found.measured_s, 4) if found.measured_s else 0.0,
        per_second_planned=round(workload.per_second.get(name, 0.0), 4),
        dispersion_p50=dispersion(inside, 0.5),
        dispersion_p95=dispersion(inside, P95),
        histograms={phase: counts.encode() for phase, counts in phases.items() if counts.count},
    )


def pages_dispersion(samples: Sequence[Sample], share: float) -> float | None:
    """Return the dispersion of all pages that are slower than their quantile ``share``; ``samples`` in the order of their intended starts."""
    return dispersion([felt_ms(sample) for sample in samples if is_page(sample)], share)


def _failures(samples: Sequence[Sample]) -> dict[str, tuple[Failure, ...]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        if sample.kind:
            found[sample.request_class][sample.kind].append(sample.reason)
    return {name: tuple(Failure(kind=kind, count=len(reasons), first=reasons[0]) for kind, reasons in kinds.items()) for name, kinds in found.items()}


def slowest(samples: Sequence[Sample]) -> tuple[Slow, ...]:
    """Return the slowest requests, the slowest first."""
    worst = sorted(samples, key=lambda sample: -sample.waited_ms)[:SLOWEST]
    return tuple(
        Slow(at=round(sample.at, 3), request_class=sample.request_class, url=sample.url, waited_ms=round(sample.waited_ms, 1), kind=sample.kind)
        for sample in worst
    )
