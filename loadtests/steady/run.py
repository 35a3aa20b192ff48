"""``plan test steady``: drive the plan's peak, watch everything, stop when the answer is known."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from loadtests import spaces, surroundings
from loadtests.deployment import Deployment
from loadtests.generator import check_processes
from loadtests.load import Manner
from loadtests.perform import Outcome, Say, in_spaces, told_target
from loadtests.scenarios.registry import STEADY, Scenario
from loadtests.steady import stop
from loadtests.steady.findings import Facts, outcome
from loadtests.steady.order import Order, shown
from loadtests.steady.profile import CONSTANT, Stretch
from loadtests.steady.record import Record
from loadtests.steady.watch import END_S, PREPARE_S, Watch, seeded
from loadtests.steady.workload import SECONDS_PER_MINUTE, Workload, assumption, largest_share, of_plan
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan

SAY_S = 10.0


@dataclass(frozen=True)
class Asked:
    """How much of the plan's peak, and the hard limits."""

    share: float
    limit_s: float
    most_requests: int
    processes: int = 1


@dataclass(frozen=True)
class Load:
    """What comes when, and the hard limits."""

    workload: Workload
    limit_s: float
    most_requests: int
    profile: tuple[Stretch, ...] = CONSTANT
    crowd: Workload | None = None
    people: int = 0


def steady(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Drive the plan's peak against ``deployment`` and return the result; everything is written into test spaces and removed.

    Raises PlanError where the target is foreign, another test runs, or the plan does not tell its peak.
    """
    workload = of_plan(deployment.plan, asked.share)
    check_sign_ins(deployment.plan, workload)
    words = f"{workload.requests_per_second:.3g} requests/s ({workload.share:.3g} of the plan's peak), at most {asked.limit_s:.0f} s"

    def begin(scenario: Scenario, order: Order) -> OrderRun:
        say(words)
        return SteadyRun(deployment, scenario, order, say)

    return in_order(deployment, replace(STEADY, processes=asked.processes), Load(workload, asked.limit_s, asked.most_requests), say, begin)


class OrderRun(Watch):
    """A run of one order."""

    def outcome(self) -> Outcome:
        """Return what everything that was seen comes to."""
        raise NotImplementedError


def in_order(deployment: Deployment, scenario: Scenario, load: Load, say: Say, begin: Callable[[Scenario, Order], OrderRun]) -> Result:
    """Drive ``load`` by the run that ``begin`` makes and return the result; everything is written into test spaces and removed.

    Raises PlanError where so many processes cannot drive, too.
    """
    check_processes(scenario.processes, surroundings.of(deployment).crew)
    bounded = replace(scenario, limit_s=int(PREPARE_S + load.limit_s + END_S))
    popular = seeded(deployment)

    def driven(made: spaces.Spaces) -> Outcome:
        posts, pages = shown(made, load.workload.exponent, popular)
        halt = spaces.stop_file(deployment, made.token)
        order = Order(posts=posts, pages=pages, stop=halt, **vars(load))
        run = begin(bounded, order)
        try:
            run.drive(told_target(deployment, bounded, made, Manner(order=order)))
        finally:
            halt.unlink(missing_ok=True)
        return run.outcome()

    return in_spaces(deployment, bounded, say, driven)


def check_sign_ins(plan: Plan, workload: Workload) -> None:
    """Raise PlanError where the front door would take the one address that all load comes from for somebody who guesses passwords."""
    most = largest_share(plan, workload)
    if workload.share > most:
        asked, limit = workload.per_second["sign_in"] * SECONDS_PER_MINUTE, plan.limits.frontdoor.sign_ins_per_minute
        raise PlanError(
            f"{asked:.0f} sign-ins a minute from this one address; the front door takes {limit}",
            where="plan test steady",
            hint=f"drive less: --share {most:.2g}",
        )


@dataclass
class SteadyRun(OrderRun):
    """One run that ends when the answer is known."""

    looks: stop.Looks = field(default_factory=stop.Looks)
    said_at: float = 0.0

    def facts(self, record: Record, now: float) -> Facts:
        """Return everything that was seen."""
        return Facts(self.plan, self.order, record, self.meter.platform(), now, self.stopped, self.words)

    def outcome(self) -> Outcome:
        """Return what everything that was seen comes to."""
        return outcome(self.facts(self.record.so_far(), time.time()))

    def look(self, record: Record, now: float) -> None:
        """End the arrivals where the answer is known or people suffer."""
        open_at = record.began("open") or now
        why = stop.at_once(record, now, self.plan.targets.page_p95_ms, assumption(self.plan, "rejected_limit"))
        if not why and self.looks.due(now - open_at):
            facts = self.facts(record, now)
            why = stop.known(facts.judgements, facts.parts) if facts.parts else ""
        if why:
            self.halt(why)
        elif now - self.said_at >= SAY_S:
            self.said_at = now
            failed = sum(bool(sample.kind) for sample in record.samples)
            self.say(f"{now - open_at:.0f} s: {len(record.samples):,} requests, {failed} failed")
