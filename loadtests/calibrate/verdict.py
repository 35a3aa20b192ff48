"""The verdict on a calibration: whether its numbers may be used."""

from collections.abc import Iterator, Sequence

from loadtests.capacity.level import Level
from loadtests.measure.intervals import share_low
from loadtests.steady import stop
from loadtests.steady.record import Record
from loadtests.steady.watch import INTERRUPTED
from loadtests.steady.workload import assumption
from loadtests.verdict import Verdict
from sizing.plan import Plan

LEAST_LEVELS = 5
"""Of eight: with fewer the mixes do not tell the classes apart."""
LEAST_S = 3.0
Reasons = tuple[str, ...]


def verdict(plan: Plan, record: Record, levels: Sequence[Level], stopped: str, *, fitted: bool) -> tuple[Verdict, Reasons]:
    """Return the verdict and its reasons: failed where people cannot do what they come for, invalid where the numbers prove nothing."""
    if record.refused:
        return "failed", (f"people cannot do what they come for: {record.refused}",)
    faults = tuple(_faults(plan, record, levels, stopped))
    if not faults and not fitted:
        faults = ("the kernel accounts no processor time to any service",)
    return ("invalid", faults) if faults else ("passed", ())


def counts(one: Level) -> bool:
    """Tell whether a level counts: it came to its end, and the generator was not the bottleneck."""
    return not one.faults and not one.span.ended and one.span.seconds > 0


def _faults(plan: Plan, record: Record, levels: Sequence[Level], stopped: str) -> Iterator[str]:
    for fault in record.faults:
        yield f"the test itself failed: {fault}"
    if stopped in {stop.SILENT, INTERRUPTED}:
        yield stopped
    elif not record.began("done"):
        yield f"the load generator did not come to its end: {stopped}"
    used = [one for one in levels if counts(one)]
    whole = [one for one in used if one.span.seconds >= LEAST_S]
    if len(whole) < LEAST_LEVELS:
        why = next((one.span.ended or next(iter(one.faults), "") for one in levels if one not in used), "") or stopped
        yield f"only {len(whole)} levels count, {LEAST_LEVELS} are the least: {why}"
    failed, number = sum(one.failed for one in used), sum(len(one.everything) for one in used)
    if share_low(failed, number) > assumption(plan, "rejected_limit"):
        yield f"{failed} of {number} requests failed: what they cost is not what people's requests cost"
