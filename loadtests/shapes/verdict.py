"""The verdict on a shape."""

from collections.abc import Sequence

from loadtests.steady import verdict as of_targets
from loadtests.steady.measured import Judgement
from loadtests.steady.record import Record
from loadtests.verdict import Verdict

Reasons = tuple[str, ...]


def verdict(  # noqa: PLR0913, PLR0917 - what it stands on
    record: Record,
    judgements: Sequence[Judgement],
    faults: tuple[Sequence[str], str],
    against: Sequence[str],
    cut: Sequence[str],
    meanwhile: Sequence[str] = (),
) -> tuple[Verdict, Reasons]:
    """Return the verdict and its reasons: that on the targets, and what a shape adds.

    ``faults`` are why the generator was the bottleneck, and why it did not do its work. What speaks ``against`` the platform
    beside its targets makes the verdict failed; a shape that was ``cut``, or did not tell all that it is driven for, never passes.
    """
    starved, fault = faults
    found, reasons = of_targets.verdict(record, judgements, starved, fault, meanwhile)
    if record.refused or record.faults or starved or fault:
        return found, (*reasons, *against, *cut)
    if against or found == "failed":
        return "failed", (*against, *(reasons if found == "failed" else ()), *cut)
    if cut:
        return "invalid", (*cut, *reasons)
    return found, reasons
