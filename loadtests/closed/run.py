"""``plan test steady --closed``: so many people at once, judged by the targets of the steady test."""

import os
from dataclasses import dataclass, replace

from loadtests.closed.measured import Closed
from loadtests.closed.predicted import asked as predicted
from loadtests.closed.predicted import at_once, most
from loadtests.deployment import Deployment
from loadtests.perform import Outcome, Say
from loadtests.scenarios.registry import CLOSED, Scenario
from loadtests.steady.order import Order
from loadtests.steady.run import Load, SteadyRun, in_order
from loadtests.steady.workload import SECONDS_PER_MINUTE, Workload, largest_share, of_plan
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan

NOTE = "closed: latency counts from the send, and a slow platform is asked for less; what people who come anyway feel, open arrivals tell (without --closed)"


@dataclass(frozen=True)
class Asked:
    """How many people at once, and the hard limits."""

    people: int
    limit_s: float
    most_requests: int
    processes: int = 1


def closed(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Let so many people use ``deployment`` at once, each again after the answer, and return the result; everything is written into test spaces and removed.

    Raises PlanError where the target is foreign, another test runs, the plan does not tell its peak, or too many would sign in from one address.
    """
    plan = deployment.plan
    peak = of_plan(plan, 1.0)
    check_sign_ins(plan, peak, asked.people)
    workload = predicted(plan, peak, asked.people, os.cpu_count() or 1)
    words = f"{asked.people:,} people at once, {workload.requests_per_second:.3g} requests/s by the closed model, at most {asked.limit_s:.0f} s"

    def begin(scenario: Scenario, order: Order) -> ClosedRun:
        say(words)
        return ClosedRun(deployment, scenario, order, say)

    load = Load(workload, asked.limit_s, asked.most_requests, people=asked.people)
    return in_order(deployment, replace(CLOSED, processes=asked.processes), load, say, begin)


def check_sign_ins(plan: Plan, peak: Workload, people: int) -> None:
    """Raise PlanError where the front door would take the one address that all load comes from for somebody who guesses passwords."""
    share = largest_share(plan, peak)
    fastest = most(peak, people)
    if fastest.share > share:
        often, limit = fastest.per_second["sign_in"] * SECONDS_PER_MINUTE, plan.limits.frontdoor.sign_ins_per_minute
        raise PlanError(
            f"up to {often:.0f} sign-ins a minute from this one address; the front door takes {limit}",
            where="plan test steady --closed",
            hint=f"let fewer come: --closed {max(1, int(people * share / fastest.share))}",
        )


@dataclass
class ClosedRun(SteadyRun):
    """One run that ends when the answer is known."""

    def outcome(self) -> Outcome:
        """Return what everything that was seen comes to, with what is told of a closed test alone."""
        found = super().outcome()
        if found.measured is None:
            return found
        told = found.measured.model_copy(update={"closed": told_of(self.plan, self.order), "notes": (NOTE, *found.measured.notes)})
        return replace(found, measured=told)


def told_of(plan: Plan, order: Order) -> Closed:
    """Return what is told of the people of ``order``."""
    peak = of_plan(plan, 1.0)
    return Closed(
        people=order.people,
        people_at_peak=round(at_once(peak), 1),
        think_time_s=order.workload.think_time_s,
        predicted_per_second=round(order.workload.requests_per_second, 3),
        most_per_second=round(most(peak, order.people).requests_per_second, 3),
    )
