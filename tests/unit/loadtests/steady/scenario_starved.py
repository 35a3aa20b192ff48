"""The steady scenario beside a neighbour in its own process that takes the only core most of a second at a time."""

import time

import gevent

from loadtests.scenarios import steady


class Starved(steady.Everybody):
    """Everybody, and somebody who does not let go."""

    def live(self) -> None:
        selfish = gevent.spawn(self._hold)
        super().live()
        selfish.kill()

    @staticmethod
    def _hold() -> None:
        while True:
            end = time.monotonic() + 0.8
            while time.monotonic() < end:
                pass
            gevent.sleep(0.1)


del steady.Everybody
