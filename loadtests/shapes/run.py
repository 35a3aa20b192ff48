"""``plan test announcement``, ``week``, ``soak`` and ``spike``: drive a shape to its end, unless people suffer."""

import time
from dataclasses import dataclass, replace

from loadtests.deployment import Deployment
from loadtests.perform import Outcome, Say
from loadtests.scenarios.registry import SCENARIOS, Scenario
from loadtests.shapes import curves
from loadtests.shapes.curves import JUMP, Curve
from loadtests.shapes.findings import Seen, outcome, seen
from loadtests.shapes.recovery import LIMIT_S
from loadtests.shapes.windows import part_of, windows
from loadtests.steady import stop
from loadtests.steady.findings import Facts
from loadtests.steady.order import Order
from loadtests.steady.record import Record
from loadtests.steady.run import SAY_S, Load, OrderRun, in_order
from loadtests.steady.workload import assumption
from loadtests.verdict import Result

RECENT = 60
"""Looks at real first pages that are looked at again each second: two minutes; a soak has thousands, and they were looked at when they came."""


@dataclass(frozen=True)
class Asked:
    """How much, how long, and the hard limit of requests."""

    share: float
    seconds: float
    most_requests: int
    processes: int = 1


@dataclass(frozen=True)
class Jump:
    """A spike: from ``base`` to ``to`` times the peak for ``lasts_s`` (None: as long as usual)."""

    base: float
    to: float
    lasts_s: float | None


def announcement(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Drive the hour around the worst five minutes after the plan's mail; raises PlanError as all of these do.

    Where the target is foreign, another test runs, the plan does not tell the shape, or more people would sign in from one
    address than the front door takes.
    """
    curve = curves.announcement(deployment.plan, asked.share, asked.seconds)
    curves.check_sign_ins(deployment.plan, curve, "--share", asked.share)
    return _driven(deployment, curve, asked, say)


def week(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Drive the plan's week."""
    curve = curves.week(deployment.plan, asked.share, asked.seconds)
    curves.check_sign_ins(deployment.plan, curve, "--share", asked.share)
    return _driven(deployment, curve, asked, say)


def soak(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Drive a share of the plan's peak for long."""
    curve = curves.soak(deployment.plan, asked.share, asked.seconds)
    curves.check_sign_ins(deployment.plan, curve, "--share", asked.share)
    return _driven(deployment, curve, asked, say)


def spike(deployment: Deployment, asked: Asked, jump: Jump, say: Say) -> Result:
    """Drive a sudden jump, and what comes after it."""
    lasts_s = curves.jump_s(asked.seconds) if jump.lasts_s is None else jump.lasts_s
    curve = curves.spike(deployment.plan, jump.base, jump.to, asked.seconds, lasts_s)
    curves.check_sign_ins(deployment.plan, curve, "--to", jump.to)
    return _driven(deployment, curve, asked, say)


def _driven(deployment: Deployment, curve: Curve, asked: Asked, say: Say) -> Result:
    load = Load(curve.workload, curve.seconds, asked.most_requests, curve.profile, curve.crowd)

    def begin(scenario: Scenario, order: Order) -> OrderRun:
        most = max(sum(curves.per_second(order.workload, order.crowd, stretch).values()) for stretch in order.profile)
        say(f"{curve.name}: {curve.seconds:.0f} s, at most {most:.3g} requests/s ({most / deployment.plan.peak.requests_per_second:.3g} of the plan's peak)")
        return _Run(deployment, scenario, order, say, curve=curve, count_files=curve.name == "soak")

    return in_order(deployment, replace(SCENARIOS[curve.name], processes=asked.processes), load, say, begin)


def minded(curve: Curve, record: Record, now: float) -> Record:
    """Return what ends a test: in a spike failed requests of the jump and the minute after it do not, but real people's pages do whenever they are slow."""
    open_at = record.began("open")
    jump = next((window for window in windows(curve.profile, open_at, now) if window.stretch.name == JUMP), None) if open_at is not None else None
    if jump is None or open_at is None:
        return record
    return replace(part_of(record, [(open_at, jump.since), (jump.until + LIMIT_S, now)]), probes=record.probes)


@dataclass(kw_only=True)
class _Run(OrderRun):
    """One run of a shape."""

    curve: Curve
    said_at: float = 0.0

    def facts(self, record: Record, now: float) -> Seen:
        """Return everything that was seen."""
        return seen(self.curve, Facts(self.plan, self.order, record, self.meter.platform(), now, self.stopped, self.words))

    def outcome(self) -> Outcome:
        """Return what everything that was seen comes to."""
        return outcome(self.facts(self.record.so_far(), time.time()))

    def look(self, record: Record, now: float) -> None:
        """End the arrivals where people suffer."""
        open_at = record.began("open") or now
        felt = minded(self.curve, record, now)
        felt = replace(felt, beats=record.beats, probes=felt.probes[-RECENT:])
        why = stop.at_once(felt, now, self.plan.targets.page_p95_ms, assumption(self.plan, "rejected_limit"))
        if why:
            self.halt(why)
        elif now - self.said_at >= SAY_S:
            self.said_at = now
            part = windows(self.curve.profile, open_at, now)
            failed = sum(bool(sample.kind) for sample in record.samples)
            self.say(f"{now - open_at:.0f} s{f', {part[-1].stretch.name}' if part else ''}: {len(record.samples):,} requests, {failed} failed")
