"""Closed: so many people at once, each of whom thinks after the answer and then does the next thing, until somebody says that it is enough.

Each request is counted from its send: nobody came meanwhile. What people do, and the pages they find, are those of the
steady scenario.
"""

import time

import gevent

from loadtests.closed.lives import life
from loadtests.steady.order import Order
from loadtests.steps import arrivals
from loadtests.steps.clock import now
from loadtests.steps.person import Run


class Everybody(arrivals.OpenArrivals):
    """All people who are this process's."""

    def drive(self, order: Order) -> None:
        """Let them live until it is over; who waits for an answer then gets it."""
        end = self.begin("open") + order.limit_s
        people = [gevent.spawn(self._person, order, number) for number in range(order.people) if self.member.mine(number)]
        self.waited(end, end)
        arrivals.end(people)

    def _person(self, order: Order, number: int) -> None:
        """Live one life; a fault in it is told, since whoever is gone asks for nothing any more."""
        try:
            self._live(order, number)
        except Exception as fault:  # noqa: BLE001 - told, and the verdict is "invalid"
            Run.recorder.error(fault)
            self.turn("fault", Run.recorder.clear(f"{type(fault).__name__}: {fault}"))

    def _live(self, order: Order, number: int) -> None:
        free, before_s = time.monotonic(), 0.0
        for action in life(order.workload, order.seed, number):
            due = free + action.due_s - before_s
            gevent.sleep(max(0.0, due - time.monotonic()))
            if self.over():
                return
            self.watch.started((time.monotonic() - due) * 1000)
            self.under_way.spawn(self.done, action, now()).join()
            free, before_s = time.monotonic(), action.due_s
