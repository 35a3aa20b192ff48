"""Steady: open arrivals as the order's profile says, each counted from its intended start, until somebody says that it is enough.

The whole schedule is drawn before anything is sent. Every shape of load comes this way: the plan's peak is the profile
that does not change.
"""

import time

from loadtests.steady.order import Order
from loadtests.steady.schedule import scheduled
from loadtests.steps import arrivals


class Everybody(arrivals.OpenArrivals):
    """All visits."""

    def drive(self, order: Order) -> None:
        """Let them come as the schedule says."""
        begin = time.time()
        self.turn("open")
        for action in scheduled(order):
            due = begin + action.due_s
            if not self.waited(due, begin + order.limit_s):
                return
            self.under_way.spawn(self.act, action, due)
        self.waited(begin + order.limit_s, begin + order.limit_s)
