"""A calibration on a simulated platform whose demands are known: cores shared by all, works that vary, services that idle unevenly."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loadtests.calibrate.belief import belief
from loadtests.calibrate.findings import Facts
from loadtests.calibrate.mixes import Mix, mixes
from loadtests.calibrate.regression import Belief
from loadtests.calibrate.run import DONE, WARM_MOST_S, WARM_PART
from loadtests.capacity.level import Span
from loadtests.steady.meter import Platform
from loadtests.steady.order import Order, Shown
from loadtests.steady.record import Record
from loadtests.steady.tape import Sample, Turn
from loadtests.steady.workload import of_plan
from sizing.plan import Plan
from sizing.workload import CACHED, STATIC, WIKI
from tests.model.levels_des import shared
from tests.unit.loadtests.capacity.levels import service
from tests.unit.loadtests.capacity.seen import HEALTHY
from tests.unit.loadtests.steady.peaks import BEGIN
from tests.unit.sizing.asked import planned

CORES = 2
SERVICES = ("frontdoor", "pagecache", "blogs", "wiki", "database", "mail")
IDLE = {"frontdoor": 0.004, "pagecache": 0.002, "blogs": 0.012, "wiki": 0.01, "database": 0.025, "mail": 0.003}
HITS = 0.6
OPENED = 0.7
SHOWN = (Shown(title="One", url="https://a.example/one/", weight=1.0),)
WIKI_URL = "https://wiki.example/"
Floats = NDArray[np.float64]


@dataclass
class World:
    """A platform of two cores; ``off`` times what the plan says, each demand besides by a factor of its own (log standard deviation ``own``)."""

    seed: int
    off: float = 1.2
    own: float = 0.25
    variation: float = 0.8
    seconds: float = 480.0
    plan: Plan = field(default_factory=planned)

    def __post_init__(self) -> None:
        self.draw, self.comes = np.random.default_rng(self.seed), np.random.default_rng([self.seed, 1])
        self.belief: Belief = belief(self.plan, ())
        self.truth = {name: prior.value * self.off * float(np.exp(self.draw.normal(0, self.own))) for name, prior in self.belief.demands.items()}

    def costs(self, kind: str, *, hit: bool, opens: bool) -> dict[str, float]:
        """Mean work (s) of a request by service."""
        demand = self.truth
        front = demand["demand.any.frontdoor"] * (2 if kind in CACHED and not hit else 1) + demand["demand.any.connection"] * opens
        if hit:
            return {"frontdoor": front, "pagecache": demand["demand.any.pagecache"]}
        found = {"frontdoor": front, "database": demand.get(f"demand.{kind}.database", 0.0)}
        found["wiki" if kind in WIKI else "blogs"] = demand[f"demand.{kind}.{'nginx' if kind in STATIC else 'php'}"]
        return found | ({"pagecache": demand["demand.any.pagecache"]} if kind in CACHED else {})

    def facts(self) -> Facts:
        """All that a calibration sees of it."""
        samples, spans, used, now = [], [], [], BEGIN
        levels = mixes(self.plan)
        length = self.seconds / sum(mix.part for mix in levels)
        for number, mix in enumerate(levels, 1):
            seconds = int(length * mix.part)
            told, cores = self._level(mix, now, seconds)
            samples += told
            used.append(cores)
            spans.append(Span(number, 1.0, now, now + min(WARM_MOST_S, WARM_PART * seconds), now + seconds))
            now += seconds
        whole = {name: np.concatenate([one[name] for one in used]) for name in SERVICES}
        at = tuple(BEGIN + second + 1.0 for second in range(int(now - BEGIN)))
        services = tuple(service(name, tuple(float(one) for one in whole[name])) for name in SERVICES)
        platform = Platform(cores=CORES, at=at, host_cpu=tuple(float(one) / CORES for one in np.sum(list(whole.values()), axis=0)), services=services)
        beats = [replace(HEALTHY, at=second) for second in at]
        turns = [Turn(BEGIN, "open"), Turn(now, "ending"), Turn(now, "done")]
        order = Order(workload=of_plan(self.plan, 1.0), posts=SHOWN, pages=SHOWN, limit_s=self.seconds, most_requests=10**6, stop=Path("/nowhere/stop"))
        return Facts(self.plan, order, Record(samples=samples, beats=beats, turns=turns), platform, tuple(spans), levels, WIKI_URL, DONE)

    def _level(self, mix: Mix, begin: float, seconds: int) -> tuple[list[Sample], Mapping[str, Floats]]:
        kinds = list(mix.workload.per_second)
        rates = np.array([mix.workload.per_second[kind] for kind in kinds])
        at = np.sort(self.draw.uniform(0, seconds, self.draw.poisson(rates.sum() * seconds)))
        what = [kinds[one] for one in self.draw.choice(len(kinds), len(at), p=rates / rates.sum())]
        hits = [kind in CACHED and self.draw.random() < HITS for kind in what]
        sigma = np.sqrt(np.log(1 + self.variation**2))
        luck = np.exp(self.draw.normal(-(sigma**2) / 2, sigma, len(at)))
        opened = [kind not in STATIC and self.comes.random() < OPENED for kind in what]
        costs = [
            {name: value * factor for name, value in self.costs(kind, hit=hit, opens=opens).items()}
            for kind, hit, opens, factor in zip(what, hits, opened, luck, strict=True)
        ]
        response, _ = shared(CORES, at, np.array([sum(cost.values()) for cost in costs]), seconds)
        used = {name: np.maximum(0.0, self.draw.normal(IDLE[name], IDLE[name] / 2, seconds)) for name in SERVICES}
        told = []
        for due, kind, hit, late, opens, cost in zip(at, what, hits, response, opened, costs, strict=True):
            spread(used, due, due + late, cost)
            told.append(Sample(begin + due, kind, late * 1000, "", cache="HIT" if hit else "MISS" if kind in CACHED else "", connections=int(opens)))
        return told, used


def spread(used: Mapping[str, Floats], since: float, until: float, cost: Mapping[str, float]) -> None:
    """Lay the work of a request on the seconds in which it was under way."""
    seconds = len(next(iter(used.values())))
    for second in range(int(since), min(seconds, int(until) + 1)):
        part = (min(until, second + 1) - max(since, second)) / (until - since)
        for name, value in cost.items():
            used[name][second] += value * part
