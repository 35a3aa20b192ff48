"""``plan test capacity``: drive level after level, watch everything, decide what comes next."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path

from loadtests import spaces
from loadtests.capacity.findings import WHOLE, Facts, Ground, of_load, outcome
from loadtests.capacity.level import Span
from loadtests.capacity.levels import Asked, Begin, LevelRun, bounded, early, in_levels, in_made, since, turns
from loadtests.capacity.pace import Pace
from loadtests.capacity.search import FIRST, Bounds, following
from loadtests.deployment import Deployment
from loadtests.perform import Outcome, Say
from loadtests.scenarios.registry import CAPACITY, Scenario
from loadtests.steady import stop
from loadtests.steady.order import Order, Stage
from loadtests.steady.record import Record
from loadtests.steady.workload import largest_share, of_plan
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan, Served

SAY_S = 10.0
LEAST_FIRST = 0.1
"""Of the first level by the prediction's middle: an interval may begin so low that levels there tell nothing."""


def capacity(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Search the largest load that ``deployment`` carries and return the result; everything is written into test spaces and removed.

    Raises PlanError where the target is foreign, another test runs, or the plan does not tell its peak.
    """
    return in_levels(deployment, CAPACITY, asked, say, _beginning(deployment, asked, say, bounds(deployment.plan), WHOLE))


def search(deployment: Deployment, made: spaces.Spaces, asked: Asked, say: Say, ground: Ground) -> Outcome:
    """Search within test spaces that are there, on a ``ground`` of its own.

    Raises PlanError as ``capacity`` does, and KeyboardInterrupt where it is interrupted before people come.
    """
    begin = _beginning(deployment, asked, say, bounds(deployment.plan, ground.begins), ground)
    return in_made(deployment, bounded(CAPACITY, asked), made, asked, begin)


def _beginning(deployment: Deployment, asked: Asked, say: Say, where: Bounds, ground: Ground) -> Begin:
    def begin(scenario: Scenario, order: Order, stage: Path) -> LevelRun:
        pace = Pace.of(asked.limit_s)
        run = _Run(deployment, scenario, order, say, cores=ground.cores, stage=stage, bounds=where, pace=pace, ground=ground)
        run.begin_level(where.first)
        return run

    return begin


def bounds(plan: Plan, begins: Served | None = None) -> Bounds:
    """Return where the search begins, by the plan or by another prediction, and the most that may be driven from one address.

    Raises PlanError where that is too little to begin.
    """
    said, most = begins or of_load(plan), largest_share(plan, of_plan(plan, 1.0))
    because = ""
    if math.isfinite(most):
        because = f"{most:.0%} of the plan's peak are half of the sign-ins that the front door takes from one address"
    middle = FIRST * said.people
    return Bounds(min(max(LEAST_FIRST * middle, min(middle, said.low)) / plan.people, most), most, because)


@dataclass(kw_only=True)
class _Run(LevelRun):
    """One search."""

    bounds: Bounds
    pace: Pace
    ground: Ground = WHOLE
    shares: list[float] = field(default_factory=list)
    lasts_s: float = 0.0
    said_at: float = 0.0

    def facts(self, record: Record, now: float) -> Facts:
        """Return everything that was seen until ``now``."""
        why = self.stopped or self.limit(record, now)
        return Facts(self.plan, self.order, record, self.meter.platform(), tuple(self._spans(record, now)), why, self.words, self.ground)

    def outcome(self) -> Outcome:
        """Return what everything that was seen comes to."""
        return outcome(self.facts(self.record.so_far(), time.time()))

    def _spans(self, record: Record, now: float) -> list[Span]:
        begun, over = turns(record.turns, "level"), turns(record.turns, "level over")
        return [
            Span(number, self.shares[number - 1], at, at + self.pace.warm_s, over.get(number, now), self.ended.get(number, "")) for number, at in begun.items()
        ]

    def begin_level(self, share: float) -> None:
        """Let the next level begin, of ``share`` of the plan's peak."""
        self.shares.append(share)
        self.lasts_s = self.pace.level_s
        self.tell(Stage(number=len(self.shares), share=share))
        rate = share * self.order.workload.requests_per_second
        self.say(f"level {len(self.shares)}: {share * self.plan.people:,.0f} people ({share:.3g} of the plan's peak, {rate:.3g} requests/s)")

    def look(self, record: Record, now: float) -> None:
        """End the level where it has lasted, or people suffer; end the search where the answer is known."""
        number = len(self.shares)
        begun = turns(record.turns, "level").get(number)
        if self.silent(record, now):
            self.halt(stop.SILENT)
        elif begun is not None:
            rate = self.shares[-1] * self.order.workload.requests_per_second
            why = early(self.plan, since(record, begun), rate, settled=now - begun > self.pace.warm_s)
            if why:
                self.ended[number] = why
                self.say(f"level {number} ends early: {why}")
            if why or now - begun >= self.lasts_s:
                self._after(record, now)
            elif now - self.said_at >= SAY_S:
                self.said_at = now
                came = [sample for sample in record.samples if sample.at >= begun]
                self.say(f"level {number}, {now - begun:.0f} s: {len(came):,} requests, {sum(bool(sample.kind) for sample in came)} failed")

    def _after(self, record: Record, now: float) -> None:
        """Decide what comes after this level."""
        facts = self.facts(record, now)
        found = facts.answer
        if found is not None:
            people = self.plan.people
            self.say(f"so far {found.share * people:,.0f} people ({found.low * people:,.0f} to {found.high * people:,.0f}); {found.binding} gives first")
        then = following(facts.levels, found, facts.known, self.bounds)
        seconds = self.pace.next_s(now - (record.began("open") or now))
        if not then.share or not seconds:
            self.halt(then.why or self.time_over)
            return
        try:
            self.begin_level(then.share)
            self.lasts_s = seconds
        except PlanError as problem:
            self.halt(f"the next level cannot be told: {problem}")
