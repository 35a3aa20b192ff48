"""A discrete-event simulation of the desk: jobs share processors, PHP jobs hold a place of a finite pool."""

import heapq
import random
from dataclasses import dataclass, field


@dataclass
class Job:
    arrived: float
    kind: int
    work: float
    delay: float


@dataclass
class Desk:
    """``kinds`` are (rate, work s, relative spread, delay s, pool or -1); ``pools`` their sizes."""

    cores: int
    kinds: list[tuple[float, float, float, float, int]]
    pools: list[int]
    seed: int
    responses: dict[int, list[float]] = field(default_factory=dict)

    def run(self, jobs: int) -> dict[int, list[float]]:
        """Return responses (s) by kind, the first tenth left out."""
        dice = random.Random(self.seed)
        inside: list[Job] = []
        away: list[tuple[float, int, Job]] = []
        queues: list[list[Job]] = [[] for _ in self.pools]
        held = [0] * len(self.pools)
        coming = [(dice.expovariate(kind[0]), at) for at, kind in enumerate(self.kinds)]
        heapq.heapify(coming)
        now, done, number = 0.0, 0, 0

        def finish(job: Job) -> None:
            nonlocal done
            done += 1
            if done > jobs / 10:
                self.responses.setdefault(job.kind, []).append(now - job.arrived)
            pool = self.kinds[job.kind][4]
            if pool >= 0:
                held[pool] -= 1
                if queues[pool]:
                    held[pool] += 1
                    inside.append(queues[pool].pop(0))

        while done < jobs:
            speed = min(1.0, self.cores / len(inside)) if inside else 0.0
            first = min(inside, key=lambda job: job.work) if inside else None
            at_end = now + first.work / speed if first else float("inf")
            at_back = away[0][0] if away else float("inf")
            moment = min(at_end, at_back, coming[0][0])
            for job in inside:
                job.work -= (moment - now) * speed
            now = moment
            if moment == at_end and first:
                inside.remove(first)
                if first.delay > 0:
                    number += 1
                    heapq.heappush(away, (now + first.delay * dice.uniform(0.5, 1.5), number, first))
                else:
                    finish(first)
            elif moment == at_back:
                finish(heapq.heappop(away)[2])
            else:
                _, kind = heapq.heappop(coming)
                rate, work, spread, delay, pool = self.kinds[kind]
                heapq.heappush(coming, (now + dice.expovariate(rate), kind))
                job = Job(now, kind, max(work * 0.05, dice.gauss(work, work * spread)), delay)
                if pool >= 0 and held[pool] >= self.pools[pool]:
                    queues[pool].append(job)
                else:
                    if pool >= 0:
                        held[pool] += 1
                    inside.append(job)
        return self.responses
