"""The words of a search for the capacity: how many people, what gives first, the plan's prediction beside it, and every level."""

from collections.abc import Iterator

from cli.steady import driving
from loadtests.capacity.measured import Capacity, Extent, LevelFound, TargetLoad
from loadtests.verdict import Result

NEVER_MS = 600_000
TARGETS = 5


def report(result: Result) -> Iterator[str]:
    """Yield the lines of the answer."""
    found = result.capacity
    yield f"{result.verdict}: {_answer(found)}"
    yield from (f"  {reason}" for reason in result.reasons)
    if found is None:
        return
    yield from ("", *_beside(found), "", *_levels(found), "", *_around(result, found))


def _answer(found: Capacity | None) -> str:
    if found is None or found.people is None or found.share is None or found.requests_per_second is None:
        return "the capacity is not known"
    people, share, rate = found.people, found.share, found.requests_per_second
    width = f", ± {found.half_width:.1%}" if found.half_width is not None else ""
    return (
        f"{people.value:,.0f} people ({extent(people)} with 95 % confidence{width}), {share.value:.0%} of the plan's peak,"
        f" {rate.value:.3g} requests/s; {found.binding} gives first"
    )


def extent(found: Extent) -> str:
    """Return the ends of an interval in words."""
    return f"{found.low:,.0f} to {found.high:,.0f}"


def _beside(found: Capacity) -> Iterator[str]:
    said = found.predicted
    error = f" ({said.error:+.1%} of what was measured)" if said.error is not None else ""
    sure = f", {said.low:,} to {said.high:,} as sure as it is"
    yield f"  predicted by the plan: {said.people:,} people{error}{sure}; first to give: {said.first_to_give}"
    if found.targets:
        yield f"  {'target':26} {'met up to':>12} {'95 % interval':>19}"
    for one in found.targets[:TARGETS]:
        yield _target(one)


def _target(one: TargetLoad) -> str:
    return f"  {one.target:26} {one.people.value:9,.0f} pp {extent(one.people):>19}{'  (between two levels)' if one.method == 'bracket' else ''}"


def _levels(found: Capacity) -> Iterator[str]:
    yield f"  {'level':>5} {'people':>8} {'of peak':>8} {'a second':>9} {'seconds':>7} {'p95 ms':>7} {'95 % interval':>15} {'cores':>6} {'failed':>7}  targets"
    yield from (_level(one) for one in found.levels)


def _level(one: LevelFound) -> str:
    p95, interval = "", ""
    if one.p95_ms is not None and one.p95_low_ms is not None and one.p95_high_ms is not None:
        p95, interval = _ms(one.p95_ms), f"{_ms(one.p95_low_ms)} to {_ms(one.p95_high_ms)}"
    generator = " (generator: not fine)" if one.generator.faults else ""
    return (
        f"  {one.number:5} {one.people:8,.0f} {one.share:8.0%} {one.requests_per_second:9.2f} {one.measured_s:7.0f} {p95:>7} {interval:>15}"
        f" {one.utilisation:6.1%} {one.failures:7,}  {one.verdict}{f', ended: {one.ended}' if one.ended else ''}{generator}"
    )


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value < NEVER_MS else "never"


def _around(result: Result, found: Capacity) -> Iterator[str]:
    own = found.generator
    yield f"  stopped: {found.stopped}; {result.requests:,} requests, {result.failures} failed, {result.duration_s:.0f} s"
    yield f"  generator: {driving(own)}, 99 of 100 arrivals at most {own.late_p99_ms:.0f} ms late, {own.sockets_most} files and sockets"
    yield f"  real first pages: {found.probe.requests} looks, {found.probe.failed} failed, p95 {found.probe.p95_ms:.0f} ms"
    yield from (f"  note: {note}" for note in (*found.notes, *found.platform.gaps))
