"""What a shape comes to: from everything that was seen to the outcome. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from loadtests.measure import starvation
from loadtests.perform import Outcome
from loadtests.shapes import growth
from loadtests.shapes.curves import BASE_AFTER, BASE_BEFORE, JUMP, Curve
from loadtests.shapes.growth import of_pages, of_platform
from loadtests.shapes.measured import Growing, PartFound, Shape
from loadtests.shapes.recovery import LIMIT_S, Recovery, judged, recovery
from loadtests.shapes.verdict import verdict
from loadtests.shapes.windows import Parts as Came
from loadtests.shapes.windows import Window, mean_load, part_of, windows
from loadtests.steady import analysis, findings, stop
from loadtests.steady.analysis import Parts, is_page
from loadtests.steady.findings import SECOND_S, Facts
from loadtests.steady.measured import MEMORY, Judgement
from loadtests.steady.predicted import processors
from loadtests.steady.record import Record, felt_ms
from loadtests.steady.tape import Turn
from loadtests.steady.workload import Workload

TOLD_DAYS = 365.0
WHOLE = "driven to its end"


@dataclass(frozen=True, kw_only=True)
class Seen(Facts):
    """Everything that was seen of a shape; where the load changes all the time no warm-up can be found, and nothing is left out."""

    curve: Curve

    @cached_property
    def parts(self) -> Parts | None:
        """The phases; None where arrivals never began."""
        return self.phases()

    def phases(self) -> Parts | None:
        """Return the phases, nothing left out."""
        open_at = self.record.began("open")
        return None if open_at is None else Parts(open_at, open_at, self.record.began("ending") or self.now, settled=True)

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The parts of the profile as they were driven."""
        return windows(self.order.profile, self.parts.open_at, self.parts.end) if self.parts else ()

    @cached_property
    def came(self) -> tuple[PartFound, ...]:
        """What came in each of them."""
        whole = Came.of(self.plan, self.order, self.record, self.platform)
        return tuple(whole.found(window, last=window is self.windows[-1]) for window in self.windows)

    @cached_property
    def load(self) -> Workload:
        """The workload with the mean rates of all that was driven."""
        return mean_load(self.order, self.windows)

    @cached_property
    def whole(self) -> bool:
        """Whether the shape was driven to its end."""
        found = self.parts
        return found is not None and not self.stopped and found.end - found.open_at >= self.curve.seconds - SECOND_S

    @cached_property
    def apart(self) -> tuple[Window, ...]:
        """The parts that are judged on their own, too."""
        return tuple(window for window in self.windows if window.stretch.name in self.curve.apart)

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """Each target with what was measured: over all, and in the parts that are judged on their own."""
        if self.parts is None:
            return ()
        predicted = processors(self.plan, self.load, self.platform.cores)
        return (*analysis.judged(self.plan, self.record, self.parts, self.platform, predicted), *self._apart())

    def _apart(self) -> Iterator[Judgement]:
        if not self.apart:
            return
        spans = [(window.since, window.until) for window in self.apart]
        record, platform = replace(part_of(self.record, spans), probes=[]), self.platform.inside(spans)
        begin, end = min(since for since, _ in spans), max(until for _, until in spans)
        predicted = processors(self.plan, mean_load(self.order, self.apart), self.platform.cores)
        for one in analysis.judged(self.plan, record, Parts(begin, begin, end, settled=True), platform, predicted):
            if not one.target.startswith(MEMORY):
                yield one.model_copy(update={"target": f"{one.target} {self.curve.where}"})

    @cached_property
    def starved(self) -> tuple[str, ...]:
        """Why the generator was the bottleneck, over all or in a part that is judged on its own."""
        beats = part_of(self.record, [(window.since, window.until) for window in self.apart]).beats
        found = starvation.faults(self.beats, self.plan.targets.page_p95_ms)
        own = starvation.faults(beats, self.plan.targets.page_p95_ms) if self.apart else ()
        return (*found, *(f"{self.curve.where}: {fault}" for fault in own))

    def against(self) -> Iterator[str]:
        """Yield what speaks against the platform beside its targets."""
        yield from ()

    def untold(self) -> Iterator[str]:
        """Yield what was not told of all that the shape is driven for."""
        if not self.whole and self.parts is not None:
            yield f"{self.curve.name} was not driven to its end: {findings.why(self, self.parts)}"

    def notes(self, found: Parts) -> Iterator[str]:
        """Yield what to know when comparing with the plan."""
        yield from findings.notes(self, found)

    def shape(self) -> Shape:
        """Return the parts, and what is asked of this shape alone."""
        return Shape(crowd=self.order.crowd, whole=self.whole, parts=self.came)


