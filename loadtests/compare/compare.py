"""Two results beside each other. Pure."""

from collections.abc import Iterator

from loadtests.compare import late, levels, work
from loadtests.compare.chance import sure
from loadtests.compare.comparable import check, notes
from loadtests.compare.measured import LEAST, SURE, Comparison, Side
from loadtests.compare.pair import Pair
from loadtests.verdict import Result
from runtime.errors import PlanError

File = tuple[str, Result]


def compare(before: File, after: File, least: float = LEAST) -> Comparison:
    """Return the differences of two results, each with the name of its file; raises PlanError where they cannot be compared.

    A regression is a difference for the worse that is sure and larger than ``least``.
    """
    check(before, after)
    pairs, left_out = _pairs(before, after)
    if not pairs:
        raise PlanError("holds nothing that both have enough of", where=after[0], hint="run both longer: 59 requests of a class are the least")
    calls = sure([pair.ratio.p for pair in pairs], SURE)
    differences = tuple(pair.difference(least, sure=call) for pair, call in zip(pairs, calls, strict=True))
    return Comparison(
        scenario=before[1].scenario,
        verdict="regression" if any(one.regression for one in differences) else "no regression",
        before=_side(*before),
        after=_side(*after),
        least=least,
        differences=differences,
        left_out=tuple(left_out),
        notes=tuple(notes(before[1], after[1])),
    )


def _side(name: str, result: Result) -> Side:
    return Side(file=name, platform=result.platform, started=result.started, plan_digest=result.plan_digest, verdict=result.verdict, requests=result.requests)


def _pairs(before: File, after: File) -> tuple[list[Pair], list[str]]:
    (_, old), (_, new) = before, after
    if old.capacity and new.capacity:
        return list(levels.capacities(old.capacity, new.capacity)), []
    if old.calibrated and new.calibrated:
        return list(levels.demands(old.calibrated, new.calibrated)), []
    if old.measured and new.measured:
        failed = work.errors(old, new)
        errors = [failed] if failed else []
        times = late.read(old, before[0]), late.read(new, after[0])
        slow = late.pairs(*times, (late.pages(old.measured, times[0]), late.pages(new.measured, times[1])))
        worked = list(work.pairs(old.measured, new.measured))
        return [*slow, *errors, *worked], list(_left_out(old, new, slow, worked))
    return [], []


def _left_out(old: Result, new: Result, slow: list[Pair], worked: list[Pair]) -> Iterator[str]:
    there = {pair.what.partition(" of ")[2] for pair in slow}
    rare = sorted({part.name for result in (old, new) for part in result.classes} - there)
    if rare:
        yield f"too few requests: {', '.join(rare)}"
    if not worked:
        yield f"processor time: fewer than {work.LEAST_STEPS} steps were measured"
