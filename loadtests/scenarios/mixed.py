"""Mixed: open arrivals, half of which reach PHP and the database, nine in a hundred of which write.

Arrivals are scheduled (Poisson) and each is counted from its intended start, whether earlier ones have ended or not.
Nothing is sent twice: what a browser would silently try again is a failure here. At the end everything that was
acknowledged is read back. Everything happens in the marked test spaces.
"""

import time

import gevent
from gevent.pool import Pool

from loadtests.load import Load
from loadtests.mix import classes, gaps
from loadtests.steps.checks import Unseen
from loadtests.steps.crowd import Crowd, Follow, everything, stale
from loadtests.steps.person import Person, Run
from loadtests.timeline import Timeline
from loadtests.written import Ledger

SIGN_INS_AT_ONCE = 3
WARM_UP_SHARE = 0.2
END_S = 70
STALE_S = 60


class Everybody(Person):
    """The whole crowd."""

    def live(self) -> None:
        """Sign in, measure, drive, wait for the last answer, read everything back."""
        load = Run.target.manner.load
        if load is None:
            raise ValueError("the scenario needs a load")
        self.line = Run.recorder.timeline = Timeline()
        self.crowd = Crowd(Run.target, Ledger(Run.target.token))
        try:
            self._sign_in()
            self.line.rate_per_second = load.rate_per_second or self._measured(load)
            self._drive(load)
            self._read_back()
        except Unseen as problem:  # an arrival's is counted where it happens; this one leaves nothing to count
            Run.recorder.error(problem)

    def _sign_in(self) -> None:
        pool = Pool(SIGN_INS_AT_ONCE)
        people = [pool.spawn(call) for call in self.crowd.sign_in()]
        gevent.joinall(people, raise_error=True)

    def _measured(self, load: Load) -> float:
        """Return the share of the capacity: what people without think time get done together."""
        self.line.phase = "measuring"
        begin = time.monotonic() + load.measure_s * WARM_UP_SHARE
        end = time.monotonic() + load.measure_s
        done = [gevent.spawn(self._restless, load.seed + number, begin, end) for number in range(load.at_once)]
        gevent.joinall(done, raise_error=True)
        self.line.capacity_per_second = sum(one.value for one in done) / (end - begin)
        return min(load.most_per_second, max(load.least_per_second, load.share * self.line.capacity_per_second))

    def _restless(self, seed: int, begin: float, end: float) -> int:
        counted = 0
        for request_class in classes(seed):
            counted += time.monotonic() > begin
            self._arrive(request_class, time.time())
            if time.monotonic() > end:
                break
        return counted

    def _drive(self, load: Load) -> None:
        self.line.phase = "open"
        under_way = Pool()
        begin = due = time.time()
        for gap, request_class in zip(gaps(load.seed, self.line.rate_per_second), classes(load.seed), strict=False):
            due += gap
            gevent.sleep(max(0.0, due - time.time()))
            if load.stop.exists() or due > begin + load.limit_s:
                break
            self.line.late_ms = max(self.line.late_ms, (time.time() - due) * 1000)
            under_way.spawn(self._arrive, request_class, due)
        self.line.phase = "ending"
        under_way.join(timeout=END_S)

    def _arrive(self, request_class: str, due: float) -> None:
        follow = self._ask(request_class, due, lambda: self.crowd.act(request_class))
        if callable(follow):
            self._ask(f"{request_class}-seen", time.time(), follow)

    def _ask(self, request_class: str, due: float, send: Follow) -> object:
        problem: Exception | None = None
        answer = None
        try:
            answer = send()
        except Unseen as failed:
            problem = failed
        except Exception as fault:  # noqa: BLE001 - recorded, and the verdict is "invalid"
            Run.recorder.error(fault)
            return None
        Run.recorder.arrival(request_class, due, (time.time() - due) * 1000, problem)
        return answer

    def _read_back(self) -> None:
        self.line.phase = "reading back"
        self.line.writes = self.crowd.ledger.audit(everything(self.crowd), stale(self.crowd, STALE_S))
        self.line.phase = "done"