class Soaked(Seen):
    """A load that stays the same for long: the warm-up is found as of a steady test."""

    def phases(self) -> Parts | None:
        """Return the phases, the warm-up found in the pages' response times."""
        return analysis.parts(self.record, self.now)

    @cached_property
    def growing(self) -> tuple[Growing, ...]:
        """Whether anything grows."""
        found = self.parts
        if found is None:
            return ()
        pages = [(sample.at, felt_ms(sample)) for sample in self.record.samples if is_page(sample)]
        return growth.growing([*of_platform(self.plan, self.platform, found.open_at), of_pages(pages, self.plan.targets.page_p95_ms)])

    def against(self) -> Iterator[str]:
        """Yield what would reach its limit soon."""
        yield from (growth.words(one) for one in self.growing if one.answer == "missed")

    def untold(self) -> Iterator[str]:
        """Yield that it is not known whether anything grows, too."""
        yield from super().untold()
        found = self.parts
        if self.whole and found is not None and found.end - found.open_at < growth.LEAST_S:
            yield f"undecided: whether anything grows does not show in {found.end - found.open_at:.0f} s; --duration {growth.LEAST_S:.0f} is the least"
        elif self.whole and not any(one.what.startswith(MEMORY) and one.answer != "undecided" for one in self.growing):
            yield "undecided: whether memory grows; nothing of the platform's services was seen for long enough"

    def notes(self, found: Parts) -> Iterator[str]:
        """Yield what grows, but not soon to its limit, too."""
        yield from super().notes(found)
        for one in self.growing:
            if one.answer == "met" and one.days_left is not None and one.days_left <= TOLD_DAYS:
                fills = "; a cache that fills up to its own bound does that" if one.days_left <= growth.ENOUGH_DAYS else ""
                yield f"{growth.words(one)}{fills}"

    def shape(self) -> Shape:
        """Return the parts, and what grows."""
        return super().shape().model_copy(update={"growing": self.growing})


