"""``plan test capacity``: drive level after level, watch everything, decide what comes next."""

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from loadtests import spaces
from loadtests.capacity.findings import Facts, of_load, outcome
from loadtests.capacity.level import Span
from loadtests.capacity.pace import Pace
from loadtests.capacity.search import DIVERGED, FIRST, SUFFERED, Bounds, following
from loadtests.deployment import Deployment
from loadtests.load import Manner
from loadtests.perform import Outcome, Say, in_spaces, told_target
from loadtests.scenarios.registry import CAPACITY
from loadtests.steady import stop
from loadtests.steady.analysis import suffering
from loadtests.steady.order import Order, Stage, shown
from loadtests.steady.record import Record
from loadtests.steady.tape import Turn
from loadtests.steady.watch import END_S, PREPARE_S, Watch, seeded
from loadtests.steady.workload import assumption, largest_share, of_plan
from loadtests.verdict import Result
from runtime import files
from runtime.errors import PlanError
from sizing.plan import Plan

SAY_S = 10.0
LEAST_FIRST = 0.1
"""Of the first level by the prediction's middle: an interval may begin so low that levels there tell nothing."""
CROWD, CROWD_LEAST = 3.0, 50
"""So many times what may be under way by Little's law, were everybody as slow as the slowest 5 % may be: nothing settles there."""


@dataclass(frozen=True)
class Asked:
    """The hard limits."""

    limit_s: float
    most_requests: int


def capacity(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Search the largest load that ``deployment`` carries and return the result; everything is written into test spaces and removed.

    Raises PlanError where the target is foreign, another test runs, or the plan does not tell its peak.
    """
    plan = deployment.plan
    workload, where = of_plan(plan, 1.0), bounds(plan)
    scenario = replace(CAPACITY, limit_s=int(PREPARE_S + asked.limit_s + END_S))
    popular = seeded(deployment)

    def driven(made: spaces.Spaces) -> Outcome:
        posts, pages = shown(made, workload.exponent, popular)
        halt, stage = (spaces.folder(deployment) / f"{name}-{made.token}" for name in ("stop", "stage"))
        order = Order(workload=workload, posts=posts, pages=pages, limit_s=asked.limit_s, most_requests=asked.most_requests, stop=halt, stage=stage)
        run = _Run(deployment, scenario, order, say, stage=stage, bounds=where, pace=Pace.of(asked.limit_s))
        try:
            run.begin_level(where.first)
            run.drive(told_target(deployment, scenario, made, Manner(order=order)))
        finally:
            halt.unlink(missing_ok=True)
            stage.unlink(missing_ok=True)
        return outcome(run.facts(run.record.so_far(), time.time()))

    return in_spaces(deployment, scenario, say, driven)


def bounds(plan: Plan) -> Bounds:
    """Return where the search begins, and the most that may be driven from one address; raises PlanError where that is too little to begin."""
    said, most = of_load(plan), largest_share(plan, of_plan(plan, 1.0))
    because = ""
    if math.isfinite(most):
        because = f"{most:.0%} of the plan's peak are half of the sign-ins that the front door takes from one address"
    middle = FIRST * said.people
    return Bounds(min(max(LEAST_FIRST * middle, min(middle, said.low)) / plan.people, most), most, because)


@dataclass(kw_only=True)
class _Run(Watch):
    """One search."""

    stage: Path
    bounds: Bounds
    pace: Pace
    shares: list[float] = field(default_factory=list)
    ended: dict[int, str] = field(default_factory=dict)
    lasts_s: float = 0.0
    said_at: float = 0.0

    def facts(self, record: Record, now: float) -> Facts:
        """Return everything that was seen until ``now``."""
        return Facts(self.plan, self.order, record, self.meter.platform(), tuple(self._spans(record, now)), self._why(record, now), self.words)

    def _why(self, record: Record, now: float) -> str:
        if self.stopped:
            return self.stopped
        over = (record.began("ending") or now) - (record.began("open") or now) >= self.order.limit_s - 1
        asked = len(record.samples) + len(record.probes) >= self.order.most_requests - 1
        return self._time_over if over else f"the limit of {self.order.most_requests:,} requests" if asked else ""

    @property
    def _time_over(self) -> str:
        return f"the time limit of {self.order.limit_s:.0f} s"

    def _spans(self, record: Record, now: float) -> list[Span]:
        begun, over = turns(record.turns, "level"), turns(record.turns, "level over")
        return [
            Span(number, self.shares[number - 1], at, at + self.pace.warm_s, over.get(number, now), self.ended.get(number, "")) for number, at in begun.items()
        ]

    def begin_level(self, share: float) -> None:
        """Let the next level begin, of ``share`` of the plan's peak."""
        self.shares.append(share)
        self.lasts_s = self.pace.level_s
        files.write(self.stage, Stage(number=len(self.shares), share=share).model_dump_json(), files.PRIVATE)
        rate = share * self.order.workload.requests_per_second
        self.say(f"level {len(self.shares)}: {share * self.plan.people:,.0f} people ({share:.3g} of the plan's peak, {rate:.3g} requests/s)")

    def look(self, record: Record, now: float) -> None:
        """End the level where it has lasted, or people suffer; end the search where the answer is known."""
        number = len(self.shares)
        begun = turns(record.turns, "level").get(number)
        heard = max(turn.at for turn in record.turns)
        if now - max(heard, *(beat.at for beat in record.beats[-1:]), 0.0) > stop.SILENT_S:
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
            self.halt(then.why or self._time_over)
            return
        try:
            self.begin_level(then.share)
            self.lasts_s = seconds
        except PlanError as problem:
            self.halt(f"the next level cannot be told: {problem}")


def turns(told: list[Turn], phase: str) -> dict[int, float]:
    """Return when ``phase`` of each level was (unix time)."""
    return {int(turn.reason): turn.at for turn in told if turn.phase == phase}


def since(record: Record, begun: float) -> Record:
    """Return what was told of a level that has ``begun`` (unix time)."""
    samples, probes = ([sample for sample in told if sample.at >= begun] for told in (record.samples, record.probes))
    return Record(samples=samples, probes=probes, beats=[beat for beat in record.beats if beat.at > begun])


def early(plan: Plan, level: Record, rate: float, *, settled: bool) -> str:
    """Return why a level of ``rate`` requests a second ends before its time; '' where it does not. It is ``settled`` when its beginning is over."""
    target_ms = plan.targets.page_p95_ms
    if suffering(level.probes, target_ms):
        return SUFFERED
    if stop.failing(level.samples, assumption(plan, "rejected_limit")):
        return "errors"
    crowd = max((beat.under_way for beat in level.beats[-2:] if settled), default=0)
    return DIVERGED if crowd > max(CROWD_LEAST, CROWD * rate * target_ms / 1000) else ""
