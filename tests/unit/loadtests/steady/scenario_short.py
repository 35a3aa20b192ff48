"""The steady scenario in a process that may open nothing more once people arrive."""

import os
import resource

from loadtests.scenarios import steady
from loadtests.steady.order import Order


class Short(steady.Everybody):
    """Everybody, without a socket left."""

    def drive(self, order: Order) -> None:
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        super().drive(order)


del steady.Everybody
