"""What a search comes to: from everything that was seen to the outcome. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from loadtests.capacity.curve import curve
from loadtests.capacity.estimate import Answer, Known, Target, answer
from loadtests.capacity.level import Level, Span, level
from loadtests.capacity.line import Bracket
from loadtests.capacity.measured import Capacity, Extent, LevelFound, LevelVerdict, Predicted, TargetLoad
from loadtests.capacity.verdict import verdict
from loadtests.measure import starvation
from loadtests.measure.histogram import MOST_MS
from loadtests.measure.intervals import quantile
from loadtests.perform import Outcome
from loadtests.programs.telling import telling
from loadtests.steady import analysis
from loadtests.steady.findings import surroundings
from loadtests.steady.measured import Content, Generator, Probe
from loadtests.steady.meter import Platform
from loadtests.steady.order import Order
from loadtests.steady.predicted import background_cores
from loadtests.steady.record import Record, felt_ms
from loadtests.steady.series import series
from loadtests.steady.tape import Beat
from loadtests.steady.workload import assumption
from sizing.plan import Plan, Served

FAR = 1.2
DIGITS = 4


@dataclass(frozen=True)
class Ground:
    """What a search stands on where that is not all of the machine as the plan has it.

    ``cores`` are those that the platform is kept to (empty: all), ``apart`` whether the generator has others, ``said`` what the plan says of
    so many and ``begins`` where the search begins (None: what it says of itself).
    """

    cores: tuple[int, ...] = ()
    apart: bool = False
    said: Served | None = None
    begins: Served | None = None


WHOLE = Ground()


@dataclass(frozen=True)
class Facts:
    """Everything that was seen; ``stopped`` is why the search ended, ``words`` the generator's last."""

    plan: Plan
    order: Order
    record: Record
    platform: Platform
    spans: tuple[Span, ...]
    stopped: str = ""
    words: str = ""
    ground: Ground = WHOLE

    @property
    def said(self) -> Served:
        """What the plan says of what is searched."""
        return self.ground.said or of_load(self.plan)

    @cached_property
    def known(self) -> Known:
        """What is known beforehand."""
        return Known(
            page_p95_ms=self.plan.targets.page_p95_ms,
            cpu_limit=assumption(self.plan, "cpu_limit"),
            rejected_limit=assumption(self.plan, "rejected_limit"),
            cores=self.platform.cores,
            background=(background_cores(self.plan) or 0.0) / self.platform.cores,
        )

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """All levels, in their order."""
        return tuple(level(self.plan, self.record, self.platform, span) for span in self.spans)

    @cached_property
    def answer(self) -> Answer | None:
        """The capacity so far."""
        return answer(self.levels, self.known)


def outcome(facts: Facts) -> Outcome:
    """Return the outcome; whatever was measured is in it."""
    record, levels = facts.record, facts.levels
    stopped = facts.stopped or facts.words or "the load generator ended by itself"
    began, ended = record.began("open"), record.began("ending") or max((span.end for span in facts.spans), default=0.0)
    return Outcome(
        *verdict(record, levels, facts.answer, facts.known, stopped),
        duration_s=round(ended - began, 1) if began and ended else 0.0,
        requests=len(record.samples),
        failures=sum(bool(sample.kind) for sample in record.samples),
        capacity=_capacity(facts, stopped) if levels else None,
    )


def _capacity(facts: Facts, stopped: str) -> Capacity:
    found, plan, order = facts.answer, facts.plan, facts.order
    probed = [felt_ms(sample) for sample in facts.record.probes]
    whole = Extent(value=_round(found.share), low=_round(found.low), high=_round(found.high)) if found else None
    return Capacity(
        share=whole,
        people=_times(whole, plan.people) if whole else None,
        requests_per_second=_times(whole, plan.peak.requests_per_second) if whole else None,
        half_width=_round(found.half_width) if found and found.share > 0 else None,
        binding=found.binding if found else "",
        targets=tuple(_target(one, plan.people) for one in found.targets) if found else (),
        predicted=_predicted(facts.said, plan.people, found),
        levels=tuple(_level(one, plan) for one in facts.levels),
        stopped=stopped,
        workload=order.workload,
        content=Content(posts=len(order.posts), pages=len(order.pages), seeded=not order.posts[0].own),
        slow=analysis.slowest([sample for one in facts.levels for sample in one.samples]),
        generator=_generator([beat for one in facts.levels for beat in one.beats], ()),
        probe=Probe(
            requests=len(probed),
            failed=sum(bool(sample.kind) for sample in facts.record.probes),
            p95_ms=round(quantile(probed, analysis.P95), 1) if probed else 0.0,
        ),
        platform=facts.platform,
        notes=tuple(_notes(facts)),
        fitted=curve(facts.levels, facts.known, plan.people, found.share if found else 0.0),
        series=series(facts.record.samples, facts.spans[0].open_at, facts.spans[-1].end),
    )


