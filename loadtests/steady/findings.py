"""What a run comes to: from everything that was seen to the outcome. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from loadtests.measure import starvation
from loadtests.measure.intervals import quantile
from loadtests.perform import Outcome
from loadtests.programs.telling import telling
from loadtests.steady import analysis, stop
from loadtests.steady.analysis import Parts
from loadtests.steady.measured import Content, Generator, Judgement, Measured, Probe
from loadtests.steady.meter import Platform
from loadtests.steady.order import Order
from loadtests.steady.predicted import processors
from loadtests.steady.record import Record, felt_ms
from loadtests.steady.series import series
from loadtests.steady.tape import Beat
from loadtests.steady.verdict import verdict
from loadtests.steady.watch import INTERRUPTED
from loadtests.steady.workload import assumption
from loadtests.verdict import Verdict
from sizing.plan import Plan

OTHERS = 0.1
SECOND_S = 1.0
MOST_ROWS = 3600
"""Seconds of the platform that a result holds; of a longer run each row is the mean of some."""


@dataclass(frozen=True)
class Facts:
    """Everything that was seen until ``now`` (unix time); ``stopped`` is why arrivals were ended ('': by their limits), ``words`` the generator's last."""

    plan: Plan
    order: Order
    record: Record
    platform: Platform
    now: float
    stopped: str = ""
    words: str = ""

    @cached_property
    def parts(self) -> Parts | None:
        """The phases; None where arrivals never began."""
        return analysis.parts(self.record, self.now)

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """Each target with what was measured."""
        if self.parts is None:
            return ()
        predicted = processors(self.plan, self.order.workload, self.platform.cores)
        return analysis.judged(self.plan, self.record, self.parts, self.platform, predicted)

    @cached_property
    def beats(self) -> list[Beat]:
        """The generator's own seconds while arrivals were open."""
        return [beat for beat in self.record.beats if self.parts and beat.at <= self.parts.end + SECOND_S]

    @cached_property
    def starved(self) -> tuple[str, ...]:
        """Why the generator was the bottleneck."""
        return tuple(starvation.faults(self.beats, self.plan.targets.page_p95_ms, self.record.drivers))


def outcome(facts: Facts) -> Outcome:
    """Return the outcome; whatever was measured is in it."""
    record, found = facts.record, facts.parts
    if found is None:
        return Outcome(*verdict(record, (), (), f"the load generator left no record: {facts.words}"))
    return Outcome(
        *judged(facts, found),
        duration_s=round(found.end - found.open_at, 1),
        requests=len(record.samples),
        failures=sum(bool(sample.kind) for sample in record.samples),
        classes=analysis.classes(facts.plan, facts.order.workload, record, found),
        measured=measured(facts, found, notes(facts, found)),
    )


def judged(facts: Facts, parts: Parts) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and its reasons; what somebody ended may have missed a target, but never passes."""
    found, reasons = verdict(facts.record, facts.judgements, facts.starved, fault(facts), meanwhile(facts, parts))
    return ("invalid", (INTERRUPTED,)) if found == "passed" and facts.stopped == INTERRUPTED else (found, reasons)


def meanwhile(facts: Facts, found: Parts) -> tuple[str, ...]:
    """Return what was telling inside the platform in the measured part."""
    return telling(facts.platform.between(found.begin, found.end).programs)


def fault(facts: Facts) -> str:
    """Return why the generator's work proves nothing; '' where it did it."""
    if facts.stopped == stop.SILENT:
        return stop.SILENT
    return "" if facts.record.began("done") else f"the load generator did not come to its end: {facts.words}"


def why(facts: Facts, found: Parts) -> str:
    """Return why arrivals ended."""
    order, record = facts.order, facts.record
    if facts.stopped:
        return facts.stopped
    if found.end - found.open_at >= order.limit_s - SECOND_S:
        return f"the time limit of {order.limit_s:.0f} s"
    if len(record.samples) + len(record.probes) >= order.most_requests - 1:
        return f"the limit of {order.most_requests:,} requests"
    return "the load generator ended by itself"


def measured(facts: Facts, found: Parts, noted: Iterable[str]) -> Measured:
    """Return what was measured."""
    order, record = facts.order, facts.record
    probed = [felt_ms(sample) for sample in record.probes]
    came = analysis.measured(record, found)
    return Measured(
        workload=order.workload,
        content=Content(posts=len(order.posts), pages=len(order.pages), seeded=not order.posts[0].own),
        open_at=round(found.open_at, 3),
        warm_up_s=round(found.begin - found.open_at, 1) if found.settled else None,
        measured_s=round(found.measured_s, 1),
        offered_per_second=round(len(came) / found.measured_s, 3) if found.measured_s else 0.0,
        stopped=why(facts, found),
        judgements=facts.judgements,
        slow=analysis.slowest(record.samples),
        generator=Generator(faults=facts.starved, machines=tuple(record.drivers.values()), **vars(starvation.figures(facts.beats))),
        probe=Probe(
            requests=len(probed),
            failed=sum(bool(sample.kind) for sample in record.probes),
            p95_ms=round(quantile(probed, analysis.P95), 1) if probed else 0.0,
        ),
        platform=facts.platform.coarser(MOST_ROWS),
        notes=tuple(noted),
        came=analysis.came(came, found.measured_s),
        pages_dispersion_p50=analysis.pages_dispersion(came, 0.5),
        pages_dispersion_p95=analysis.pages_dispersion(came, analysis.P95),
        series=series(record.samples, found.open_at, found.end),
    )


def notes(facts: Facts, found: Parts) -> Iterator[str]:
    """Yield what to know when comparing with the plan."""
    if not found.settled:
        yield "the response times had not settled: the first half is left out"
    if not facts.platform.services:
        yield "nothing was seen of the platform's services: their processors and memory are not judged"
    others = facts.platform.others(found.begin, found.end, starvation.figures(facts.beats).cpu_mean)
    yield from surroundings(facts.plan, facts.order, facts.platform, others)


def surroundings(plan: Plan, order: Order, platform: Platform, others: float, *, whole: bool = True) -> Iterator[str]:
    """Yield what differs from what the plan counts on.

    ``others`` is the share of the cores that somebody else used, ``whole`` that the platform had all of the machine.
    """
    cores = sum(server.cores * server.count for server in plan.servers)
    if whole and cores != platform.cores:
        yield f"{'the hosts have' if platform.hosts else 'this machine has'} {platform.cores} cores, the plan's servers have {cores}"
    if platform.shared:
        yield f"{len(platform.hosts)} hosts share the cores of {len({host.machine for host in platform.hosts})}: a lab, whose times calibrate nothing"
    elif others > OTHERS and not platform.hosts:
        yield f"something else on this machine used {others:.0%} of its cores"
    pages, there = assumption(plan, "first_pages"), len(order.posts) + len(order.pages)
    if there != pages:
        more = "more" if there < pages else "less"
        yield f"{there:,} pages are there, the plan counts on {pages:,.0f} at the start: caches hit {more} often than it says"
