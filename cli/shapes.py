"""The words of a test of a shape: the verdict, each target, the parts one after the other, and what is asked of this shape alone."""

from collections.abc import Iterator, Sequence

from cli.steady import around, classes, targets
from loadtests.shapes.growth import words
from loadtests.shapes.measured import Growing, PartFound, Shape
from loadtests.shapes.recovery import RECOVERY
from loadtests.steady.measured import Measured
from loadtests.verdict import Result

MOST_PARTS = 12
NEVER_MS = 600_000


def report(result: Result) -> Iterator[str]:
    """Yield the lines of the answer."""
    yield f"{result.verdict}: {result.scenario}, {result.requests:,} requests, {result.failures} failed, {result.duration_s:.0f} s"
    yield from (f"  {reason}" for reason in result.reasons)
    if result.measured is None or result.shape is None:
        return
    yield from (
        "",
        *targets(result.measured),
        "",
        *_parts(result.shape),
        *_alone(result.measured, result.shape),
        "",
        *classes(result),
        "",
        *around(result.measured),
    )


def _parts(shape: Shape) -> Iterator[str]:
    shown = shape.parts
    if len(shown) > MOST_PARTS:
        busiest = sorted(shown, key=lambda part: -part.per_second_planned)[:MOST_PARTS]
        shown = tuple(part for part in shown if part in busiest)
        yield f"  the {MOST_PARTS} busiest of {len(shape.parts)} parts:"
    yield (
        f"  {'part':12} {'seconds':>7} {'of peak':>7} {'a second':>9} {'planned':>8} {'requests':>8} {'failed':>6} {'503':>5}"
        f" {'p50 ms':>7} {'p95 ms':>7} {'95 % interval':>16} {'p99 ms':>7} {'cores':>6} {'planned':>7}"
    )
    yield from (_part(part) for part in shown)


def _part(part: PartFound) -> str:
    interval = f"{_ms(part.p95_low_ms)} to {_ms(part.p95_high_ms)}" if part.p95_low_ms is not None else ""
    return (
        f"  {part.name:12} {part.seconds:7.0f} {part.share:7.0%} {part.per_second:9.3f} {part.per_second_planned:8.3f} {part.requests:8,} {part.failures:6,}"
        f" {part.rejected:5,} {_ms(part.p50_ms):>7} {_ms(part.p95_ms):>7} {interval:>16} {_ms(part.p99_ms):>7} {_share(part.utilisation):>6}"
        f" {_share(part.utilisation_predicted):>7}{' (generator: not fine)' if part.faults else ''}"
    )


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value < NEVER_MS else "never"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _alone(found: Measured, shape: Shape) -> Iterator[str]:
    if shape.front_door:
        yield f"  {shape.front_door}"
    if shape.recovery_s is not None:
        yield f"  recovered {shape.recovery_s:.0f} s after the jump"
    elif any(one.target == RECOVERY for one in found.judgements):
        yield "  after the jump pages were not seen within the target again"
    if shape.growing:
        yield from _growing(shape.growing)


def _growing(growing: Sequence[Growing]) -> Iterator[str]:
    surely = [one for one in growing if one.low > 0]
    told = sum(one.answer != "undecided" for one in growing)
    yield f"  of {len(growing)} things that might grow {told} could be told, {len(surely)} surely grew (99.9 % confidence)"
    yield from (f"  {words(one)}" for one in surely)
