"""``plan test scale``: confine, search, go on; and whatever happens bring back what was."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from loadtests import spaces, surroundings
from loadtests.capacity import run as search
from loadtests.capacity.findings import Ground
from loadtests.capacity.levels import Asked as Limits
from loadtests.capacity.levels import check
from loadtests.deployment import Deployment
from loadtests.perform import Outcome, Say, in_spaces
from loadtests.scale import confine, cores, engine
from loadtests.scale.findings import Facts, Searched, outcome
from loadtests.scale.measured import By
from loadtests.scale.predicted import factor, learnt, served
from loadtests.scale.verdict import counted
from loadtests.scenarios.registry import SCALE
from loadtests.steady.watch import INTERRUPTED, PREPARE_S
from loadtests.verdict import Result
from runtime.errors import PlanError

LEAST_S = 30.0
"""Of arrivals: fewer seconds hold no three levels."""
AROUND_S = 45.0
"""Confining, signing in and waiting, until a step has shown how long that takes here."""
REMOVE_S = 15.0
STEPS = 3
MOST_STEPS, MOST_DIGITS = 16, 4
KIB = 1024
MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True)
class Asked:
    """How many of what, in their order, and the hard limits of all together."""

    by: By
    steps: tuple[int, ...]
    limit_s: float
    most_requests: int


def asked(by: str, steps: str, limit_s: float, most_requests: int) -> Asked:
    """Return what was written; raises PlanError where it makes no sense. No ``steps``: the usual ones, of which ``ready`` decides."""
    if by not in get_args(By):
        raise PlanError(f"{by!r} is none of {', '.join(get_args(By))}", where="--by", hint="on one machine: cores; on a cluster: replicas")
    words = [word.strip() for word in steps.split(",")] if steps else []
    numbers = tuple(int(word) for word in words if word.isascii() and word.isdecimal() and len(word) <= MOST_DIGITS)
    if len(numbers) < len(words) or 0 in numbers or list(numbers) != sorted(set(numbers)) or len(numbers) > MOST_STEPS:
        raise PlanError(f"{steps!r} are no steps", where="--steps", hint=f"write at most {MOST_STEPS} whole numbers from few to many, as in 1,2,3")
    return Asked("cores" if by == "cores" else "replicas", numbers, limit_s, most_requests)


def ready(deployment: Deployment, wanted: Asked) -> Asked:
    """Return what was asked with its steps; raises PlanError where the deployment has not as many, or the time is too short for them."""
    pages = surroundings.of(deployment).pages
    if pages and wanted.by == "cores":
        raise PlanError("hosts of a cluster have the cores that they have", where="--by", hint="--by replicas: pages served on 1, 2, 3… of its hosts")
    there = _there(deployment, wanted.by)
    steps = wanted.steps or default_steps(wanted.by, there)
    highest = max(steps)
    if highest > there:
        who = "the platform may use" if wanted.by == "cores" else "the cluster has hosts for" if pages else "the front door of this plan knows"
        raise PlanError(f"{counted(highest, wanted.by)}: {who} {there}", where="--steps", hint=f"name numbers up to {there}")
    if wanted.by == "replicas" and not pages:
        _refuse_full(deployment, highest)
    needed = len(steps) * (LEAST_S + AROUND_S) + REMOVE_S
    if wanted.limit_s < needed:
        raise PlanError(f"{len(steps)} steps need {needed / 60:.1f} minutes at least", where="--minutes", hint="give more minutes, or fewer --steps")
    return replace(wanted, steps=steps)


def scale(deployment: Deployment, wanted: Asked, say: Say) -> Result:
    """Search the capacity at each step and return the result; the deployment is as it was afterwards.

    Raises PlanError where the target is foreign, another test runs, or the plan does not tell its peak.
    """
    end = time.monotonic() + wanted.limit_s - REMOVE_S
    check(deployment)
    with_time = replace(SCALE, limit_s=int(wanted.limit_s + PREPARE_S))
    return in_spaces(deployment, with_time, say, lambda made: _Run(deployment, wanted, say, made, end).outcome())


def _there(deployment: Deployment, by: By) -> int:
    """Return how many cores the platform may use, or how many replicas its front doors have places for (a cluster: hosts).

    Raises PlanError where nothing runs.
    """
    found, pages = engine.containers(deployment), surroundings.of(deployment).pages
    if not found:
        raise PlanError("no container runs", where=deployment.plan.platform.name, hint="see 'plan status', then run 'plan deploy'")
    if by == "cores":
        return len(confine.whole(found))
    places = min(one.places for one in engine.servers(deployment, found).values())
    return min(places, len(pages.nodes)) if pages else places


def _refuse_full(deployment: Deployment, highest: int) -> None:
    limits, now = deployment.plan.limits, engine.replicas(deployment, confine.services(deployment))
    each = {f"{deployment.plan.platform.name}-{role}": part.memory_mib for role, part in (("blogs", limits.blogs), ("wiki", limits.wiki))}
    needed, free = sum(max(0, highest - now[name]) * memory for name, memory in each.items()), _available_mib()
    if needed > free:
        raise PlanError(f"{highest} replicas may take {needed:,} MiB more, {free:,} are free", where="--steps", hint="name fewer")


def _available_mib() -> int:
    """Return the memory that could be had (proc(5))."""
    lines = MEMORY.read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) // KIB for line in lines if line.startswith("MemAvailable:")), 0)


def default_steps(by: By, there: int) -> tuple[int, ...]:
    """Return the steps where none are named, three at most: of replicas 1, 2, 3; of cores all, the half of that, and its half."""
    if by == "replicas" or there <= STEPS:
        return tuple(range(1, min(STEPS, there) + 1))
    return tuple(sorted({there, there // 2, there // 4} - {0}))


@dataclass
class _Run:
    """All steps, within test spaces that are there."""

    deployment: Deployment
    asked: Asked
    say: Say
    made: spaces.Spaces
    end: float
    searched: list[Searched] = field(default_factory=list)
    around_s: float = AROUND_S
    learnt: float = 1.0
    ended: str = ""
    notes: list[str] = field(default_factory=list)

    def outcome(self) -> Outcome:
        """Go through the steps, bring back what was, and return what they come to."""
        left: tuple[str, ...] = ()
        hosts = engine.processors(self.deployment) if surroundings.of(self.deployment).pages else 0
        journal = confine.begin(self.deployment)
        try:
            for number in self.asked.steps:
                if self.ended:
                    break
                journal = self._step(number, journal)
        except KeyboardInterrupt:
            self.ended = INTERRUPTED
        finally:
            left = confine.put_back(self.deployment)  # before anything is said: nobody may be there any more to hear it
        found = outcome(
            Facts(self.deployment.plan, self.asked.by, hosts or len(journal.whole), tuple(self.searched), self.ended, tuple(self.notes), bool(hosts))
        )
        return replace(found, verdict="failed", reasons=(*found.reasons, *left)) if left else found

    def _step(self, number: int, journal: confine.Journal) -> confine.Journal:
        """Confine, search and look whether it was confined; return the journal with all that it knows by now."""
        limits, begun = self._left(), time.monotonic()
        if limits.limit_s < LEAST_S or limits.most_requests <= 0:
            self.notes.append(f"no {'time' if limits.most_requests > 0 else 'request'} was left for {counted(number, self.asked.by)}")
            return journal
        pages = surroundings.of(self.deployment).pages
        times = factor(self.deployment.plan, self.asked.by, number, len(pages.nodes) if pages else 0)
        said, begins = served(self.deployment.plan, times), served(self.deployment.plan, times * self.learnt)
        self.say(f"{counted(number, self.asked.by)} for {limits.limit_s:.0f} s; by what is known so far about {begins.people:,} people")
        found, faults, mine, apart = None, tuple[str, ...](), tuple[int, ...](), set[int]()
        try:
            mine, journal = self._confined(number, journal)
            apart = os.sched_getaffinity(0) - set(mine or journal.whole) if journal.whole else set()
            ids = confine.ids(self.deployment)
            with cores.keeping_to(apart):
                found = search.search(self.deployment, self.made, limits, self.say, Ground(mine, bool(apart) or self._elsewhere, said, begins))
            faults = confine.held(self.deployment, ids, mine)
        except PlanError as problem:
            faults = (str(problem),)
        self._keep(Searched(number, mine, bool(apart) or self._elsewhere, said.people, faults, found), begun)
        return journal

    @property
    def _elsewhere(self) -> bool:
        """Whether all who drive do so on machines that serve nothing."""
        around = surroundings.of(self.deployment)
        return bool(around.pages) and not {hand.name for hand in around.crew} & {place.name for place in around.places}

    def _left(self) -> Limits:
        """Return what the next step may take of the time (it ends at ``end``, monotonic) and of the requests."""
        seconds = (self.end - time.monotonic()) / (len(self.asked.steps) - len(self.searched)) - self.around_s
        return Limits(seconds, self.asked.most_requests - sum(one.outcome.requests for one in self.searched if one.outcome))

    def _confined(self, number: int, journal: confine.Journal) -> tuple[tuple[int, ...], confine.Journal]:
        if self.asked.by == "cores":
            return confine.to_cores(self.deployment, journal, number)
        return (), confine.to_replicas(self.deployment, journal, number)

    def _keep(self, one: Searched, begun: float) -> None:
        """Take a step down, and learn from it how far off the plan is and how long the rest takes."""
        self.searched.append(one)
        found = one.outcome
        if found is None:
            return
        self.around_s = max(5.0, time.monotonic() - begun - found.duration_s)
        if INTERRUPTED in found.reasons:
            self.ended = INTERRUPTED
        if not one.faults and found.capacity is not None and found.capacity.people is not None:
            self.learnt = learnt(found.capacity.people.value, one.predicted)


def told(deployment: Deployment, wanted: Asked) -> Iterator[str]:
    """Yield what the test will do to the platform, before it is asked for."""
    steps, pages = ", ".join(counted(number, wanted.by) for number in wanted.steps), surroundings.of(deployment).pages
    minutes = f"{wanted.limit_s / 60:.3g} minutes in all"
    if pages:
        fewest = ", ".join(pages.nodes[: wanted.steps[0]])
        yield f"blogs, wiki, jobs and mail run on {steps}, one after the other, for {minutes}: on {fewest} alone first, and the others serve no pages meanwhile"
    else:
        yield f"the platform gets {steps}, one after the other, for {minutes}"
    yield "real people share what is left of it; afterwards everything is as it was"
