"""A process that drives, as one of several or alone: what it tells the one that hears all, and what it is told.

Imported by scenarios only, inside the Locust process.
"""

from typing import Any

import gevent

from loadtests.steady.ensemble import State
from loadtests.steps.lead import GIVEN, SHARED, STATE, TOLD

LOOK_S = 0.02


class Member:
    """One process of ``of``; ``number`` counts from 0."""

    def __init__(self, runner: Any, options: Any) -> None:  # noqa: ANN401 - Locust's
        self._runner, self._options = runner, options
        self.number: int = runner.worker_index
        self.state = State()
        self.begun, self._serial = False, 0
        self._shared: dict[str, Any] | None = None
        runner.register_message(STATE, self._hear)
        runner.register_message(SHARED, self._take)

    @property
    def of(self) -> int:
        """How many processes drive; the one that hears all tells it when it lets people come."""
        return int(self._options.expect_workers)

    def _hear(self, msg: Any, **_: Any) -> None:  # noqa: ANN401 - Locust's
        self.state = State.model_validate_json(msg.data)

    def _take(self, msg: Any, **_: Any) -> None:  # noqa: ANN401 - Locust's
        self._shared = msg.data

    def mine(self, visit: int) -> bool:
        """Tell whether a visit is this process's: all of its requests are, so its browser is in one place."""
        return visit % self.of == self.number

    def tell(self, told: list[str], asked: int, come: str = "", *, over: bool = False) -> None:
        """Tell lines, and how many requests were sent so far; that we wait at ``come``; that we are through."""
        self._serial += 1
        self._runner.send_message(TOLD, {"process": self.number, "serial": self._serial, "told": told, "asked": asked, "come": come, "over": over})

    def moment(self, name: str) -> float:
        """Return the one moment (unix time) at which everybody goes on from ``name``, once all have come so far."""
        while name not in self.state.moments:
            gevent.sleep(LOOK_S)
        return self.state.moments[name]

    def give(self, prepared: dict[str, Any]) -> None:
        """Give everybody what this process has prepared."""
        self._runner.send_message(GIVEN, prepared)

    def given(self) -> dict[str, Any] | None:
        """Return what another process has prepared, once it has; None where it is over before."""
        while self._shared is None and not self.state.halted:
            gevent.sleep(LOOK_S)
        return self._shared
