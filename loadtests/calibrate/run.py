"""``plan calibrate``: drive one mix after the other, watch everything, and fit the demands."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from loadtests.calibrate.findings import Facts, outcome
from loadtests.calibrate.mixes import Mix, dearer, mixes
from loadtests.capacity.level import Span
from loadtests.capacity.levels import Asked, LevelRun, early, in_levels, since, turns
from loadtests.deployment import Deployment
from loadtests.perform import Outcome, Say
from loadtests.scenarios.registry import CALIBRATE, Scenario
from loadtests.steady import stop
from loadtests.steady.order import Order, Stage
from loadtests.steady.record import Record
from loadtests.verdict import Result
from runtime.errors import PlanError

WARM_PART, WARM_MOST_S = 0.2, 10.0
"""Of a level, left out: connections are made, caches fill, the last level's work ends."""
BETWEEN_S = 1.5
"""Until the last answers are there and the next level begins."""
MOST_ENDED = 2
SLOWER = 0.5
DONE = "every mix was driven"


def calibrate(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Measure the demands of ``deployment`` and return the result; everything is written into test spaces and removed.

    Raises PlanError where the target is foreign, another test runs, or the plan does not tell its peak.
    """
    check_one(deployment)
    levels = mixes(deployment.plan)

    def begin(scenario: Scenario, order: Order, stage: Path) -> _Run:
        run = _Run(deployment, scenario, order, say, stage=stage, mixes=levels)
        run.begin_level()
        return run

    return in_levels(deployment, CALIBRATE, asked, say, begin)


def check_one(deployment: Deployment) -> None:
    """Raise PlanError where the plan is of several machines: one alone would be measured for all."""
    machines = sum(server.count for server in deployment.plan.servers)
    if machines != 1:
        raise PlanError(f"the plan is of {machines} servers; a calibration measures one", where="plan.json: servers", hint="calibrate a pilot on one machine")


@dataclass(kw_only=True)
class _Run(LevelRun):
    """One calibration."""

    mixes: tuple[Mix, ...]
    number: int = 0
    dear: float = 1.0

    @property
    def level_s(self) -> float:
        """Seconds of a level whose part is 1."""
        return max(1.0, self.order.limit_s - BETWEEN_S * len(self.mixes)) / sum(mix.part for mix in self.mixes)

    @property
    def mix(self) -> Mix:
        """The present level's."""
        return self.mixes[self.number - 1]

    def facts(self, record: Record, now: float) -> Facts:
        """Return everything that was seen until ``now``."""
        spans, why = tuple(self._spans(record, now)), self.stopped or self.limit(record, now)
        return Facts(self.plan, self.order, record, self.meter.platform(), spans, self.mixes, self.deployment.urls["wiki"], why, self.words)

    def outcome(self) -> Outcome:
        """Return what everything that was seen comes to."""
        return outcome(self.facts(self.record.so_far(), time.time()))

    def _spans(self, record: Record, now: float) -> list[Span]:
        begun, over = turns(record.turns, "level"), turns(record.turns, "level over")
        warm = {number: min(WARM_MOST_S, WARM_PART * self.level_s * self.mixes[number - 1].part) for number in begun}
        return [
            Span(number, self.mixes[number - 1].workload.share, at, at + warm[number], over.get(number, now), self.ended.get(number, ""))
            for number, at in begun.items()
        ]

    def begin_level(self) -> None:
        """Let the next mix come."""
        self.number += 1
        mix = self.mix
        self.tell(Stage(number=self.number, share=mix.workload.share, workload=mix.workload))
        self.say(f"level {self.number} of {len(self.mixes)}: {mix.words} ({mix.workload.requests_per_second:.3g} requests/s)")

    def look(self, record: Record, now: float) -> None:
        """End the level where it has lasted, or people suffer; end the run after the last, or where people suffer again."""
        begun = turns(record.turns, "level").get(self.number)
        if self.silent(record, now):
            self.halt(stop.SILENT)
        elif self.enough(record):
            self.halt(self.enough(record))
        elif begun is not None:
            why = early(self.plan, since(record, begun), self.mix.workload.requests_per_second, settled=now - begun > WARM_MOST_S)
            if why:
                self._ended(why)
            if why or now - begun >= self.level_s * self.mix.part:
                self._moderate(begun, now)
                self._after()

    def _ended(self, why: str) -> None:
        self.ended[self.number] = why
        self._scale_later(SLOWER)
        self.say(f"level {self.number} ends early: {why}; the next ones are half as high")

    def _scale_later(self, factor: float) -> None:
        later = (replace(mix, workload=mix.workload.scaled(factor)) for mix in self.mixes[self.number :])
        self.mixes = (*self.mixes[: self.number], *later)

    def _moderate(self, begun: float, now: float) -> None:
        """Let later levels come as much lower as any level so far took more than the plan says: none shall be far above what it allows."""
        platform = self.meter.platform()
        used = platform.used(begun + WARM_MOST_S / 2, now)
        dear = max(self.dear, dearer(self.plan, self.mix.workload, mean(used) * platform.cores) if used else 1.0)
        self._scale_later(self.dear / dear)
        self.dear = dear

    def _after(self) -> None:
        if len(self.ended) >= MOST_ENDED:
            self.halt(f"aborted: {' and '.join(dict.fromkeys(self.ended.values()))}")
        elif self.number == len(self.mixes):
            self.halt(DONE)
        else:
            try:
                self.begin_level()
            except PlanError as problem:
                self.halt(f"the next level cannot be told: {problem}")
