"""Open arrivals: what every scenario of them shares. Each request is counted from its intended start, and told as it ends.

No answer delays the next arrival, however late it comes (no coordinated omission: Tene, 2013). Everything is told to the
command line by line as it happens; nothing is judged here. Imported by scenarios only, inside the Locust process.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, ClassVar

import gevent
from gevent.pool import Pool
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtests.steady.order import Order
from loadtests.steady.schedule import Action
from loadtests.steady.tape import DRIVER, Beat, Sample, Told, Turn, line
from loadtests.steady.workload import PAGE_VIEWS
from loadtests.steps.browser import Opened
from loadtests.steps.checks import Unseen
from loadtests.steps.clock import now
from loadtests.steps.failures import SHORT, kind_of
from loadtests.steps.guests import Guests, Step, Visit, look
from loadtests.steps.lead import Lead
from loadtests.steps.member import Member
from loadtests.steps.person import Person, Run
from loadtests.steps.selfwatch import SelfWatch

TELL_S = 0.25
CHECK_S = 0.5
LEAVE_S = 30.0
END_S = 20.0
"""Whoever has no answer so long after the last arrival has none: counted as failed, with the time that they waited."""


def end(greenlets: Iterable[gevent.Greenlet]) -> None:
    """End them; whoever has not ended after that is left behind, so that the run ends."""
    with suppress(gevent.Timeout):
        gevent.killall(list(greenlets), timeout=END_S)


class Team:
    """The part of this process: one that drives, one that hears all others, or both where there is one alone."""

    member: ClassVar[Member]
    lead: ClassVar[Lead]


@events.init.add_listener  # type: ignore[untyped-decorator]
def _join(environment: Environment, **_: Any) -> None:  # noqa: ANN401 - Locust's events
    order = Run.target.manner.order
    if order is None:
        raise SystemExit("the scenario needs an order")
    if not isinstance(environment.runner, MasterRunner):
        Team.member = Member(environment.runner, environment.parsed_options)
    if not isinstance(environment.runner, WorkerRunner):
        Team.lead = Lead(environment.runner, environment.parsed_options, order)
    if isinstance(environment.runner, MasterRunner):
        Run.through = Team.lead.through


class OpenArrivals(Person):
    """All visits that are this process's; ``drive`` says when they begin."""

    abstract = True

    def live(self) -> None:
        """Prepare, drive, wait for the last answers; once, whatever Locust does when another process is gone."""
        order, self.member = Run.target.manner.order, Team.member
        if order is None or self.member.begun:
            return
        self.member.begun = True
        self.order, self.told, self.asked = order, list[Told](), 0
        self.under_way = Pool()
        self.guests = Guests(Run.target, order, (self.member.number, self.member.of))
        self.watch = SelfWatch(self.tell, lambda: len(self.under_way), self.member.number + 1)
        if Run.target.here:
            self.turn(DRIVER, f"{self.member.number + 1} {Run.target.here}")
        teller = gevent.spawn(self._teller)
        try:
            self._run(order)
        except Exception as fault:
            self._fault(fault)
            raise
        finally:
            teller.kill()
            self._flush(over=True)

    def _run(self, order: Order) -> None:
        self.turn("preparing")
        try:
            ready = self._prepared()
        except Unseen as problem:
            self.turn("fault" if kind_of(problem) == SHORT else "refused", Run.recorder.clear(str(problem)))
            return
        if not ready:
            return
        Opened.take()  # those of the preparations cost no visit
        others = [gevent.spawn(self.watch.watch), *([gevent.spawn(self._look)] if self.member.number == 0 else [])]
        self.drive(order)
        self.turn("ending")
        self.under_way.join(timeout=END_S)
        end([*others, *self.under_way])
        self.turn("done")

    def _prepared(self) -> bool:
        """Let the first process prepare for all, so that nobody signs in twice; return whether it came to that."""
        if self.member.number == 0:
            self.guests.prepare()
            self.member.give(self.guests.given())
            return True
        given = self.member.given()
        if given is not None:
            self.guests.take(given)
        return given is not None

    def begin(self, name: str) -> float:
        """Wait for the other processes at ``name``; return the moment (unix time) at which it begins for all."""
        self._flush()
        self.member.tell([], self.asked, name)
        return self.member.moment(name)

    def drive(self, order: Order) -> None:
        """Let everybody arrive who does; the answers need not have come at the end."""
        raise NotImplementedError

    def waited(self, due: float, end: float) -> bool:
        """Wait until ``due``; return whether arrivals go on then, which ``end`` at the latest (unix times)."""
        while not self.over():
            if due > end and now() >= end:
                return False
            left = due - now()
            if left <= 0:
                return True
            gevent.sleep(min(left, CHECK_S))
        return False

    def over(self) -> bool:
        """Tell whether somebody said that it is enough, or enough was asked."""
        return self.member.state.halted or self.asked >= self.order.most_requests

    def act(self, action: Action, due: float) -> None:
        """Do what ``action`` says, now; it was due at ``due`` (unix time)."""
        self.watch.started((now() - due) * 1000)
        self.done(action, due)

    def done(self, action: Action, due: float) -> None:
        """Do what ``action`` says; its first request counts from ``due`` (unix time)."""
        here = self.guests.visit(action)
        if action.request_class != "sign_in":
            here.ready.wait()
        try:
            if not here.gone:
                self._steps(action, here, due)
        finally:
            here.ready.set()
        if action.last:
            gevent.spawn_later(LEAVE_S, self.leave, action.visit)

    def _steps(self, action: Action, here: Visit, due: float) -> None:
        for number, step in enumerate(self.guests.steps(action)):
            answer = self._ask(step, now() if number else due)
            if answer is None:
                here.gone = here.gone or action.request_class == "sign_in"
                return
            if action.request_class in PAGE_VIEWS:
                self._files(self.guests.following(action, step.url, answer))

    def _files(self, files: list[Step]) -> None:
        """Ask for what a page brings along, over the connection that it came by: with HTTP/2, which the front door speaks, a browser opens no other."""
        for file in files:
            self._ask(file, now())

    def leave(self, visit: int) -> None:
        """Close the browser of a visit."""
        gone = self.guests.visits.pop(visit, None)
        if gone is not None:
            gone.browser.session.close()

    def _look(self) -> None:
        """Look at the real first pages, slowly, all the time."""
        browser, number = self.guests.browser(), 0
        while True:
            self._ask(look(browser, Run.target, number), now())
            number += 1
            gevent.sleep(self.order.probe_s)

    def _ask(self, step: Step, due: float) -> Any:  # noqa: ANN401 - whatever the step gives
        """Send one request, tell how it went, and return what came; None where nothing good did. Whoever is ended meanwhile stays ended."""
        self.asked += 1
        problem: BaseException | None = None
        answer: object = None
        try:
            answer = step.send() or True
        except Unseen as failed:
            problem = failed
            return None
        except gevent.GreenletExit as ended:
            problem = ended
            raise
        except Exception as fault:  # noqa: BLE001 - told, and the verdict is "invalid"
            problem = fault
            Run.recorder.error(fault)
            self._fault(fault)
            return None
        finally:
            self._took(step, due, problem, _cache(answer))
        return answer

    def _took(self, step: Step, due: float, problem: BaseException | None, cache: str) -> None:
        waited_ms = round((now() - due) * 1000, 3)
        if problem is None:
            self.tell(Sample(due, step.request_class, waited_ms, step.url, cache=cache, connections=Opened.take()))
            return
        ended = isinstance(problem, gevent.GreenletExit)
        if ended and step.request_class == "probe":
            return
        kind = "no answer by the end" if ended else str(getattr(problem, "kind", "fault"))
        if kind == SHORT:
            self.watch.short()
        self.tell(
            Sample(
                due,
                step.request_class,
                waited_ms,
                step.url,
                kind,
                int(getattr(problem, "status", 0)),
                Run.recorder.clear(str(problem)),
                connections=Opened.take(),
            )
        )

    def _fault(self, fault: Exception) -> None:
        self.turn("fault", Run.recorder.clear(f"{type(fault).__name__}: {fault}"))

    def turn(self, phase: str, reason: str = "") -> None:
        """Tell that a phase begins."""
        self.tell(Turn(now(), phase, reason))

    def tell(self, told: Sample | Beat | Turn) -> None:
        """Tell something with the next lot."""
        self.told.append(told)

    def _teller(self) -> None:
        while True:
            gevent.sleep(TELL_S)
            self._flush()

    def _flush(self, *, over: bool = False) -> None:
        told, self.told = self.told, []
        if told or over:
            self.member.tell([line(one) for one in told], self.asked, over=over)


def _cache(answer: object) -> str:
    """Return what the page cache said of an answer; '' where it did not pass there."""
    return str(getattr(answer, "headers", {}).get("X-Cache-Status", ""))
