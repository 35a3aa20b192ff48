"""The words of a calibration: what a request costs here, every demand beside the plan's, and how well the law holds at each level."""

from collections.abc import Iterator

from cli.steady import driving
from loadtests.calibrate.measured import Calibrated, DemandFound, MixDriven
from loadtests.verdict import Result

THOUSAND = 999.5
LITTLE = 0.5
"""Of what was not known before: where the measurement took away less, the number is mostly the plan's."""


def report(result: Result) -> Iterator[str]:
    """Yield the lines of the answer."""
    found = result.calibrated
    yield f"{result.verdict}: {_answer(found)}"
    yield from (f"  {reason}" for reason in result.reasons)
    if found is None:
        return
    yield from ("", *_numbers(found), "", *_variations(found), *_levels(found), "", *_around(result, found))


def _answer(found: Calibrated | None) -> str:
    if found is None or found.mix is None:
        return "nothing was measured"
    mix = found.mix
    return (
        f"a request of the plan's mix takes {mix.value:.3g} ms of a core here ({mix.low:.3g} to {mix.high:.3g} with 95 % confidence),"
        f" {mix.value / mix.planned:.2f} times what the plan says ({mix.planned:.3g} ms)"
    )


def _numbers(found: Calibrated) -> Iterator[str]:
    yield f"  {'number':32} {'plan':>9} {'measured':>9} {'95 % interval':>21} {'requests':>9}"
    yield from (_number(one) for one in found.numbers)
    if any(one.told < LITTLE for one in found.numbers):
        yield "  (*: the levels hardly tell it from others; mostly the plan's, moved as all demands are)"


def _number(one: DemandFound) -> str:
    interval = f"{_figure(one.low)} to {_figure(one.high)}"
    asked = f"{one.requests:9,}" if one.requests else f"{'':9}"
    return f"  {one.name:32} {_figure(one.planned):>9} {_figure(one.value):>9} {interval:>21} {asked} {one.unit}{' *' if one.told < LITTLE else ''}"


def _variations(found: Calibrated) -> Iterator[str]:
    if found.variations:
        told = ", ".join(f"{one.request_class} {one.value:.2f} ({one.low:.2f} to {one.high:.2f})" for one in found.variations)
        yield from (f"  requests of a class differ by (standard deviation over mean): {told}", "")


def _figure(value: float) -> str:
    return f"{value:.3g}" if value < THOUSAND else f"{value:,.0f}"


def _levels(found: Calibrated) -> Iterator[str]:
    yield f"  {'level':42} {'seconds':>7} {'requests':>8} {'failed':>6} {'cores':>6} {'plan':>6} {'fitted':>6} {'p95 ms':>7} {'plan':>7}"
    yield from (_level(one) for one in found.levels)


def _level(one: MixDriven) -> str:
    p95, planned = (f"{value:7,.0f}" if value is not None else f"{'':7}" for value in (one.p95_ms, one.p95_planned_ms))
    left = "" if one.counts else f"  left out: {one.ended or next(iter(one.generator.faults), 'too short')}"
    return (
        f"  {one.number} {one.words:40} {one.measured_s:7.0f} {one.requests:8,} {one.failures:6,} {one.utilisation:6.1%} {one.planned:6.1%}"
        f" {one.fitted:6.1%} {p95} {planned}{left}"
    )


def _around(result: Result, found: Calibrated) -> Iterator[str]:
    own = found.generator
    yield f"  stopped: {found.stopped}; {result.requests:,} requests, {result.failures} failed, {result.duration_s:.0f} s"
    yield f"  generator: {driving(own)}, 99 of 100 arrivals at most {own.late_p99_ms:.0f} ms late"
    yield f"  real first pages: {found.probe.requests} looks, {found.probe.failed} failed, p95 {found.probe.p95_ms:.0f} ms"
    yield from (f"  note: {note}" for note in (*found.notes, *found.platform.gaps))
