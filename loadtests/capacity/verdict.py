"""The verdict on a search: whether the plan's peak is reached, as far as that is sure."""

from collections.abc import Iterator, Sequence

from loadtests.capacity.estimate import Answer, Known
from loadtests.capacity.level import Level
from loadtests.capacity.search import DOWN, NEAR, down
from loadtests.measure.intervals import share_low
from loadtests.steady import stop
from loadtests.steady.record import Record
from loadtests.steady.watch import INTERRUPTED
from loadtests.verdict import Verdict

PEAK = 1.0
LONGER = "a longer --duration may decide it"
NOT_REACHED, UNDECIDED = "the plan's peak is not reached", "undecided"
Reasons = tuple[str, ...]


def verdict(record: Record, levels: Sequence[Level], found: Answer | None, known: Known, stopped: str) -> tuple[Verdict, Reasons]:
    """Return the verdict and its reasons.

    Invalid where the test could not do its own work, or you ended it; failed where the plan's peak is surely not reached,
    or requests fail at loads below the capacity; passed where it surely is, with levels near it or beyond.
    """
    if record.refused:
        return "failed", (f"people cannot do what they come for: {record.refused}",)
    faults = tuple(_faults(record, levels, stopped))
    if faults:
        return "invalid", faults
    failing = tuple(_failing(levels, found, known))
    if failing:
        return "failed", failing
    if found is None:
        return "invalid", (f"no level says anything of the capacity: {stopped}",)
    if found.high < PEAK:
        return "failed", (f"{NOT_REACHED}: {found.binding} gives first, at {found.share:.0%} of it ({found.low:.0%} to {found.high:.0%})",)
    return _reached(levels, found, stopped)


def _reached(levels: Sequence[Level], found: Answer, stopped: str) -> tuple[Verdict, Reasons]:
    highest = max((one.came for one in levels if one.sound), default=0.0)
    if found.low < PEAK:
        return "invalid", (f"{UNDECIDED}: {found.binding} gives at {found.low:.0%} to {found.high:.0%} of the plan's peak; {LONGER}",)
    if highest < NEAR * PEAK:
        return "invalid", (f"{UNDECIDED}: no more than {highest:.0%} of the plan's peak was driven: {stopped}",)
    return "passed", ()


def _faults(record: Record, levels: Sequence[Level], stopped: str) -> Iterator[str]:
    for fault in record.faults:
        yield f"the test itself failed: {fault}"
    if stopped in {stop.SILENT, INTERRUPTED}:
        yield stopped
    elif not record.began("done"):
        yield f"the load generator did not come to its end: {stopped}"
    if levels and not any(not one.faults for one in levels):
        yield from (f"the load generator was the bottleneck: {fault}" for fault in levels[-1].faults)


def _failing(levels: Sequence[Level], found: Answer | None, known: Known) -> Iterator[str]:
    """Yield that requests fail at loads that should be carried, with the first failure of each kind."""
    below = [one for one in levels if not one.faults and (found is None or one.came <= found.share)]
    number, failed = sum(len(one.everything) for one in below), sum(one.failed for one in below)
    if down(levels, known):
        yield DOWN
    elif failed and share_low(failed, number) > known.rejected_limit:
        yield f"{failed} of {number} requests failed at loads within the capacity"
    else:
        return
    first = {sample.kind: sample for one in reversed(levels) for sample in reversed(one.everything) if sample.kind}
    for kind, sample in sorted(first.items()):
        yield f"{sample.request_class} ({kind}): {sample.reason}"
