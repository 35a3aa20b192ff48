"""A discrete-event simulation of the desk: jobs share processors, PHP jobs hold a place of a finite pool."""

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass

NO_POOL = -1


@dataclass(frozen=True)
class Kind:
    """Arrivals per second, CPU seconds with their relative spread, seconds without CPU, and the pool that is held."""

    rate: float
    work_s: float
    spread: float
    delay_s: float
    pool: int


@dataclass
class Job:
    arrived: float
    kind: int
    work: float


class Desk:
    """One machine under ``kinds``; ``pools`` are the sizes of its pools."""

    def __init__(self, cores: int, kinds: list[Kind], pools: list[int], seed: int) -> None:
        self.cores, self.kinds, self.free = cores, kinds, list(pools)
        self.dice = random.Random(seed)  # noqa: S311 - a simulation
        self.now = 0.0
        self.running: list[Job] = []
        self.away: list[tuple[float, int, Job]] = []
        self.queues: list[deque[Job]] = [deque() for _ in pools]
        self.coming = [(self.dice.expovariate(kind.rate), at) for at, kind in enumerate(kinds)]
        heapq.heapify(self.coming)
        self.done: list[tuple[int, float]] = []

    def run(self, jobs: int) -> list[list[float]]:
        """Return the responses (s) by kind of ``jobs`` jobs; the first tenth is left out."""
        while len(self.done) < jobs:
            self._step()
        counted = self.done[jobs // 10 :]
        return [[response for kind, response in counted if kind == wanted] for wanted in range(len(self.kinds))]

    def _step(self) -> None:
        speed = min(1.0, self.cores / len(self.running)) if self.running else 0.0
        first = min(self.running, key=lambda job: job.work, default=None)
        at_end = self.now + first.work / speed if first else math.inf
        at_back = self.away[0][0] if self.away else math.inf
        moment = min(at_end, at_back, self.coming[0][0])
        for job in self.running:
            job.work -= (moment - self.now) * speed
        self.now = moment
        if first and moment == at_end:
            self._worked(first)
        elif moment == at_back:
            self._leave(heapq.heappop(self.away)[2])
        else:
            self._arrive(heapq.heappop(self.coming)[1])

    def _arrive(self, at: int) -> None:
        kind = self.kinds[at]
        heapq.heappush(self.coming, (self.now + self.dice.expovariate(kind.rate), at))
        job = Job(self.now, at, max(kind.work_s * 0.05, self.dice.gauss(kind.work_s, kind.work_s * kind.spread)))
        if kind.pool == NO_POOL:
            self.running.append(job)
        elif self.free[kind.pool]:
            self.free[kind.pool] -= 1
            self.running.append(job)
        else:
            self.queues[kind.pool].append(job)

    def _worked(self, job: Job) -> None:
        self.running.remove(job)
        delay = self.kinds[job.kind].delay_s
        if delay:
            heapq.heappush(self.away, (self.now + delay * self.dice.uniform(0.5, 1.5), len(self.done), job))
        else:
            self._leave(job)

    def _leave(self, job: Job) -> None:
        self.done.append((job.kind, self.now - job.arrived))
        pool = self.kinds[job.kind].pool
        if pool == NO_POOL:
            return
        if self.queues[pool]:
            self.running.append(self.queues[pool].popleft())
        else:
            self.free[pool] += 1
