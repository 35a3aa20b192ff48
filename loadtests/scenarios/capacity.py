"""Capacity and calibrate: one level of load after the other, as open arrivals, until somebody says that it is enough.

People, test spaces and browsers that are signed in are made once. A level lasts until another is written into the order's
file; then nobody arrives any more, the last answers are waited for, and the next begins, in all processes at one moment.
"""

from dataclasses import replace

import gevent

from loadtests.steady.order import Order, Stage
from loadtests.steady.schedule import actions
from loadtests.steps import arrivals
from loadtests.steps.clock import now

FOLLOW_S = 0.2
VISITS = 10_000_000
"""Numbers of visits of one level; those of the next lie above."""


class Everybody(arrivals.OpenArrivals):
    """All visits of all levels."""

    def drive(self, order: Order) -> None:
        """Let them come, level by level."""
        self.present = 0
        end = self.begin("open") + order.limit_s
        while not super().over() and now() < end:
            if self.member.state.stage.number == self.present:
                gevent.sleep(FOLLOW_S)
                continue
            self._level(order, self.member.state.stage, end)

    def over(self) -> bool:
        """Tell whether the level is over: another was told, or nothing shall come any more."""
        return self.member.state.stage.number != self.present or super().over()

    def _level(self, order: Order, stage: Stage, end: float) -> None:
        self.present = stage.number
        begin = self.begin(f"level {stage.number}")
        for action in actions(stage.workload or order.workload.scaled(stage.share), order.seed + stage.number):
            if not self.member.mine(action.visit):
                continue
            due = begin + action.due_s
            if not self.waited(due, end):
                break
            self.under_way.spawn(self.act, replace(action, visit=stage.number * VISITS + action.visit), due)
        self.turn("level over", str(stage.number))
        self.under_way.join(timeout=arrivals.END_S)
        arrivals.end(self.under_way)
        for visit in list(self.guests.visits):
            self.leave(visit)
