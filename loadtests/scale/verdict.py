"""Whether the plan's peak is reached, with how many, and from where on more gains nothing. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from loadtests.capacity.measured import Extent
from loadtests.scale.measured import By, Gain, Scale, Step
from loadtests.scale.usl import Fitted, samples
from loadtests.verdict import Verdict

LEAST_GAIN = 0.05
FARTHEST = 4
"""Times the highest step: so far the curve is asked, and no farther."""
BUSY = 0.85
IDLE = 0.6
PROCESSORS = "processors"
NAMES: dict[By, tuple[str, str]] = {"cores": ("core", "cores"), "replicas": ("replica", "replicas")}


def counted(number: int, by: By) -> str:
    """Return ``1 core``, ``3 replicas``."""
    one, many = NAMES[by]
    return f"{number} {one if number == 1 else many}"


def gains(capacities: Mapping[int, Extent]) -> dict[int, Gain]:
    """Return what each step gains by the next one: ``gains`` where that is more than 5 % beyond what chance explains."""
    draws, found = samples(capacities), {}
    for here, there in pairwise(sorted(draws)):
        value = capacities[there].value / capacities[here].value - 1
        low, high = (float(end) for end in np.quantile(draws[there] / draws[here] - 1, (0.025, 0.975)))
        low, high = min(low, value), max(high, value)
        found[here] = Gain(to=there, value=round(value, 4), low=round(low, 4), high=round(high, 4), gains=low >= LEAST_GAIN)
    return found


def stops(found: Mapping[int, Gain]) -> int | None:
    """Return the first step from which the next gains no 5 % beyond chance; None: every step gained, or none followed."""
    return next((number for number, gain in sorted(found.items()) if not gain.gains), None)


def by_fit(fitted: Fitted, highest: int, people: int) -> int | None:
    """Return the smallest number of which the curve surely says that it carries ``people``; None: none up to four times the ``highest`` step."""
    return next((number for number in range(1, FARTHEST * highest + 1) if fitted.at(number).low >= people), None)


@dataclass(frozen=True)
class Bend:
    """The two steps between which nothing is gained any more."""

    here: Step
    there: Step
    by: By
    cores: int
    hosts: bool = False

    def because(self) -> str:
        """Return why, in words: what gave first in both, whether the cores were busy, whether the generator took of them."""
        here, there = self.here, self.there
        then = "" if here.binding == there.binding else f" (with {counted(there.number, self.by)}: {there.binding})"
        first = f"{here.binding} gives first{then}"
        return "; ".join([first, *self._busy(), *self._shared()])

    def _busy(self) -> Iterator[str]:
        """Yield whether the processors were what all waited for."""
        busy = self.there.busy
        if busy is None:
            return
        full = self.there.binding == PROCESSORS or busy >= BUSY
        if self.hosts:
            yield f"{busy:.0%} of the {counted(self.cores, 'cores')} of all hosts worked with {self.there.number}, front doors and the database among them"
        elif self.by == "replicas" and full:
            yield f"the machine's {counted(self.cores, 'cores')} are busy ({busy:.0%} with {self.there.number}): replicas share them and bring none"
        elif full:
            yield f"all {counted(self.there.number, 'cores')} are busy ({busy:.0%})"
        elif busy < IDLE:
            yield f"the cores are not what is missing: {busy:.0%} of them worked"

    def _shared(self) -> Iterator[str]:
        """Yield that the generator takes of the cores what the platform would have gained."""
        if self.there.apart:
            return
        if self.here.apart:
            yield f"with {self.there.number} the load generator shares the platform's cores: on another machine the platform would have them alone"
        elif self.by == "replicas":
            yield "the load generator shares the machine's cores"


def verdict(steps: Sequence[Step], reached: int | None, by: By, ended: str) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and its reasons.

    Passed where a measured step surely reaches the plan's peak, failed where none does, invalid where nothing is known or you ``ended`` it ('' where not).
    """
    fit = [one for one in steps if not one.faults and one.share is not None]
    faults = tuple(f"{counted(one.number, by)}: {fault}" for one in steps for fault in one.faults)
    if ended or not fit:
        return "invalid", (*((ended,) if ended else ()), *faults) or ("no step tells a capacity",)
    if reached is not None:
        return "passed", ()
    best = max(fit, key=lambda one: one.share.low if one.share else 0.0)
    return "failed", (f"the plan's peak is not surely reached: {_best(best, by)}", *faults)


def _best(step: Step, by: By) -> str:
    share = step.share or Extent(value=0.0, low=0.0, high=0.0)
    return f"with {counted(step.number, by)} the platform carries {share.value:.0%} of it ({share.low:.0%} to {share.high:.0%}), then {step.binding} gives"


def reached(found: Scale) -> str:
    """Return whether the plan's peak is reached and with how many, in words."""
    peak = f"the plan's peak of {found.people:,} people"
    by_fit = found.reached_by_fit
    if found.reached_with is not None:
        step = next(one for one in found.steps if one.number == found.reached_with)
        people = step.people or Extent(value=0.0, low=0.0, high=0.0)
        carries = f"it carries {people.value:,.0f} people ({people.low:,.0f} to {people.high:,.0f} with 95 % confidence)"
        fewer = f"; by the curve {counted(by_fit, found.by)} may do" if by_fit is not None and by_fit < found.reached_with else ""
        return f"yes, {peak} is reached with {counted(found.reached_with, found.by)}: {carries}{fewer}"
    counts = [one.number for one in found.steps if not one.faults]
    if not counts:
        return f"it is not known whether {peak} is reached"
    no = f"no, {peak} is not surely reached with up to {counted(max(counts), found.by)}"
    if found.fit is None:
        return no
    far = counted(FARTHEST * max(counts), found.by)
    beyond = f"{counted(by_fit, found.by)} would reach it (extrapolated)" if by_fit is not None else f"no number up to {far} surely would"
    return f"{no}; by the curve {beyond}"


def stopped(found: Scale) -> str:
    """Return where it stops gaining and why, in words; '' where fewer than two steps tell."""
    if found.stops_at is not None:
        return f"stops gaining at {counted(found.stops_at, found.by)}, because {found.because}"
    counts = [one.number for one in found.steps if not one.faults]
    return f"gains up to {counted(max(counts), found.by)}, the most that were tried" if len(counts) > 1 else ""
