"""One page at a steady rate, by browsers that keep their connections. A Locust file."""

import time

from loadtests.steady.order import Order
from loadtests.steps import arrivals
from loadtests.steps.browser import Browser
from loadtests.steps.crowd import END
from loadtests.steps.guests import Step


class OnePage(arrivals.OpenArrivals):
    """The first of the order's posts, ``visits_per_second`` times a second."""

    browsers = 20

    def drive(self, order: Order) -> None:
        """Ask for it, each time from its intended start."""
        browsers = [self.guests.browser() for _ in range(self.browsers)]
        begin, rate = self.begin("open"), order.workload.visits_per_second
        for number in range(int(rate * order.limit_s)):
            if not self.member.mine(number):
                continue
            due = begin + number / rate
            if not self.waited(due, begin + order.limit_s):
                break
            self.under_way.spawn(self._once, browsers[number % self.browsers], due)

    def _once(self, browser: Browser, due: float) -> None:
        self.watch.started((time.time() - due) * 1000)
        page = self.order.posts[0]
        self._ask(Step("page_anonymous", page.url, lambda: browser.ask("GET", page.url, page.title, END)), due)