class Spiked(Seen):
    """A jump: judged before it, and from the recovery after it on."""

    @cached_property
    def jump(self) -> Window | None:
        """The jump, as far as it was driven."""
        return next((window for window in self.windows if window.stretch.name == JUMP), None)

    def phases(self) -> Parts | None:
        """Return the phases, the warm-up found in the base before the jump."""
        whole = super().phases()
        if whole is None:
            return None
        over = min(whole.end, whole.open_at + (self.order.profile[0].seconds or 0.0))
        before = replace(part_of(self.record, [(whole.open_at, over)]), turns=[Turn(whole.open_at, "open"), Turn(over, "ending")])
        found = analysis.parts(before, over)
        return replace(found, end=whole.end) if found else None

    @cached_property
    def recovery(self) -> Recovery | None:
        """The recovery; None where the jump was not driven to its end."""
        jump, found = self.jump, self.parts
        if jump is None or found is None or found.end <= jump.until:
            return None
        return recovery([sample for sample in self.record.samples if is_page(sample)], jump.until, self.plan.targets.page_p95_ms)

    @cached_property
    def calm(self) -> list[tuple[float, float]]:
        """The times that are judged: before the jump, and after the recovery, when nobody waits any more in the queue that the jump left."""
        found, jump = self.parts, self.jump
        if found is None:
            return []
        if jump is None:
            return [(found.begin, found.end)]
        seconds, queue_s = self.recovery.seconds if self.recovery else None, self.plan.limits.frontdoor.queue_timeout_ms / 1000
        again = jump.until + (LIMIT_S if seconds is None else min(max(seconds, queue_s), LIMIT_S))
        return [(found.begin, jump.since), *([(again, found.end)] if again < found.end else [])]

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """Each target in the base, with what was measured, real first pages all the time, and the recovery."""
        found, jump = self.parts, self.jump
        if found is None:
            return ()
        record = replace(part_of(self.record, [(found.open_at, self.calm[0][1]), *self.calm[1:]]), probes=self.record.probes)
        platform = self.platform.inside(self.calm)
        predicted = processors(self.plan, mean_load(self.order, self.windows[:1]), self.platform.cores)
        base = [one for one in analysis.judged(self.plan, record, found, platform, predicted) if not one.target.startswith(MEMORY)]
        memory = [one for one in analysis.judged(self.plan, Record(), found, self.platform, None) if one.target.startswith(MEMORY)]
        recovered = [judged(self.recovery, found.end - jump.until)] if self.recovery and jump else []
        return (*base, *recovered, *memory)

    @cached_property
    def starved(self) -> tuple[str, ...]:
        """Why the generator was the bottleneck in the times that are judged; from the jump on, too, where slow real pages, at which it looks, ended it."""
        spans = {"": self.calm}
        if self.stopped == stop.SUFFER and self.jump and self.parts:
            spans["from the jump on: "] = [(self.jump.since, self.parts.end)]
        target_ms = self.plan.targets.page_p95_ms
        return tuple(f"{where}{fault}" for where, times in spans.items() for fault in starvation.faults(part_of(self.record, times).beats, target_ms))

    def untold(self) -> Iterator[str]:
        """Yield that nothing after the recovery could be judged, too."""
        yield from super().untold()
        if self.whole and len(self.calm) < len((BASE_BEFORE, BASE_AFTER)):
            yield "undecided: the base after the jump was over before it was judged; a longer --duration decides it"

    def notes(self, found: Parts) -> Iterator[str]:
        """Yield that the generator was late in the jump, too."""
        yield from super().notes(found)
        for part in self.came:
            if part.name == JUMP and part.faults:
                yield f"in the jump load and platform wanted the same cores: {part.faults[0]}; times in it are those of both"

    def shape(self) -> Shape:
        """Return the parts, the recovery, and what the front door did."""
        seconds = self.recovery.seconds if self.recovery else None
        update = {"recovery_s": None if seconds is None else round(seconds, 1), "front_door": front_door(self.came)}
        return super().shape().model_copy(update=update)


def front_door(came: Sequence[PartFound]) -> str:
    """Return what the front door did in the jump, in words."""
    jump = next((part for part in came if part.name == JUMP), None)
    if jump is None:
        return ""
    others = jump.failures - jump.rejected
    if not jump.failures:
        return f"in the jump all of {jump.requests:,} requests were answered, none was turned away"
    turned = f"the front door turned {jump.rejected:,} of {jump.requests:,} requests away (503)" if jump.rejected else "the front door turned nobody away"
    return f"in the jump {turned}; {others:,} failed in another way" if others else f"in the jump {turned}; all others were answered"


KINDS: dict[str, type[Seen]] = {"soak": Soaked, "spike": Spiked}


def seen(curve: Curve, facts: Facts) -> Seen:
    """Return ``facts`` as they are looked at for this shape."""
    told = {one.name: getattr(facts, one.name) for one in fields(facts)}
    return KINDS.get(curve.name, Seen)(**told, curve=curve)


def outcome(facts: Seen) -> Outcome:
    """Return the outcome; whatever was measured is in it."""
    record, found = facts.record, facts.parts
    if found is None:
        return Outcome(*verdict(record, (), ((), f"the load generator left no record: {facts.words}"), (), ()))
    measured = findings.measured(facts, found, facts.notes(found))
    return Outcome(
        *verdict(
            record, facts.judgements, (facts.starved, findings.fault(facts)), tuple(facts.against()), tuple(facts.untold()), findings.meanwhile(facts, found)
        ),
        duration_s=round(found.end - found.open_at, 1),
        requests=len(record.samples),
        failures=sum(bool(sample.kind) for sample in record.samples),
        classes=analysis.classes(facts.plan, facts.load, record, found),
        measured=measured.model_copy(update={"stopped": WHOLE}) if facts.whole else measured,
        shape=facts.shape(),
    )