def _times(share: Extent, factor: float) -> Extent:
    return Extent(value=round(share.value * factor, 1), low=round(share.low * factor, 1), high=round(share.high * factor, 1))


def _target(one: Target, people: int) -> TargetLoad:
    low, high = one.interval
    return TargetLoad(
        target=one.target,
        people=Extent(value=round(one.value * people, 1), low=round(low * people, 1), high=round(high * people, 1)),
        method="bracket" if isinstance(one, Bracket) else "line",
    )


def _predicted(said: Served, people: int, found: Answer | None) -> Predicted:
    measured = found.share * people if found else 0.0
    return Predicted(
        people=said.people, low=said.low, high=said.high, first_to_give=said.first_to_give, error=_round(said.people / measured - 1) if measured else None
    )


def _level(one: Level, plan: Plan) -> LevelFound:
    pages, span = one.late, one.span
    times = [felt_ms(sample) for sample in one.samples if analysis.is_page(sample)] if pages else []
    return LevelFound(
        number=span.number,
        share_asked=_round(span.asked),
        share=_round(one.came),
        people=round(one.came * plan.people, 1),
        requests_per_second=round(len(one.samples) / span.seconds, 3) if span.seconds else 0.0,
        open_at=round(span.open_at, 3),
        warm_up_s=round(span.begin - span.open_at, 1),
        measured_s=round(span.seconds, 1),
        requests=len(one.everything),
        failures=one.failed,
        p95_ms=round(pages.p95_ms, 1) if pages else None,
        p95_low_ms=round(pages.interval.low, 1) if pages else None,
        p95_high_ms=round(min(pages.interval.high, MOST_MS), 1) if pages else None,
        utilisation=_round(one.mean("used")),
        host_cpu=_round(one.mean("host")),
        judgements=one.judgements,
        generator=_generator(one.beats, one.faults),
        verdict=level_verdict(one),
        ended=span.ended,
        came=analysis.came(one.samples, span.seconds),
        p50_ms=round(quantile(times, 0.5), 1) if times else None,
        p99_ms=round(quantile(times, 0.99), 1) if times else None,
    )


def level_verdict(one: Level) -> LevelVerdict:
    """Return what one level says of the targets at its load; a generator that was the bottleneck says nothing."""
    answers = {found.answer for found in one.judgements}
    if one.faults:
        return "invalid"
    if one.span.ended or "missed" in answers:
        return "missed"
    return "undecided" if "undecided" in answers or not answers else "met"


def _generator(beats: Sequence[Beat], faults: tuple[str, ...]) -> Generator:
    return Generator(faults=faults, **vars(starvation.figures(beats)))


def of_load(plan: Plan) -> Served:
    """Return what the plan says of what a load test measures; a plan of an earlier version says it with memory and disk."""
    whole, ends = plan.capacity, plan.interval
    low, high = (math.floor(ends.low), math.ceil(ends.high)) if ends else (whole.people, whole.people)
    return plan.served or Served(people=whole.people, low=low, high=high, first_to_give=whole.first_to_give)


def _notes(facts: Facts) -> Iterator[str]:
    fills = facts.plan.capacity
    if fills.people < facts.said.people:
        yield f"by the plan {fills.first_to_give}, gives before any load does, at {fills.people:,} people: no load test sees that"
    found, sound = facts.answer, [one for one in facts.levels if one.sound]
    if found and sound and found.share > FAR * max(one.came for one in sound):
        yield f"the capacity lies far above the highest level ({max(one.came for one in sound):.0%} of the plan's peak): it is an extrapolation"
    starved = [str(one.span.number) for one in facts.levels if one.faults]
    if starved:
        yield f"the load generator was the bottleneck at level {', '.join(starved)}: left out"
    for one in sorted(facts.levels, key=lambda one: one.came)[-1:]:
        yield from (f"at level {one.span.number}, the highest: {words}" for words in telling(facts.platform.between(one.span.begin, one.span.end).programs))
    for one in sound[-1:]:
        others = facts.platform.others(one.span.begin, one.span.end, 0.0 if facts.ground.apart else starvation.figures(one.beats).cpu_mean)
        yield from surroundings(facts.plan, facts.order, facts.platform, others, whole=not facts.ground.cores)


def _round(number: float) -> float:
    return round(number, DIGITS)
