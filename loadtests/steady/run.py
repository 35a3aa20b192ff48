"""``plan test steady``: drive the plan's peak, watch everything, stop when the answer is known."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from loadtests import spaces
from loadtests.deployment import Deployment
from loadtests.generator import drive, end_orphan
from loadtests.load import Manner
from loadtests.perform import Outcome, Say, in_spaces, said, told_target
from loadtests.scenarios.registry import STEADY, Scenario
from loadtests.seed import ranks
from loadtests.steady import stop
from loadtests.steady.findings import Facts, outcome
from loadtests.steady.meter import Meter
from loadtests.steady.order import Order, shown
from loadtests.steady.record import Record
from loadtests.steady.workload import Workload, assumption, of_plan
from loadtests.verdict import Result
from runtime.errors import PlanError
from runtime.run import Completed
from sizing.plan import Plan

PREPARE_S = 180
END_S = 30
TICK_S = 1.0
SAY_S = 10.0
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True)
class Asked:
    """How much of the plan's peak, and the hard limits."""

    share: float
    limit_s: float
    most_requests: int


def steady(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Drive the plan's peak against ``deployment`` and return the result; everything is written into test spaces and removed.

    Raises PlanError where the target is foreign, another test runs, or the plan does not tell its peak.
    """
    workload = of_plan(deployment.plan, asked.share)
    check_sign_ins(deployment.plan, workload)
    scenario = replace(STEADY, limit_s=int(PREPARE_S + asked.limit_s + END_S))
    seeded = _seeded(deployment)

    def driven(made: spaces.Spaces) -> Outcome:
        posts, pages = shown(made, workload.exponent, seeded)
        halt = spaces.folder(deployment) / f"stop-{made.token}"
        order = Order(workload=workload, posts=posts, pages=pages, limit_s=asked.limit_s, most_requests=asked.most_requests, stop=halt)
        try:
            return _Run(deployment, scenario, order, say).outcome(told_target(deployment, scenario, made, Manner(order=order)))
        finally:
            halt.unlink(missing_ok=True)

    return in_spaces(deployment, scenario, say, driven)


def check_sign_ins(plan: Plan, workload: Workload) -> None:
    """Raise PlanError where the front door would take the one address that all load comes from for somebody who guesses passwords."""
    asked, limit = workload.per_second["sign_in"] * SECONDS_PER_MINUTE, plan.limits.frontdoor.sign_ins_per_minute
    if asked > limit / 2:
        raise PlanError(
            f"{asked:.0f} sign-ins a minute from this one address; the front door takes {limit}",
            where="plan test steady",
            hint=f"drive less: --share {workload.share * limit / 2 / asked:.2g}",
        )


def _seeded(deployment: Deployment) -> ranks.Popularity | None:
    path = ranks.file_of(deployment)
    try:
        return ranks.read(deployment) if path.exists() else None
    except ValidationError as problem:
        raise PlanError("is damaged", where=str(path), hint="run the same 'plan seed' again: it writes it anew") from problem


class _Driving(threading.Thread):
    """The Locust process, in the background."""

    def __init__(self, scenario: Scenario, target: Path, on_line: Callable[[str], None]) -> None:
        super().__init__(name="driving")
        self._asked = scenario, target, on_line
        self.done: Completed | None = None
        self.problem: PlanError | None = None

    def run(self) -> None:
        """Drive to the end."""
        try:
            self.done = drive(*self._asked)
        except PlanError as problem:
            self.problem = problem

    @property
    def words(self) -> str:
        """What it ended with."""
        return str(self.problem) if self.problem else said(self.done) if self.done else "it did not end"


@dataclass
class _Run:
    """One run, watched once a second."""

    deployment: Deployment
    scenario: Scenario
    order: Order
    say: Say
    record: Record = field(default_factory=Record)
    looks: stop.Looks = field(default_factory=stop.Looks)
    stopped: str = ""
    said_at: float = 0.0

    def outcome(self, target: Path) -> Outcome:
        """Drive, watch, and return what it came to."""
        self.target, self.meter = target, Meter(self.deployment.plan.platform.name)
        self.driving = _Driving(self.scenario, target, self.record.take)
        rate = self.order.workload.requests_per_second
        self.say(f"{rate:.3g} requests/s ({self.order.workload.share:.3g} of the plan's peak), at most {self.order.limit_s:.0f} s")
        self.driving.start()
        try:
            self._watch()
        except KeyboardInterrupt:
            self.say("interrupted: waiting for the last answers")
            self._halt("interrupted")
            self._watch()
        finally:
            if self.driving.is_alive():
                end_orphan(target)
                self.driving.join()
        return outcome(self._facts(self.record.so_far(), time.time()))

    def _facts(self, record: Record, now: float) -> Facts:
        words = self.driving.words if not self.driving.is_alive() else ""
        return Facts(self.deployment.plan, self.order, record, self.meter.platform(), now, self.stopped, words)

    def _watch(self) -> None:
        at = time.time()
        while self.driving.is_alive():
            at = max(at + TICK_S, time.time())
            self.driving.join(max(0.0, at - time.time()))
            self.meter.sample()
            if not self.stopped:
                self._look(self.record.so_far(), time.time())

    def _look(self, record: Record, now: float) -> None:
        open_at = record.began("open")
        if open_at is None:
            return
        plan = self.deployment.plan
        why = stop.at_once(record, now, plan.targets.page_p95_ms, assumption(plan, "rejected_limit"))
        if not why and self.looks.due(now - open_at):
            facts = self._facts(record, now)
            why = stop.known(facts.judgements, facts.parts) if facts.parts else ""
        if why:
            self._halt(why)
        elif now - self.said_at >= SAY_S:
            self.said_at = now
            failed = sum(bool(sample.kind) for sample in record.samples)
            self.say(f"{now - open_at:.0f} s: {len(record.samples):,} requests, {failed} failed")

    def _halt(self, why: str) -> None:
        self.stopped = self.stopped or why
        with suppress(OSError):
            self.order.stop.touch()
            return
        end_orphan(self.target)
