"""The plan's own model, asked at another load: from the brief and the calibration that the plan was made from. Pure."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from loadtests.accuracy.stations import Moves
from runtime.errors import PlanError
from sizing.brief import Brief
from sizing.calibration import Calibration
from sizing.capacity import State, Use
from sizing.demands import AT, CLASSES
from sizing.evidence import Array, Values
from sizing.network import Layout, Network
from sizing.plan import Plan
from sizing.question import Question
from sizing.size import digest
from sizing.workload import PAGES

P95: Final = 0.95
NEAR: Final = 0.01
"""Of the plan's own p95: a model that says something else at the plan's peak is not the one that made it."""
LONGEST_MS: Final = 600_000.0
SMALLEST_SHARE, LARGEST_SHARE, HALVINGS = 1e-3, 1e6, 30
AGAIN: Final = "size again with the brief as it is"


@dataclass(frozen=True)
class Source:
    """What a plan was made from, as far as it is still there."""

    brief: Brief
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Beside:
    """Cores that others use on the machine: ``by_share`` at the plan's peak and in proportion to it (a generator), and ``always``."""

    by_share: float = 0.0
    always: float = 0.0

    def at(self, share: float) -> float:
        """Return the cores at a share of the peak."""
        return self.by_share * share + self.always


NOBODY: Final = Beside()
WAITING: Final = frozenset({"rejected", "page_p95"})
"""Targets of who waits."""


@dataclass(frozen=True)
class Most:
    """The largest share of the peak, and what is missed first beyond it, in words."""

    share: float
    first_to_give: str


@dataclass(frozen=True)
class Answered:
    """What the model says at one load."""

    moves: Moves
    p95_ms: dict[str, float]


@dataclass(frozen=True)
class Deployed(Network):
    """The network with the PHP processes that the plan sets, whatever the model would choose."""

    processes: tuple[int, int] = (1, 1)

    @property
    def places(self) -> Array:
        """PHP processes (S, 2) of the blogs and of the wiki."""
        return np.repeat(np.array([self.processes], dtype=float), self.values.scenarios, axis=0)


@dataclass(frozen=True)
class Model:
    """The model of one plan, every number at its median, with the limits of the plan and the content that it counts on at the start: a test lasts no months."""

    plan: Plan
    state: State

    def kept_to(self, plan: Plan) -> "Model":
        """Return the same model with the cores and the limits of ``plan``; memory is divided as it was, which is how it was deployed."""
        layout = replace(self.state.layout, host=replace(self.state.layout.host, cores=plan.servers[0].cores))
        return Model(plan, replace(self.state, layout=layout, network=replace(self.state.network, layout=layout)))

    def at(self, rates: dict[str, float], beside_cores: float = 0.0) -> Answered:
        """Return what it says under ``rates`` (requests a second by class) where others use ``beside_cores`` of the machine."""
        network = self._network(rates, beside_cores)
        found = network.quantile(P95)[0] * 1000
        pages = {kind: float(found[AT[kind]]) for kind in PAGES if rates.get(kind, 0.0) > 0}
        missing = 1 - float(network.hits.objects[0])
        more = 1 + missing * (float(network.values["object_miss_factor"][0]) - 1)
        return Answered(
            Moves(float(network.hits.pages[0]), more * float(network.crowding[0])), {kind: value for kind, value in pages.items() if value < LONGEST_MS}
        )

    def most(self, beside: Beside = NOBODY) -> Most:
        """Return the largest share of the plan's peak that meets every target, the content being what is there at the start."""
        low, high = SMALLEST_SHARE, LARGEST_SHARE
        for _ in range(HALVINGS):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if self._tightest(middle, beside).ratio[0] <= 1 else (low, middle)
        return Most(low, self._tightest(low, beside).words)

    def _tightest(self, share: float, beside: Beside) -> Use:
        """Return what is nearest to its limit at a share of the peak. Others make pages wait and do not count as the platform's own use."""
        rates = {kind: rate * share for kind, rate in self.plan.peak.by_class.items()}
        own = replace(self.state, network=self._network(rates, 0.0))
        cores = beside.at(share)
        shared = replace(self.state, network=self._network(rates, cores)) if cores else own
        uses = [use for use in own.uses if use.resource not in WAITING] + [use for use in shared.uses if use.resource in WAITING]
        return max(uses, key=lambda use: float(use.ratio[0]))

    def _network(self, rates: dict[str, float], beside_cores: float) -> Deployed:
        state, limits = self.state, self.plan.limits
        inner = state.network
        beside = inner.values["background_cores"] + beside_cores * inner.speed
        life = np.full(inner.values.scenarios, float(limits.pagecache.life_s))
        return Deployed(
            layout=inner.layout,
            rates=np.array([[max(0.0, rates.get(kind, 0.0)) for kind in CLASSES]]),
            values=Values({**inner.values.arrays, "background_cores": beside, "page_cache_life": life}, inner.values.scenarios),
            demands=inner.demands,
            content=state.case.content(0),
            memory=inner.memory,
            processes=(limits.blogs.fpm_children * limits.blogs.replicas, limits.wiki.fpm_children * limits.wiki.replicas),
        )


def model(plan: Plan, source: Source) -> Model:
    """Return the model that made ``plan``; raises PlanError where ``source`` is not what it was made from, or the model has changed since."""
    _unchanged(plan, source)
    people = None if plan.people == source.brief.people else plan.people
    seen = plan.inputs.measured or plan.inputs.observed
    question = Question(source.brief, plan.inputs.path, people, calibration=source.calibration, calibration_path=seen.path if seen else "")
    case = question.case(1, source.brief.targets.horizon_months).only(np.arange(1))
    peak = np.array([plan.peak.by_class.get(kind, 0.0) for kind in CLASSES])
    moment = min(case.workload.moments, key=lambda one: float(np.sum(np.abs(one.rates[0] - peak))))
    state = case.state(_layout(plan, question), moment)
    _same(plan, state)
    return Model(plan, state)


def _layout(plan: Plan, question: Question) -> Layout:
    server = plan.servers[0]
    if not server.shape:
        return Layout(1, question.desk)
    host = next((host for host in question.hosts if host.name == server.shape and host.cores == server.cores), None)
    if host is None:
        raise PlanError(f"no {server.shape} in the catalogue", hint=AGAIN)
    return Layout(1, replace(host), place=server.role)


def _unchanged(plan: Plan, source: Source) -> None:
    if digest(source.brief) != plan.inputs.digest:
        raise PlanError("the brief has changed since", hint=AGAIN)
    told = {one.digest for one in (plan.inputs.measured, plan.inputs.observed) if one is not None}
    held = {source.calibration.digest} if source.calibration else set()
    if told != held:
        raise PlanError("the calibration has changed since", hint=AGAIN)


def _same(plan: Plan, state: State) -> None:
    """Refuse a model that says something else of the plan's own peak than the plan does."""
    said = state.milliseconds(P95)
    for kind in PAGES:
        told = plan.response_p95_ms.get(kind)
        if told is not None and abs(said.get(kind, 0.0) - told) > NEAR * told:
            raise PlanError(f"the model has changed since: of {kind} it says {said.get(kind, 0.0):.3g} ms, the plan {told:.3g} ms", hint=AGAIN)
