"""A run of open arrivals, watched once a second: the Locust process, the platform's accounts, and an end to both."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from loadtests import surroundings
from loadtests.deployment import Deployment
from loadtests.elsewhere.hand import Hand
from loadtests.generator import drive, end_orphan
from loadtests.perform import Say, said
from loadtests.programs.observer import Observer
from loadtests.scenarios.registry import Scenario
from loadtests.seed import ranks
from loadtests.steady.eyes import Eyes, Here
from loadtests.steady.hosts_eyes import There
from loadtests.steady.meter import Meter
from loadtests.steady.order import Order
from loadtests.steady.record import Record
from loadtests.surroundings import Surroundings
from runtime.errors import PlanError
from runtime.run import Completed
from sizing.plan import Plan

PREPARE_S = 180
END_S = 30
TICK_S = 1.0
INTERRUPTED = "interrupted"


def seeded(deployment: Deployment) -> ranks.Popularity | None:
    """Return the popularity of the rehearsal content; None where there is none. Raises PlanError where its file is damaged."""
    path = ranks.file_of(deployment)
    try:
        return ranks.read(deployment) if path.exists() else None
    except ValidationError as problem:
        raise PlanError("is damaged", where=str(path), hint="run the same 'plan seed' again: it writes it anew") from problem


class _Driving(threading.Thread):
    """The Locust process, in the background."""

    def __init__(self, scenario: Scenario, target: Path, on_line: Callable[[str], None], crew: Sequence[Hand]) -> None:
        super().__init__(name="driving")
        self._asked = scenario, target, on_line, crew
        self._ended = threading.Event()
        self.done: Completed | None = None
        self.problem: PlanError | None = None

    def run(self) -> None:
        """Drive to the end."""
        try:
            self.done = drive(*self._asked)
        except PlanError as problem:
            self.problem = problem
        finally:
            self._ended.set()

    def is_alive(self) -> bool:
        """Tell whether it drives; of a thread whose ``join`` was interrupted Python 3.11 itself says that it has ended."""
        return not self._ended.is_set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end, ``timeout`` seconds at most."""
        self._ended.wait(timeout)

    @property
    def words(self) -> str:
        """What it ended with."""
        return str(self.problem) if self.problem else said(self.done) if self.done else "it did not end"


@dataclass
class Watch:
    """One run; ``look`` is called once a second while arrivals are open, and ``halt`` ends them."""

    deployment: Deployment
    scenario: Scenario
    order: Order
    say: Say
    record: Record = field(default_factory=Record)
    stopped: str = ""
    count_files: bool = False
    """Whether open files of the platform's services are counted, too."""
    cores: tuple[int, ...] = ()
    """The cores that the platform is kept to; empty: all."""

    @property
    def plan(self) -> Plan:
        """The applied plan."""
        return self.deployment.plan

    @property
    def around(self) -> Surroundings:
        """Where the deployment runs, and who drives."""
        return surroundings.of(self.deployment)

    @property
    def words(self) -> str:
        """What the Locust process ended with; '' while it runs."""
        return "" if self.driving.is_alive() else self.driving.words

    def drive(self, target: Path) -> None:
        """Drive and watch to the end, also where the person ends it."""
        name, limits = self.plan.platform.name, self.plan.limits
        observer = Observer(name, {"blogs": limits.blogs.fpm_children, "wiki": limits.wiki.fpm_children}, self.around.places)
        eyes = self._eyes(name)
        self.target, self.meter = target, Meter(eyes, count_files=self.count_files, programs=observer.programs)
        self.driving = _Driving(self.scenario, target, self.record.take, self.around.crew)
        self.driving.start()
        try:
            observer.start()
            self._watch()
        except KeyboardInterrupt:
            self.say("interrupted: waiting for the last answers")
            self.halt(INTERRUPTED)
            self._watch()
        finally:
            try:
                if self.driving.is_alive():
                    end_orphan(target)
                    self.driving.join()
            finally:
                observer.stop()
                eyes.close()

    def _eyes(self, name: str) -> Eyes:
        places = self.around.places
        return There(name, places) if any(place.name for place in places) else Here(name, self.cores)

    def _watch(self) -> None:
        at = time.time()
        while self.driving.is_alive():
            at = max(at + TICK_S, time.time())
            self.driving.join(min(TICK_S, max(0.0, at - time.time())))  # a clock that was set back makes nobody blind
            self.meter.sample()
            if not self.stopped:
                record = self.record.so_far()
                if record.began("open") is not None:
                    self.look(record, time.time())

    def look(self, record: Record, now: float) -> None:
        """Decide whether arrivals go on, from what was told until ``now`` (unix time)."""
        raise NotImplementedError

    def halt(self, why: str) -> None:
        """End the arrivals; where the disk takes no file for that, the Locust process. That a person ended it is told whatever was the reason before."""
        self.stopped = why if why == INTERRUPTED else self.stopped or why
        with suppress(OSError):
            self.order.stop.touch()
            return
        end_orphan(self.target)
