"""The process that hears all others: it alone writes, says when what begins, and notices who is gone.

By Locust's own messages, so that those who drive may be on other hosts. Where one process does everything they are calls.
Imported by scenarios only, inside the Locust process.
"""

import sys
import time
from contextlib import suppress
from typing import Any

import gevent
from locust.runners import STATE_MISSING, MasterRunner
from pydantic import ValidationError

from loadtests.steady.ensemble import OPEN, Ensemble
from loadtests.steady.order import Order, Stage
from loadtests.steady.tape import GATHERS, Beat, Turn, line, read
from loadtests.steps.selfwatch import SelfWatch
from runtime import files
from runtime.errors import PlanError

TOLD, GIVEN, STATE, SHARED = "underdesk-told", "underdesk-given", "underdesk-state", "underdesk-shared"
LOOK_S = 0.2
SOON_S = 0.3
"""So far ahead a moment is told: messages take milliseconds, and who hears of it late begins late, and is told to be."""


class Lead:
    """Hears everybody; ``through`` when nobody is left."""

    def __init__(self, runner: Any, options: Any, order: Order) -> None:  # noqa: ANN401 - Locust's
        self.runner, self.order, self.alone = runner, order, not isinstance(runner, MasterRunner)
        self.all = Ensemble(options.expect_workers, order.most_requests)
        runner.register_message(TOLD, self._told)
        runner.register_message(GIVEN, self._given)
        self._there: set[int] = set()
        gevent.spawn(self._watch)

    def through(self) -> bool:
        """Tell whether everybody came to an end."""
        return self.all.through

    def _told(self, msg: Any, **_: Any) -> None:  # noqa: ANN401 - Locust's
        """Hear what a process tells: its lines, how much it has asked, where it waits, whether it is through."""
        data = msg.data
        number = int(data["process"])
        lost = self.all.hear(number, int(data["serial"]), time.time())
        self._write([line(lost)] if lost else [])
        self._write([one for one in (self._line(number, text) for text in data["told"]) if one])
        self.all.count(number, int(data["asked"]))
        if data["over"]:
            self.all.end(number)
        if data["come"]:
            self.all.come(number, data["come"])
        self._moments()

    def _line(self, number: int, text: str) -> str:
        told = read(text) if text.startswith('["turn"') else None
        if told is None:
            return text
        turn = self.all.told(number, told) if isinstance(told, Turn) else None
        return line(turn) if turn else ""

    def _given(self, msg: Any, **_: Any) -> None:  # noqa: ANN401 - Locust's
        """Hand on what one process has prepared for all."""
        self.runner.send_message(SHARED, msg.data)

    def _moments(self) -> None:
        """Let those go on who are complete, all at one moment."""
        for name in self.all.complete():
            turn = self.all.begin(name, time.time() + (0.0 if self.alone else SOON_S))
            self._state()
            if self.alone:
                self._begin(turn)
            else:
                gevent.spawn(self._begin, turn)

    def _begin(self, turn: Turn) -> None:
        while (left := turn.at - time.time()) > 0:
            gevent.sleep(left)
        self._write([line(turn)])
        if turn.phase == OPEN and not self.alone:
            gevent.spawn(SelfWatch(self._beat, lambda: 0, GATHERS).watch)

    def _beat(self, beat: Beat) -> None:
        self._write([line(beat)])

    def _state(self) -> None:
        self.runner.send_message(STATE, self.all.state.model_dump_json())

    def _watch(self) -> None:
        """Look at the files by which the command speaks to us, and at who is there; tell everybody."""
        while True:
            if self.order.stop.exists():
                self.all.halt()
            self._follow()
            self._write([line(turn) for turn in self.all.lose(self._gone(), time.time())])
            self._state()
            self._moments()
            gevent.sleep(LOOK_S)

    def _follow(self) -> None:
        if self.order.stage is not None:
            with suppress(PlanError, ValidationError):
                self.all.begin_stage(Stage.model_validate_json(files.read(self.order.stage)))

    def _gone(self) -> set[int]:
        """Return those who were there and are not heard of any more."""
        if self.alone:
            return set()
        here = {self.runner.get_worker_index(name) for name, node in self.runner.clients.items() if node.state != STATE_MISSING}
        self._there |= here
        return self._there - here

    def _write(self, lines: list[str]) -> None:
        if lines:
            sys.stdout.write("".join(f"{one}\n" for one in lines))
            sys.stdout.flush()
