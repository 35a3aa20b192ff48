"""Steady: the plan's peak as open arrivals, each counted from its intended start, until somebody says that it is enough.

The whole schedule is drawn before anything is sent.
"""

import time

from loadtests.steady.order import Order
from loadtests.steady.schedule import actions
from loadtests.steps import arrivals


class Everybody(arrivals.OpenArrivals):
    """All visits."""

    def drive(self, order: Order) -> None:
        """Let them come as the schedule says."""
        begin = time.time()
        self.turn("open")
        for action in actions(order.workload, order.seed):
            due = begin + action.due_s
            if not self.waited(due, begin + order.limit_s):
                break
            self.under_way.spawn(self.act, action, due)
