"""What a calibration comes to: from everything that was seen to the outcome. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp
from urllib.parse import urlsplit

from loadtests import costs
from loadtests.calibrate.belief import belief
from loadtests.calibrate.measured import Calibrated, DemandFound, MixDriven
from loadtests.calibrate.mixes import PLANS, Mix
from loadtests.calibrate.regression import Belief, Fit, Found, Row, background, fit
from loadtests.calibrate.rows import WIKI_STYLES, rows
from loadtests.calibrate.variation import variations
from loadtests.calibrate.verdict import counts, verdict
from loadtests.capacity.crowding import crowding
from loadtests.capacity.level import Level, Span, level
from loadtests.costs import MS
from loadtests.measure import starvation
from loadtests.measure.intervals import quantile
from loadtests.perform import Outcome
from loadtests.steady import analysis
from loadtests.steady.findings import surroundings
from loadtests.steady.measured import Content, Generator, Probe
from loadtests.steady.meter import Platform
from loadtests.steady.order import Order
from loadtests.steady.predicted import processors
from loadtests.steady.record import Record, felt_ms
from sizing.calibration import BACKGROUND
from sizing.figures import rounded
from sizing.plan import Plan
from sizing.workload import PAGES

LEAST_PAGES = 20
NORMAL_975 = 1.96
DIGITS = 4


@dataclass(frozen=True)
class Facts:
    """Everything that was seen; ``stopped`` is why arrivals ended, ``words`` the generator's last."""

    plan: Plan
    order: Order
    record: Record
    platform: Platform
    spans: tuple[Span, ...]
    mixes: tuple[Mix, ...]
    wiki: str = ""
    stopped: str = ""
    words: str = ""

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """All levels that began, in their order."""
        return tuple(level(self.plan, self.record, self.platform, span) for span in self.spans)

    @cached_property
    def used(self) -> tuple[Level, ...]:
        """The levels that count."""
        return tuple(one for one in self.levels if counts(one))

    @cached_property
    def belief(self) -> Belief:
        """What the plan says of the demands."""
        return belief(self.plan, ())

    @cached_property
    def rows(self) -> list[Row]:
        """What the regression stands on."""
        host = urlsplit(self.wiki).hostname or ""
        return rows(self.record, self.platform, [one.span for one in self.used], frozenset(self.belief.demands), host)

    @cached_property
    def fit(self) -> Fit | None:
        """The demands; None where there is nothing to fit."""
        return fit(self.rows, self.belief) if self.rows else None


def outcome(facts: Facts) -> Outcome:
    """Return the outcome; whatever was measured is in it."""
    record = facts.record
    stopped = facts.stopped or facts.words or "the load generator ended by itself"
    began, ended = record.began("open"), record.began("ending") or max((span.end for span in facts.spans), default=0.0)
    return Outcome(
        *verdict(facts.plan, record, facts.levels, stopped, fitted=facts.fit is not None),
        duration_s=round(ended - began, 1) if began and ended else 0.0,
        requests=len(record.samples),
        failures=sum(bool(sample.kind) for sample in record.samples),
        calibrated=_calibrated(facts, stopped) if facts.levels else None,
    )


def _calibrated(facts: Facts, stopped: str) -> Calibrated:
    order, found = facts.order, facts.fit
    probed = [felt_ms(sample) for sample in facts.record.probes]
    return Calibrated(
        numbers=tuple(_numbers(facts, found)) if found else (),
        mix=_mix(facts, found) if found else None,
        levels=tuple(_level(facts, one) for one in facts.levels),
        variations=variations(facts.used),
        drift=round(found.drift, DIGITS) if found else 1.0,
        stopped=stopped,
        content=Content(posts=len(order.posts), pages=len(order.pages), seeded=not order.posts[0].own),
        generator=Generator(faults=(), **vars(starvation.figures([beat for one in facts.levels for beat in one.beats]))),
        probe=Probe(
            requests=len(probed),
            failed=sum(bool(sample.kind) for sample in facts.record.probes),
            p95_ms=round(quantile(probed, analysis.P95), 1) if probed else 0.0,
        ),
        platform=facts.platform,
        notes=tuple(_notes(facts)),
    )


def _numbers(facts: Facts, found: Fit) -> Iterator[DemandFound]:
    """Yield each demand in ms, then the background of all services together in cores."""
    asked: dict[str, float] = {}
    for row in facts.rows:
        for name, times in row.requests.items():
            asked[name] = asked.get(name, 0.0) + times
    for name, prior in facts.belief.demands.items():
        if name != WIKI_STYLES:
            yield _demand(name, prior.value, found.numbers[name], round(asked.get(name, 0.0)))
    priors = facts.belief.backgrounds
    weights = {background(name): prior.value for name, prior in priors.items()}
    value = sum(found.numbers[name].value for name in weights)
    told = sum(weights[name] * found.numbers[name].told for name in weights) / sum(weights.values())
    idle = _interval(value, found.deviation(weights), told)
    yield _told(BACKGROUND, "cores", (sum(weights.values()), 1.0), idle, 0)


