"""The verdict on a steady test."""

from collections.abc import Iterator, Sequence

from loadtests.steady.measured import Judgement
from loadtests.steady.record import Record
from loadtests.verdict import Verdict

PLACES = 3


def verdict(
    record: Record, judgements: Sequence[Judgement], starved: Sequence[str], stopped_by_fault: str, meanwhile: Sequence[str] = ()
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and its reasons.

    Whatever the figures say, a test that could not do its own work is invalid. A target that is surely missed makes it
    failed; one of which the run does not say surely on which side it lies makes it invalid; only where every one is met
    is it passed. Beside what was missed stands what was telling ``meanwhile`` inside the platform.
    """
    missed, undecided = ([one for one in judgements if one.answer == answer] for answer in ("missed", "undecided"))
    if record.refused:
        return "failed", (f"people cannot do what they come for: {record.refused}",)
    faults = tuple(_faults(record, starved, stopped_by_fault))
    if faults:
        return "invalid", (*faults, *(words(one) for one in missed))
    if missed:
        return "failed", (*(words(one) for one in missed), *(f"meanwhile {one}" for one in meanwhile), *_failures(record))
    if undecided or not judgements:
        return "invalid", tuple(f"undecided: {words(one)}; a longer --duration decides it" for one in undecided) or ("nothing was measured",)
    return "passed", ()


def _faults(record: Record, starved: Sequence[str], stopped_by_fault: str) -> Iterator[str]:
    for fault in record.faults:
        yield f"the test itself failed: {fault}"
    for fault in starved:
        yield f"the load generator was the bottleneck: {fault}"
    if stopped_by_fault:
        yield stopped_by_fault


def _failures(record: Record) -> Iterator[str]:
    """Yield the first failure of each kind."""
    first = {sample.kind: sample for sample in reversed(record.samples) if sample.kind}
    for kind, sample in sorted(first.items()):
        yield f"{sample.request_class} ({kind}): {sample.reason}"


def words(one: Judgement) -> str:
    """Return a judgement in one line."""
    if one.unit in {"ms", "s"}:
        return f"{one.target}: {one.value:,.0f} {one.unit} ({one.low:,.0f} to {one.high:,.0f}, of {one.number:,}), the target is {one.limit:,.0f} {one.unit}"
    return f"{one.target}: {one.value:.{PLACES}g} ({one.low:.{PLACES}g} to {one.high:.{PLACES}g}), the target is {one.limit:g}"
