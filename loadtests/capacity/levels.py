"""Levels of load in one Locust process, one after the other: what a search for the capacity and a calibration share."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from loadtests import spaces
from loadtests.capacity.search import DIVERGED, SUFFERED
from loadtests.deployment import Deployment
from loadtests.generator import check_processes
from loadtests.load import Manner
from loadtests.measure.starvation import by_process
from loadtests.perform import Outcome, Say, in_spaces, told_target
from loadtests.scenarios.registry import Scenario
from loadtests.steady import stop
from loadtests.steady.analysis import suffering
from loadtests.steady.order import Order, Stage, shown
from loadtests.steady.record import Record
from loadtests.steady.tape import Turn
from loadtests.steady.watch import END_S, PREPARE_S, Watch, seeded
from loadtests.steady.workload import assumption, of_plan
from loadtests.verdict import Result
from runtime import files
from sizing.plan import Plan

CROWD, CROWD_LEAST = 3.0, 50
"""So many times what may be under way by Little's law, were everybody as slow as the slowest 5 % may be: nothing settles there."""


@dataclass(frozen=True)
class Asked:
    """The hard limits."""

    limit_s: float
    most_requests: int
    processes: int = 1


@dataclass(kw_only=True)
class LevelRun(Watch):
    """One run of levels; ``stage`` is the file that holds the present one."""

    stage: Path
    ended: dict[int, str] = field(default_factory=dict)
    """Why levels ended before their time, by number."""

    def tell(self, stage: Stage) -> None:
        """Let the next level begin."""
        files.write(self.stage, stage.model_dump_json(), files.PRIVATE)

    def silent(self, record: Record, now: float) -> bool:
        """Tell whether the generator says nothing any more."""
        heard = max(turn.at for turn in record.turns)
        return now - max(heard, record.last_beat) > stop.SILENT_S

    def limit(self, record: Record, now: float) -> str:
        """Return why arrivals ended by themselves; '' where they did not."""
        over = (record.began("ending") or now) - (record.began("open") or now) >= self.order.limit_s - 1
        return self.time_over if over else self.enough(record)

    def enough(self, record: Record) -> str:
        """Return that enough was asked; '' where it was not."""
        asked = len(record.samples) + len(record.probes) >= self.order.most_requests - 1
        return f"the limit of {self.order.most_requests:,} requests" if asked else ""

    @property
    def time_over(self) -> str:
        """The limit in time, in words."""
        return f"the time limit of {self.order.limit_s:.0f} s"

    def outcome(self) -> Outcome:
        """Return what everything that was seen comes to."""
        raise NotImplementedError


Begin = Callable[[Scenario, Order, Path], LevelRun]


def in_levels(deployment: Deployment, scenario: Scenario, asked: Asked, say: Say, begin: Begin) -> Result:
    """Drive the run that ``begin`` makes, its first level told, and return the result; everything is written into test spaces and removed."""
    check_processes(asked.processes)
    within = bounded(scenario, asked)
    check(deployment)
    return in_spaces(deployment, within, say, lambda made: in_made(deployment, within, made, asked, begin))


def check(deployment: Deployment) -> None:
    """Raise PlanError where the plan does not tell its peak, or the file of the rehearsal content is damaged."""
    of_plan(deployment.plan, 1.0)
    seeded(deployment)


def bounded(scenario: Scenario, asked: Asked) -> Scenario:
    """Return ``scenario`` with the time that people's coming, and what is before and after it, may take."""
    return replace(scenario, limit_s=int(PREPARE_S + asked.limit_s + END_S), processes=asked.processes)


def in_made(deployment: Deployment, scenario: Scenario, made: spaces.Spaces, asked: Asked, begin: Begin) -> Outcome:
    """Drive the run that ``begin`` makes within test spaces that are there, and return what it comes to."""
    workload = of_plan(deployment.plan, 1.0)
    posts, pages = shown(made, workload.exponent, seeded(deployment))
    halt, stage = spaces.stop_file(deployment, made.token), spaces.stage_file(deployment, made.token)
    order = Order(workload=workload, posts=posts, pages=pages, limit_s=asked.limit_s, most_requests=asked.most_requests, stop=halt, stage=stage)
    try:
        run = begin(scenario, order, stage)
        run.drive(told_target(deployment, scenario, made, Manner(order=order)))
    finally:
        halt.unlink(missing_ok=True)
        stage.unlink(missing_ok=True)
    return run.outcome()


def turns(told: list[Turn], phase: str) -> dict[int, float]:
    """Return when ``phase`` of each level was (unix time)."""
    return {int(turn.reason): turn.at for turn in told if turn.phase == phase}


def since(record: Record, begun: float) -> Record:
    """Return what was told of a level that has ``begun`` (unix time)."""
    samples, probes = ([sample for sample in told if sample.at >= begun] for told in (record.samples, record.probes))
    return Record(samples=samples, probes=probes, beats=[beat for beat in record.beats if beat.at > begun])


def early(plan: Plan, level: Record, rate: float, *, settled: bool) -> str:
    """Return why a level of ``rate`` requests a second ends before its time; '' where it does not. It is ``settled`` when its beginning is over."""
    target_ms = plan.targets.page_p95_ms
    if suffering(level.probes, target_ms):
        return SUFFERED
    if stop.failing(level.samples, assumption(plan, "rejected_limit")):
        return "errors"
    crowd = sum(max(beat.under_way for beat in beats[-2:]) for beats in by_process(level.beats).values()) if settled else 0
    return DIVERGED if crowd > max(CROWD_LEAST, CROWD * rate * target_ms / 1000) else ""
