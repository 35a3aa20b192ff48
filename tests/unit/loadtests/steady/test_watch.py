"""The watch looks once a second, whatever the clock does."""

from types import SimpleNamespace
from typing import Any

import pytest

from loadtests.steady import watch
from loadtests.steady.watch import TICK_S, Watch
from tests.unit.loadtests.steady.peaks import order


class Driving:
    """A Locust process that ends after some looks, and tells how long each was waited for; ``clock`` is set back by an hour before the second."""

    def __init__(self, looks: int) -> None:
        self.left, self.waits, self.clock = looks, list[float](), 1_000_000.0

    def is_alive(self) -> bool:
        return self.left > 0

    def join(self, timeout: float) -> None:
        self.waits.append(timeout)
        self.left -= 1
        self.clock += timeout if len(self.waits) > 1 else timeout - 3600


def test_a_clock_that_is_set_back_makes_nobody_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    driving: Any = Driving(5)
    monkeypatch.setattr(watch, "time", SimpleNamespace(time=lambda: driving.clock))
    one = Watch(deployment=None, scenario=None, order=order(), say=print)  # type: ignore[arg-type]  # neither is asked for
    one.driving, one.meter = driving, SimpleNamespace(sample=lambda: None)  # type: ignore[assignment]
    one._watch()
    assert len(driving.waits) == 5
    assert max(driving.waits) <= TICK_S, driving.waits
