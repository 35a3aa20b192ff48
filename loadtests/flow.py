"""Load that flows while something else is done: started, watched and stopped by whoever does it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from loadtests import spaces
from loadtests.deployment import Deployment
from loadtests.load import Driven, Event, Load, Manner
from loadtests.perform import Say, perform
from loadtests.recorder import Summary
from loadtests.scenarios.registry import MIXED, Scenario
from loadtests.verdict import Result
from runtime import files
from runtime.errors import PlanError

POLL_S = 0.2
BEGIN_S = 900.0


class Flow(threading.Thread):
    """One run of the mixed scenario, in the background."""

    def __init__(self, deployment: Deployment, scenario: Scenario, load: Load, say: Say) -> None:
        super().__init__(name="flow")
        self.deployment, self.scenario, self.load, self.say = deployment, scenario, load, say
        self.started = time.time()
        self.result: Result | None = None
        self.problem: PlanError | None = None

    def run(self) -> None:
        """Perform to the end."""
        try:
            self.result = perform(self.deployment, self.scenario, self.say, Manner(load=self.load))
        except PlanError as problem:
            self.problem = problem

    def driven(self) -> Driven | None:
        """Return what was driven so far; None before anything was."""
        if self.result is not None:
            return self.result.driven
        for summary in self._summaries():
            if summary.started >= self.started:
                return summary.driven
        return None

    def _summaries(self) -> Iterator[Summary]:
        """Yield what runs have written; that of a killed one may be among it."""
        for path in spaces.folder(self.deployment).glob("summary-*.json"):
            with suppress(PlanError, ValidationError):
                yield Summary.model_validate_json(files.read(path))

    def wait_for_arrivals(self, number: int = 1, limit_s: float = BEGIN_S) -> Driven:
        """Return when ``number`` more open arrivals than now were answered; raises PlanError where that never happens."""
        wanted = number + self._open()
        deadline = time.monotonic() + limit_s
        while self._open() < wanted:
            if not self.is_alive() or time.monotonic() > deadline:
                raise self.problem or PlanError(f"load does not flow: {'; '.join(self.result.reasons) if self.result else 'nobody answers'}", where="test")
            time.sleep(POLL_S)
        driven = self.driven()
        if driven is None:
            raise PlanError("load has ended", where="test")
        return driven

    def _open(self) -> int:
        driven = self.driven()
        return sum(second.requests for second in driven.seconds) if driven and driven.phase == "open" else 0

    def failed_since(self, at: float) -> tuple[Event, ...]:
        """Return the failures of requests that were to start at unix time ``at`` or later."""
        driven = self.driven()
        return tuple(event for event in driven.events if event.at >= at) if driven else ()

    def stop(self) -> Result:
        """End the arrivals, wait for the last answer and for everything to be read back; return the result."""
        self.load.stop.touch()
        self.join()
        self.load.stop.unlink(missing_ok=True)
        if self.result is None:
            raise self.problem or PlanError("load left no result", where="test")
        return self.result


@contextmanager
def flowing(deployment: Deployment, say: Say, **asked: float) -> Iterator[Flow]:
    """Let load flow inside the block; ``asked`` are members of Load. It is stopped at the end of the block at the latest."""
    stop = Path(spaces.folder(deployment)) / "stop"
    stop.unlink(missing_ok=True)
    load = Load(stop=stop, **asked)
    scenario = replace(MIXED, limit_s=int(load.limit_s + load.measure_s + BEGIN_S))
    flow = Flow(deployment, scenario, load, say)
    flow.start()
    try:
        flow.wait_for_arrivals()
        yield flow
    finally:
        if flow.result is None:
            flow.load.stop.touch()
            flow.join()
            flow.load.stop.unlink(missing_ok=True)
