"""Steady: open arrivals as the order's profile says, each counted from its intended start, until somebody says that it is enough.

The whole schedule is drawn before anything is sent, the same by each process, which then does its own visits. Every shape
of load comes this way: the plan's peak is the profile that does not change.
"""

from loadtests.steady.order import Order
from loadtests.steady.schedule import scheduled
from loadtests.steps import arrivals


class Everybody(arrivals.OpenArrivals):
    """All visits."""

    def drive(self, order: Order) -> None:
        """Let them come as the schedule says."""
        begin = self.begin("open")
        for action in scheduled(order):
            if not self.member.mine(action.visit):
                continue
            due = begin + action.due_s
            if not self.waited(due, begin + order.limit_s):
                return
            self.under_way.spawn(self.act, action, due)
        self.waited(begin + order.limit_s, begin + order.limit_s)
