"""A capacity search on a simulated platform, and the truth that it looks for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from loadtests.capacity.estimate import Answer, Known, answer
from loadtests.capacity.level import Level, Span, level
from loadtests.capacity.pace import Pace
from loadtests.capacity.search import Bounds, following
from loadtests.steady.meter import Platform
from loadtests.steady.record import Record
from loadtests.steady.tape import Sample
from sizing.plan import Plan
from sizing.workload import PAGES
from tests.model.levels_des import shared
from tests.unit.loadtests.capacity.levels import service
from tests.unit.loadtests.steady import peaks

CORES, BACKGROUND = 2, 0.1
WORK_S = {
    "page_anonymous": 0.03, "page_signed_in": 0.06, "feed": 0.02, "search": 0.09, "comment": 0.08, "post": 0.15, "media_view": 0.002,
    "upload": 0.6, "sign_in": 0.12, "wiki_view": 0.08, "wiki_edit": 0.2, "asset": 0.001,
}  # fmt: skip
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """A machine of two cores, ``slow`` times as slow as another, whose requests vary (coefficient ``variation``); ``own`` is what the generator takes."""

    target_ms: float = 60_000.0
    slow: float = 1.0
    variation: float = 0.8
    own: float = 0.15

    @property
    def plan(self) -> Plan:
        """A plan whose demands are not quite these."""
        found = peaks.plan()
        return found.model_copy(update={"targets": found.targets.model_copy(update={"page_p95_ms": self.target_ms})})

    def arrivals(self, share: float, seconds: float, draw: np.random.Generator) -> tuple[Floats, NDArray[np.str_], Floats]:
        """Return times, classes and work (s) of what comes in ``seconds``."""
        names = list(peaks.BY_CLASS)
        rates = np.array([peaks.BY_CLASS[name] for name in names]) * share
        at = np.sort(draw.uniform(0.0, seconds, draw.poisson(rates.sum() * seconds)))
        kinds = draw.choice(len(names), len(at), p=rates / rates.sum())
        sigma = np.sqrt(np.log(1 + self.variation**2))
        mean = np.array([WORK_S[name] * self.slow for name in names])[kinds]
        return at, np.array(names)[kinds], mean * np.exp(draw.normal(-(sigma**2) / 2, sigma, len(at)))

    def used(self, share: float) -> float:
        """Return the share of the cores that the platform uses (utilisation law)."""
        return (share * sum(rate * WORK_S[name] for name, rate in peaks.BY_CLASS.items()) * self.slow + BACKGROUND) / CORES

    def truth(self) -> tuple[float, str]:
        """Return the capacity (share of the peak), from the law and from long runs, and what gives first."""
        processors = float(brentq(lambda share: self.used(share) - 0.7, 0.01, 50))
        late = self.late(processors)
        worst = max(late, key=lambda name: late[name])
        if late[worst] <= self.target_ms:
            return processors, "processors"
        return float(brentq(lambda share: np.log(self.late(share)[worst] / self.target_ms), processors / 8, processors, xtol=1e-2)), f"p95 of {worst}"

    def late(self, share: float) -> dict[str, float]:
        """Return the p95 (ms) of the pages that have a target, in a run of eleven hours; its dice are the same for every share."""
        at, kinds, work = self.arrivals(share, 40_000.0, np.random.default_rng(99))
        response, _ = shared(CORES, at, work, 1)
        pages = {"all pages": np.isin(kinds, PAGES)} | {name: kinds == name for name in ("page_anonymous", "page_signed_in", "wiki_view")}
        return {name: float(np.quantile(response[chosen], 0.95)) * 1000 for name, chosen in pages.items()}


@dataclass
class Run:
    """One search."""

    simulated: Simulated
    seed: int
    first: float
    limit_s: float = 780.0
    levels: list[Level] = field(default_factory=list)
    now: float = peaks.BEGIN
    why: str = ""

    def known(self) -> Known:
        """What the search knows beforehand."""
        return Known(self.simulated.target_ms, 0.7, 0.001, CORES, BACKGROUND / CORES)

    def search(self) -> Answer | None:
        """Search to the end; return the answer."""
        pace = Pace.of(self.limit_s)
        for number, draw in enumerate(self._dice(), 1):
            found = answer(self.levels, self.known())
            next_one = following(self.levels, found, self.known(), Bounds(self.first))
            self.why = next_one.why or "time"
            seconds = pace.next_s(self.now - peaks.BEGIN)
            if not next_one.share or not seconds:
                return found
            self._drive(next_one.share, seconds, number, draw, pace.warm_s)
        return None

    def _dice(self) -> Iterator[np.random.Generator]:
        yield from (np.random.default_rng((self.seed, number)) for number in range(1000))

    def _drive(self, share: float, seconds: float, number: int, draw: np.random.Generator, warm_s: float) -> None:
        at, kinds, work = self.simulated.arrivals(share, seconds, draw)
        response, busy = shared(CORES, at, work, int(seconds) + 1)
        samples = [Sample(self.now + due, str(kind), late * 1000, "") for due, kind, late in zip(at, kinds, response, strict=True)]
        cores = tuple(float(one) + BACKGROUND for one in busy)
        ends = tuple(self.now + second + 1 for second in range(len(busy)))
        host = tuple(min(1.0, one / CORES + self.simulated.own * share / 5) for one in cores)
        platform = Platform(cores=CORES, at=ends, host_cpu=host, services=(service("blogs", cores),))
        span = Span(number, share, self.now, self.now + warm_s, self.now + seconds)
        self.levels.append(level(self.simulated.plan, Record(samples=samples), platform, span))
        self.now += seconds + 1
