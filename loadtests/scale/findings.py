"""From the searches to the answer. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadtests.capacity.measured import Capacity, Extent, LevelFound
from loadtests.capacity.verdict import NOT_REACHED, UNDECIDED
from loadtests.perform import Outcome
from loadtests.scale import usl
from loadtests.scale.measured import By, Fit, Point, Scale, Step
from loadtests.scale.verdict import PROCESSORS, Bend, by_fit, counted, gains, stops, verdict
from sizing.plan import Plan

DIGITS = 6
BEYOND = 2
"""Times the highest step: so far the curve is told."""
MOST_POINTS = 32
FEW = 3


@dataclass(frozen=True)
class Searched:
    """A step as it was driven; ``faults`` are why it counts for nothing, ``outcome`` is of its search (None: none was)."""

    number: int
    cores: tuple[int, ...]
    apart: bool
    predicted: int
    faults: tuple[str, ...]
    outcome: Outcome | None


@dataclass(frozen=True)
class Facts:
    """Everything that was seen: ``cores`` of the machine, and why the test ended before its last step ('' where it did not).

    ``hosts``: replicas have a host each, and the cores are those of all hosts.
    """

    plan: Plan
    by: By
    cores: int
    searched: tuple[Searched, ...]
    ended: str = ""
    notes: tuple[str, ...] = ()
    hosts: bool = False


def outcome(facts: Facts) -> Outcome:
    """Return what all steps come to."""
    whole = scale(facts)
    done = [one.outcome for one in facts.searched if one.outcome is not None]
    return Outcome(
        *verdict(whole.steps, whole.reached_with, facts.by, facts.ended),
        duration_s=round(sum(one.duration_s for one in done), 1),
        requests=sum(one.requests for one in done),
        failures=sum(one.failures for one in done),
        scale=whole if whole.steps else None,
    )


def scale(facts: Facts) -> Scale:
    """Return the answer to how capacity grows."""
    steps = [_step(one) for one in facts.searched]
    told = {one.number: one.people for one in steps if not one.faults and one.people is not None}
    brought = gains(told)
    steps = [one.model_copy(update={"gain": brought.get(one.number)}) for one in steps]
    fitted, stop = usl.fit(told), stops(brought)
    by_number = {one.number: one for one in steps}
    because = Bend(by_number[stop], by_number[brought[stop].to], facts.by, facts.cores, facts.hosts).because() if stop is not None else ""
    people = facts.plan.people
    return Scale(
        by=facts.by,
        cores=facts.cores,
        steps=tuple(steps),
        people=people,
        reached_with=min((one.number for one in steps if one.reaches), default=None),
        reached_by_fit=by_fit(fitted, max(told), people) if fitted else None,
        stops_at=stop,
        because=because,
        fit=_fit(fitted, max(told)) if fitted else None,
        notes=(*facts.notes, *_notes(facts, told, fitted), *_around(facts, steps)),
    )


def _step(one: Searched) -> Step:
    found = one.outcome.capacity if one.outcome else None
    people = found.people if found and found.people and found.people.value > 0 else None
    return Step(
        number=one.number,
        cores=one.cores,
        apart=one.apart,
        people=people,
        share=found.share if found and people else None,
        binding=found.binding if found else "",
        predicted=one.predicted,
        busy=busy(found) if found else None,
        faults=(*one.faults, *_silent(one, people)),
        reaches=not one.faults and one.outcome is not None and one.outcome.verdict == "passed",
        gain=None,
        capacity=found,
    )


def _silent(one: Searched, people: Extent | None) -> Iterator[str]:
    """Yield why a search told no capacity that counts; that it is below the plan's peak, or may be, is no fault."""
    reasons = one.outcome.reasons if one.outcome else ()
    if reasons and not reasons[0].startswith((NOT_REACHED, UNDECIDED)):
        yield "; ".join(reasons)
    elif people is None and not one.faults:
        yield "; ".join(reasons) or "it tells no capacity"


def busy(found: Capacity) -> float | None:
    """Return the share of the cores that worked at the sound level nearest to the capacity."""
    sound = [one for one in found.levels if one.verdict != "invalid" and not one.ended and one.measured_s > 0]
    if found.share is None or not sound:
        return None
    return _nearest(sound, found.share.value).host_cpu


def _nearest(levels: Sequence[LevelFound], share: float) -> LevelFound:
    return min(levels, key=lambda one: abs(one.share - share))


def _fit(fitted: usl.Fitted, highest: int) -> Fit:
    law, draws = fitted.law, fitted.draws
    most = usl.extent(law.most_at, [one.most_at for one in draws])
    return Fit(
        one=_rounded(usl.extent(law.one, [one.one for one in draws])),
        contention=_rounded(usl.extent(law.contention, [one.contention for one in draws])),
        coherence=_rounded(usl.extent(law.coherence, [one.coherence for one in draws])) if fitted.coherence_known else None,
        most=_rounded(most) if fitted.coherence_known and most.high < float("inf") else None,
        points=tuple(Point(number=number, people=_rounded(fitted.at(number))) for number in range(1, min(BEYOND * highest, MOST_POINTS) + 1)),
    )


def _rounded(found: Extent) -> Extent:
    return Extent(value=round(found.value, DIGITS), low=round(found.low, DIGITS), high=round(found.high, DIGITS))


def _notes(facts: Facts, told: dict[int, Extent], fitted: usl.Fitted | None) -> Iterator[str]:
    """Yield what to know when reading the answer."""
    if len(told) == 1:
        yield f"one step alone ({counted(min(told), facts.by)}): nothing is fitted"
    elif fitted is None and told:
        yield "no curve goes through these steps"
    elif fitted is not None and not fitted.coherence_known:
        yield "two steps tell one loss: all of it is taken as contention, kappa is not told, and the curve beyond them is the best case"
    elif len(told) == FEW:
        yield "three steps for three numbers: whether the law holds is not told, only where it goes through"


def _around(facts: Facts, steps: Sequence[Step]) -> Iterator[str]:
    """Yield what the machine, and the plan's limits, put between the steps and the answer."""
    shared = [counted(one.number, facts.by) for one in facts.searched if not one.apart]
    if shared and len(shared) < len(facts.searched):
        yield f"the load generator shared the platform's cores with {', '.join(shared)}, and had its own otherwise: what is gained there is told too low"
    elif shared:
        yield "the load generator shared the platform's cores"
    if facts.by == "replicas" and steps:
        if not facts.hosts and any(one.binding == PROCESSORS for one in steps):
            yield f"all replicas share this machine's {counted(facts.cores, 'cores')}"
        limits, highest = facts.plan.limits, max(one.number for one in steps)
        processes = highest * (limits.blogs.fpm_children + limits.wiki.fpm_children)
        if processes > limits.database.max_connections:
            yield (
                f"with {counted(highest, 'replicas')} there are {processes} PHP processes, and the plan's database takes {limits.database.max_connections}"
                " connections: a plan with so many replicas has more"
            )
