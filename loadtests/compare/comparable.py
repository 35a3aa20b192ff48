"""Whether two results may be compared, and what else differs between them."""

from collections.abc import Iterator
from datetime import datetime

from loadtests.capacity.measured import Capacity
from loadtests.steady.measured import Content, Measured
from loadtests.steady.meter import Platform
from loadtests.steady.workload import Workload
from loadtests.verdict import Result
from runtime.errors import PlanError

STAYS = "soak"
ALIKE = 0.01
"""Workloads that differ by less are the same one."""
AGAIN = "run both tests anew with this version of 'plan'"
Figures = tuple[Platform, Content, tuple[str, ...]]


def check(before: tuple[str, Result], after: tuple[str, Result]) -> None:
    """Raise PlanError where two results, each with the name of its file, say nothing of each other."""
    for name, result in (before, after):
        _check_one(name, result)
    (_, old), (name, new) = before, after
    if old.scenario != new.scenario:
        raise PlanError(f"is of '{new.scenario}', the other of '{old.scenario}'", where=name, hint="compare two results of the same test")
    asked = _workloads(old, new)
    if asked and (differs := _differs(*asked)):
        raise PlanError(
            f"was driven by another workload: {differs}", where=name, hint="drive both with the same load: plans with the same peak, the same --share"
        )


def _check_one(name: str, result: Result) -> None:
    if result.verdict == "invalid":
        raise PlanError(
            f"proved nothing: {next(iter(result.reasons), 'invalid')}", where=name, hint="compare results of tests that passed or failed; run it again"
        )
    if figures(result) is None:
        raise PlanError(
            f"holds no figures of '{result.scenario}' to compare",
            where=name,
            hint="compare results of 'plan test steady', 'plan test capacity' or 'plan calibrate'",
        )
    if result.shape is not None and result.scenario != STAYS:
        raise PlanError(
            f"is of '{result.scenario}', in which the load changes all the time", where=name, hint="compare results of 'plan test steady' or 'soak'"
        )
    if result.measured is not None and result.measured.series is None:
        raise PlanError("was written by an earlier version: it does not tell how sure each class is", where=name, hint=AGAIN)
    if result.capacity is not None and result.capacity.people is None:
        raise PlanError("does not know the capacity", where=name, hint="run it again, longer")


def figures(result: Result) -> Figures | None:
    """Return platform, content and notes of a result; None where it holds no figures."""
    found = result.measured or result.capacity or result.calibrated
    return None if found is None else (found.platform, found.content, found.notes)


def _workloads(old: Result, new: Result) -> tuple[Workload, Workload] | None:
    """Return both workloads, those of searches as a mix: how much of it is what they search."""
    if old.measured and new.measured:
        if old.measured.closed and new.measured.closed:
            return _people(old.measured), _people(new.measured)
        return old.measured.workload, new.measured.workload
    if old.capacity and new.capacity:
        return _mix(old.capacity), _mix(new.capacity)
    return None


def _mix(found: Capacity) -> Workload:
    whole = found.workload
    return whole.scaled(1 / whole.requests_per_second) if whole.requests_per_second > 0 else whole


def _people(found: Measured) -> Workload:
    """Return what the people of a closed test ask for where every answer comes at once: what the plan predicts may be another after a calibration."""
    closed, workload = found.closed, found.workload
    return workload.scaled(closed.most_per_second / workload.requests_per_second) if closed and workload.requests_per_second > 0 else workload


def _differs(old: Workload, new: Workload) -> str:
    """Return the first in which two workloads differ; '' where in nothing."""
    before, after = _flat(old), _flat(new)
    for name in sorted({*before, *after}):
        one, other = before.get(name, 0.0), after.get(name, 0.0)
        if abs(one - other) > ALIKE * max(abs(one), abs(other)):
            return f"{name} {other:.4g} instead of {one:.4g}"
    return ""


def _flat(workload: Workload) -> dict[str, float]:
    """Return all numbers of a workload by name; its share counts by what comes of it."""
    found: dict[str, float] = {}
    for name, value in workload.model_dump().items():
        if isinstance(value, dict):
            found |= {f"{name}.{kind}": float(number) for kind, number in value.items()}
        elif name != "share":
            found[name] = float(value)
    return found


def notes(old: Result, new: Result) -> Iterator[str]:
    """Yield what differs besides what is compared, as far as the results tell it."""
    before, after = figures(old), figures(new)
    if before is None or after is None:
        return
    if _later(old.started, new.started):
        yield "the first result is of a later run than the second: worse and better are turned round where that was not meant"
    for what, one, other in (
        ("the deployment", old.platform, new.platform),
        ("the plan", old.plan_digest[:12] or "not told", new.plan_digest[:12] or "not told"),
        ("the machine", f"{before[0].cores} cores", f"{after[0].cores} cores"),
        ("the content", _content(before[1]), _content(after[1])),
        ("the services", _services(before[0]), _services(after[0])),
        *_binding(old, new),
    ):
        if one != other:
            yield f"{what} differs: {one} before, {other} after"
    for which, mine, others in (("before", before[2], after[2]), ("after", after[2], before[2])):
        yield from (f"{which} only: {note}" for note in mine if note not in others)
    yield "results do not tell the versions of the images: 'plan status' and the deployment's images/ do"


def _later(one: str, other: str) -> bool:
    """Tell whether a moment is surely later than another one."""
    try:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    except (ValueError, TypeError):  # no moment, or only one of them with its zone
        return False


def _binding(old: Result, new: Result) -> Iterator[tuple[str, str, str]]:
    if old.capacity and new.capacity:
        yield "what gives first", old.capacity.binding, new.capacity.binding


def _content(content: Content) -> str:
    return f"{content.posts:,} posts and {content.pages:,} pages ({'rehearsal' if content.seeded else 'the test space'})"


def _services(platform: Platform) -> str:
    return ", ".join(sorted(service.name for service in platform.services)) or "none"
