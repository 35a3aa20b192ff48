"""People as Locust users, and what every scenario needs around them: target, names, recorder, an end.

Imported by scenarios only, inside the Locust process.
"""

import ctypes
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import gevent
from locust import HttpUser, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.clients import HttpSession
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from loadtests import resolve
from loadtests.recorder import Recorder
from loadtests.scenarios.registry import OPTION
from loadtests.steps import clock
from loadtests.steps.checks import Unseen
from loadtests.steps.visit import Visitor
from loadtests.target import Target, load
from runtime.errors import PlanError

TICK_S = 0.2
FIRST = os.getpid()
PR_SET_PDEATHSIG = 1


def _mortal() -> None:
    """Let the kernel end a process that drives as soon as the one that started it is gone, however that ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != FIRST:
        os._exit(1)


os.register_at_fork(after_in_child=_mortal)


def _through() -> bool:
    return Run.recorder.finished >= Run.target.users


class Run:
    """The state of this process: one target, one recorder, and whether everybody is through."""

    target: ClassVar[Target]
    recorder: ClassVar[Recorder]
    through: ClassVar[Callable[[], bool]] = _through


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _options(parser: LocustArgumentParser, **_: Any) -> None:  # noqa: ANN401 - Locust's events
    parser.add_argument(OPTION, dest="underdesk_target", default="", help="file that says where load goes")


@events.init.add_listener  # type: ignore[untyped-decorator]
def _start(environment: Environment, **_: Any) -> None:  # noqa: ANN401 - Locust's events
    options = environment.parsed_options
    if options is None or not options.underdesk_target:
        raise SystemExit(f"{OPTION} is missing: scenarios are run by 'plan test'")
    Run.target = load(Path(options.underdesk_target))
    clock.ahead_s = Run.target.ahead_s
    resolve.install(Run.target.hosts, Run.target.address, Run.target.port, Run.target.own)
    Run.recorder = Recorder(Run.target.summary, Run.target.users, Run.target.secrets)
    if isinstance(environment.runner, WorkerRunner):  # the one that started it tells what it tells, and ends it
        return
    if isinstance(environment.runner, MasterRunner):
        for person in environment.user_classes:
            person.fixed_count *= options.expect_workers
    _write(ended=False)
    for event, listener in ((events.request, _request), (events.user_error, _fault), (events.quitting, _end)):
        event.add_listener(listener)  # type: ignore[no-untyped-call]
    gevent.spawn(_watch, environment)


def _request(name: str, response_time: float, exception: Exception | None, **_: Any) -> None:  # noqa: ANN401 - Locust's events
    Run.recorder.request(name, response_time, exception)


def _fault(exception: BaseException, **_: Any) -> None:  # noqa: ANN401 - Locust's events
    Run.recorder.error(exception)


def _end(**_: Any) -> None:  # noqa: ANN401 - Locust's events
    _write(ended=True)


def _write(*, ended: bool) -> None:
    """Write what was seen so far; where the disk is full, what is missing in the record shows there."""
    with suppress(PlanError):
        Run.recorder.write(ended=ended)


def _watch(environment: Environment) -> None:
    """Write what was seen so far, and end when everybody is through or whoever started us is gone."""
    while os.getppid() == Run.target.conductor and not Run.through():
        _write(ended=False)
        gevent.sleep(TICK_S)
    if environment.runner is not None:
        environment.runner.quit()


class Person(HttpUser):
    """Somebody who does what ``live`` says, once, and leaves."""

    abstract = True
    fixed_count = 1
    wait_time = constant(0)
    host = "https://refused.invalid"

    def on_start(self) -> None:
        """Behave like a browser that trusts the deployment's certificate authority."""
        self.client = self._session()
        self.me = Visitor(self.client.request)

    @task
    def whole_life(self) -> None:
        """Act, whatever happens be counted as through, and leave."""
        try:
            self.live()
        except Unseen:  # recorded where it was not seen
            pass
        except Exception as problem:  # noqa: BLE001 - recorded, and the verdict is "invalid"
            Run.recorder.error(problem)
        Run.recorder.finished += 1
        raise StopUser

    def live(self) -> None:
        """Do what this person does."""
        raise NotImplementedError

    def colleague(self) -> Visitor:
        """Return somebody else's browser, not signed in."""
        return Visitor(self._session().request)

    def _session(self) -> HttpSession:
        session = HttpSession(base_url=self.host, request_event=self.environment.events.request, user=self)
        session.trust_env = False
        session.verify = str(Run.target.ca_file)
        session.headers["User-Agent"] = "underdesk-test"
        session.headers.update(Run.target.manner.headers)
        return session
