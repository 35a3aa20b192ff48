"""The answer in a sentence, and the few numbers that are looked for first."""

from loadtests.capacity.measured import Capacity
from loadtests.report.words import amount, between, lasted, off, times, told
from loadtests.scale.measured import Scale
from loadtests.scale.verdict import counted as so_many
from loadtests.scale.verdict import reached, stopped
from loadtests.steady.measured import Judgement
from loadtests.verdict import Result
from sizing.report.answer import Card
from sizing.report.words import counted, rounded

WORDS = {"passed": "Passed", "failed": "Failed", "invalid": "Invalid: the test proved nothing"}
SHOWN = ("p95 of all pages", "errors", "processors")


def sentence(result: Result) -> str:
    """Return the answer."""
    if result.scale:
        said = (reached(result.scale), stopped(result.scale))
        return f"{WORDS[result.verdict]}. {' '.join(told(f'{one[:1].upper()}{one[1:]}.') for one in said if one)}"
    if result.capacity:
        return f"{WORDS[result.verdict]}. {_carried(result.capacity)}"
    if result.calibrated and result.calibrated.mix:
        mix = result.calibrated.mix
        cost = f"A request of the plan's mix takes {amount(mix.value, 'ms')} of a core ({between(mix.low, mix.high, 'ms')} with 95 % confidence)"
        return f"{WORDS[result.verdict]}. {cost}; the plan says {amount(mix.planned, 'ms')}."
    return f"{WORDS[result.verdict]}. {_targets(result.measured.judgements if result.measured else ())}"


def _carried(found: Capacity) -> str:
    if found.people is None or found.share is None:
        return "The capacity is not known."
    people = f"The platform carries {amount(found.people.value, 'people')} ({between(found.people.low, found.people.high, 'people')} with 95 % confidence)"
    return f"{people}, {times(found.share.value)} {'of ' if found.share.value < 1 else ''}the plan's peak; {told(found.binding)} gives first."


def _targets(judgements: tuple[Judgement, ...]) -> str:
    if not judgements:
        return "No target was measured."
    count = {answer: sum(one.answer == answer for one in judgements) for answer in ("met", "missed", "undecided")}
    others = [f"{count[answer]} {answer}" for answer in ("missed", "undecided") if count[answer]]
    if not others:
        return f"All {len(judgements)} targets are met."
    return f"Of {len(judgements)} targets {count['met']} are met, {' and '.join(others)}."


def cards(result: Result) -> tuple[Card, ...]:
    """Return the key numbers."""
    load = Card("Requests", counted(result.requests), f"{counted(result.failures)} failed, in {lasted(result.duration_s)}")
    mix = result.calibrated.mix if result.calibrated else None
    cost = (Card("A request of the plan's mix", amount(mix.value, "ms"), f"the plan says {amount(mix.planned, 'ms')}"),) if mix else ()
    if result.scale:
        return (*_scaled(result.scale), load)
    return (*(_capacity(result.capacity) if result.capacity else _judged(result)), *cost, load)


def _capacity(found: Capacity) -> tuple[Card, ...]:
    if found.people is None or found.share is None or found.requests_per_second is None:
        return ()
    predicted = Card("Predicted by the plan", counted(found.predicted.people), f"{off(found.predicted.error)} of what was measured")
    return (
        Card("People carried", counted(found.people.value), between(found.people.low, found.people.high, "people")),
        Card("Of the plan's peak", times(found.share.value), f"{times(found.share.low)} to {times(found.share.high)}"),
        Card("Requests a second", rounded(found.requests_per_second.value), f"{told(found.binding)} gives first"),
        predicted,
    )


def _scaled(found: Scale) -> tuple[Card, ...]:
    return tuple(
        Card(f"With {so_many(one.number, found.by)}", counted(one.people.value), between(one.people.low, one.people.high, "people"))
        for one in found.steps
        if one.people is not None
    )


def _judged(result: Result) -> tuple[Card, ...]:
    there = {one.target: one for one in result.measured.judgements} if result.measured else {}
    return tuple(
        Card(told(one.target), amount(one.value, one.unit), f"at most {amount(one.limit, one.unit)}: {one.answer}")
        for name in SHOWN
        if (one := there.get(name))
    )
