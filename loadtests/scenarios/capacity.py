"""Capacity and calibrate: one level of load after the other, as open arrivals, until somebody says that it is enough.

People, test spaces and browsers that are signed in are made once. A level lasts until another is written into the order's
file; then nobody arrives any more, the last answers are waited for, and the next begins.
"""

import time
from contextlib import suppress
from dataclasses import replace

import gevent
from pydantic import ValidationError

from loadtests.steady.order import Order, Stage
from loadtests.steady.schedule import actions
from loadtests.steps import arrivals
from runtime import files
from runtime.errors import PlanError

FOLLOW_S = 0.2
VISITS = 10_000_000
"""Numbers of visits of one level; those of the next lie above."""


class Everybody(arrivals.OpenArrivals):
    """All visits of all levels."""

    def drive(self, order: Order) -> None:
        """Let them come, level by level."""
        self.present, self.told_stage = 0, Stage(number=0, share=0.0)
        end = time.time() + order.limit_s
        self.turn("open")
        following = gevent.spawn(self._follow)
        while not super().over() and time.time() < end:
            if self.told_stage.number == self.present:
                gevent.sleep(FOLLOW_S)
                continue
            self._level(order, self.told_stage, end)
        following.kill()

    def over(self) -> bool:
        """Tell whether the level is over: another was told, or nothing shall come any more."""
        return self.told_stage.number != self.present or super().over()

    def _follow(self) -> None:
        """Read which level it is, all the time."""
        while self.order.stage is not None:
            with suppress(PlanError, ValidationError):
                self.told_stage = Stage.model_validate_json(files.read(self.order.stage))
            gevent.sleep(FOLLOW_S)

    def _level(self, order: Order, stage: Stage, end: float) -> None:
        self.present, begin = stage.number, time.time()
        self.turn("level", str(stage.number))
        for action in actions(stage.workload or order.workload.scaled(stage.share), order.seed + stage.number):
            due = begin + action.due_s
            if not self.waited(due, end):
                break
            self.under_way.spawn(self.act, replace(action, visit=stage.number * VISITS + action.visit), due)
        self.turn("level over", str(stage.number))
        self.under_way.join(timeout=arrivals.END_S)
        gevent.killall(list(self.under_way))
        for visit in list(self.guests.visits):
            self.leave(visit)
