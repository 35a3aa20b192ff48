"""``plan calibrate``: drive one mix after the other, watch everything, and fit the demands."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean

from loadtests import spaces
from loadtests.calibrate.findings import Facts, outcome
from loadtests.calibrate.mixes import Mix, dearer, mixes
from loadtests.capacity.level import Span
from loadtests.capacity.run import early, since, turns
from loadtests.deployment import Deployment
from loadtests.load import Manner
from loadtests.perform import Outcome, Say, in_spaces, told_target
from loadtests.scenarios.registry import CALIBRATE
from loadtests.steady import stop
from loadtests.steady.order import Order, Stage, shown
from loadtests.steady.record import Record
from loadtests.steady.watch import END_S, PREPARE_S, Watch, seeded
from loadtests.steady.workload import of_plan
from loadtests.verdict import Result
from runtime import files
from runtime.errors import PlanError

WARM_PART, WARM_MOST_S = 0.2, 10.0
"""Of a level, left out: connections are made, caches fill, the last level's work ends."""
BETWEEN_S = 1.5
"""Until the last answers are there and the next level begins."""
MOST_ENDED = 2
SLOWER = 0.5
DONE = "every mix was driven"


@dataclass(frozen=True)
class Asked:
    """The hard limits."""

    limit_s: float
    most_requests: int


def calibrate(deployment: Deployment, asked: Asked, say: Say) -> Result:
    """Measure the demands of ``deployment`` and return the result; everything is written into test spaces and removed.

    Raises PlanError where the target is foreign, another test runs, or the plan does not tell its peak.
    """
    check_one(deployment)
    workload, levels = of_plan(deployment.plan, 1.0), mixes(deployment.plan)
    scenario = replace(CALIBRATE, limit_s=int(PREPARE_S + asked.limit_s + END_S))
    popular = seeded(deployment)

    def driven(made: spaces.Spaces) -> Outcome:
        posts, pages = shown(made, workload.exponent, popular)
        halt, stage = (spaces.folder(deployment) / f"{name}-{made.token}" for name in ("stop", "stage"))
        order = Order(workload=workload, posts=posts, pages=pages, limit_s=asked.limit_s, most_requests=asked.most_requests, stop=halt, stage=stage)
        run = _Run(deployment, scenario, order, say, stage=stage, mixes=levels)
        try:
            run.begin_level()
            run.drive(told_target(deployment, scenario, made, Manner(order=order)))
        finally:
            halt.unlink(missing_ok=True)
            stage.unlink(missing_ok=True)
        return outcome(run.facts(run.record.so_far(), time.time()))

    return in_spaces(deployment, scenario, say, driven)


def check_one(deployment: Deployment) -> None:
    """Raise PlanError where the plan is of several machines: one alone would be measured for all."""
    machines = sum(server.count for server in deployment.plan.servers)
    if machines != 1:
        raise PlanError(f"the plan is of {machines} servers; a calibration measures one", where="plan.json: servers", hint="calibrate a pilot on one machine")


@dataclass(kw_only=True)
class _Run(Watch):
    """One calibration."""

    stage: Path
    mixes: tuple[Mix, ...]
    number: int = 0
    dear: float = 1.0
    ended: dict[int, str] = field(default_factory=dict)

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
        spans = tuple(self._spans(record, now))
        wiki = self.deployment.urls["wiki"]
        return Facts(self.plan, self.order, record, self.meter.platform(), spans, self.mixes, wiki, self._why(record, now), self.words)

    def _why(self, record: Record, now: float) -> str:
        over = (record.began("ending") or now) - (record.began("open") or now) >= self.order.limit_s - 1
        return self.stopped or (f"the time limit of {self.order.limit_s:.0f} s" if over else "")

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
        told = Stage(number=self.number, share=mix.workload.share, workload=mix.workload)
        files.write(self.stage, told.model_dump_json(), files.PRIVATE)
        self.say(f"level {self.number} of {len(self.mixes)}: {mix.words} ({mix.workload.requests_per_second:.3g} requests/s)")

    def look(self, record: Record, now: float) -> None:
        """End the level where it has lasted, or people suffer; end the run after the last, or where people suffer again."""
        begun = turns(record.turns, "level").get(self.number)
        heard = max(turn.at for turn in record.turns)
        if now - max(heard, *(beat.at for beat in record.beats[-1:]), 0.0) > stop.SILENT_S:
            self.halt(stop.SILENT)
        elif len(record.samples) + len(record.probes) >= self.order.most_requests - 1:
            self.halt(f"the limit of {self.order.most_requests:,} requests")
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