def _mix(facts: Facts, found: Fit) -> DemandFound:
    """Return one request of the plan's mix: its interval takes the errors of all demands together."""
    paid = mix_costs(facts.plan)
    priors = {name: facts.belief.demands[name].value * times for name, times in paid.items() if name in facts.belief.demands}
    value = sum(found.numbers[name].value * paid[name] for name in priors)
    told = sum(priors[name] * found.numbers[name].told for name in priors) / max(1e-12, sum(priors.values()))
    return _demand("mix", sum(priors.values()), _interval(value, found.deviation(priors), told), sum(len(one.samples) for one in facts.used))


def mix_costs(plan: Plan) -> dict[str, float]:
    """Return how many times each demand comes with one request of the plan's peak, caches as the plan says."""
    whole, found = sum(plan.peak.by_class.values()), dict[str, float]()
    for kind, rate in plan.peak.by_class.items():
        for each in costs.planned(plan, kind, costs.hits(plan)).values():
            for name, times in each.items():
                found[name] = found.get(name, 0.0) + rate * times / whole
    return found


def _interval(value: float, deviation: float, told: float) -> Found:
    width = exp(NORMAL_975 * deviation / max(value, deviation / 2, 1e-12))
    return Found(value, value / width, value * width, told)


def _demand(name: str, planned: float, found: Found, requests: int) -> DemandFound:
    return _told(name, "ms", (planned, MS), found, requests)


def _told(name: str, unit: str, planned: tuple[float, float], found: Found, requests: int) -> DemandFound:
    value, times = planned
    told = {member: rounded(getattr(found, member) * times) for member in ("value", "low", "high")}
    return DemandFound(name=name, unit=unit, planned=rounded(value * times), told=round(found.told, 3), requests=requests, **told)


def _level(facts: Facts, one: Level) -> MixDriven:
    mix, span = facts.mixes[one.span.number - 1], one.span
    p95 = _p95(facts, one)
    return MixDriven(
        number=span.number,
        words=mix.words,
        workload=mix.workload,
        open_at=round(span.open_at, 3),
        measured_s=round(span.seconds, 1),
        requests=len(one.samples),
        failures=one.failed,
        utilisation=round(one.mean("used"), DIGITS),
        planned=round(_busy(facts, one, {name: prior.value for name, prior in facts.belief.priors.items()}), DIGITS),
        fitted=round(_busy(facts, one, {name: number.value for name, number in facts.fit.numbers.items()}), DIGITS) if facts.fit else 0.0,
        p95_ms=p95,
        p95_planned_ms=_planned_p95(facts, one) if p95 is not None and mix.words in PLANS else None,
        generator=Generator(faults=one.faults, **vars(starvation.figures(one.beats))),
        ended=span.ended,
        counts=counts(one),
        came=analysis.came(one.samples, span.seconds),
        judgements=one.judgements,
    )


def _busy(facts: Facts, one: Level, values: Mapping[str, float]) -> float:
    """Return the share of all cores that the requests of a level take by ``values`` (utilisation law); 0 where it does not count."""
    mine = [row for row in facts.rows if row.level == one.span.number]
    cpu_s = sum(row.seconds * values[background(row.service)] + sum(times * values[name] for name, times in row.requests.items()) for row in mine)
    seconds = sum(row.seconds for row in mine) / max(1, len({row.service for row in mine}))
    return cpu_s / seconds / facts.platform.cores if seconds else 0.0


def _page(plan: Plan) -> str:
    """Return the class of pages that most requests of the peak are of."""
    return max(PAGES, key=lambda kind: plan.peak.by_class.get(kind, 0.0))


def _p95(facts: Facts, one: Level) -> float | None:
    times = [felt_ms(sample) for sample in one.samples if sample.request_class == _page(facts.plan)]
    return round(quantile(times, analysis.P95), 1) if len(times) >= LEAST_PAGES else None


def _planned_p95(facts: Facts, one: Level) -> float | None:
    """Return the plan's p95 at its peak, moved by how much less or more requests wait for each other here (as the capacity search does)."""
    at_peak, cores = facts.plan.response_p95_ms.get(_page(facts.plan)), facts.platform.cores
    busy = processors(facts.plan, facts.order.workload, cores)
    if at_peak is None or busy is None:
        return None
    return round(at_peak * exp(crowding(cores, one.mean("host")) - crowding(cores, busy)), 1)


def _notes(facts: Facts) -> Iterator[str]:
    left = [f"{one.span.number} ({one.span.ended or one.faults[0]})" for one in facts.levels if not counts(one) and (one.span.ended or one.faults)]
    if left:
        yield f"left out: level {', '.join(left)}"
    for one in facts.used[-1:]:
        others = facts.platform.others(one.span.begin, one.span.end, starvation.figures(one.beats).cpu_mean)
        yield from surroundings(facts.plan, facts.order, facts.platform, others)
