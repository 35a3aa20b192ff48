"""The words of a steady test: the verdict, each target, each class beside its prediction, and what the platform did."""

from collections.abc import Iterator
from statistics import mean

from loadtests.closed.measured import Closed
from loadtests.programs.telling import telling
from loadtests.steady.measured import MEMORY, Generator, Judgement, Measured
from loadtests.verdict import Result

BUSIEST = 4
NEVER_MS = 600_000
NARROWEST = 26


def report(result: Result) -> Iterator[str]:
    """Yield the lines of the answer."""
    yield f"{result.verdict}: {result.requests:,} requests, {result.failures} failed, {result.duration_s:.0f} s"
    yield from (f"  {reason}" for reason in result.reasons)
    if result.measured is None:
        return
    closed = ("", *people(result.measured, result.measured.closed)) if result.measured.closed else ()
    yield from (*closed, "", *targets(result.measured), "", *classes(result), "", *around(result.measured))


def people(found: Measured, closed: Closed) -> Iterator[str]:
    """Yield who was there, and what that means."""
    predicted = closed.predicted_per_second
    off = f" ({found.offered_per_second / predicted - 1:+.0%})" if predicted else ""
    yield f"  closed: {closed.people:,} people at once ({closed.people_at_peak:,.3g} at the plan's peak); each thinks {closed.think_time_s:.0f} s, then asks"
    yield (
        f"  {found.offered_per_second:,.3g} requests/s came, the closed model says {predicted:,.3g}{off}; "
        f"were every answer there at once: {closed.most_per_second:,.3g}"
    )
    yield "  latency counts from the send; a slow platform is asked for less"


def targets(found: Measured) -> Iterator[str]:
    """Yield each target with what was measured."""
    memory = [one for one in found.judgements if one.target.startswith(MEMORY)]
    fullest = max(memory, key=lambda one: one.value, default=None)
    shown = [one for one in found.judgements if one not in memory or one is fullest or one.answer != "met"]
    width = max(NARROWEST, *(len(one.target) for one in shown), 0)
    yield f"  {'target':{width}} {'at most':>9} {'measured':>9} {'95 % interval':>19} {'predicted':>9} {'of':>7}"
    yield from (_target(one, width) for one in shown)


def _target(one: Judgement, width: int) -> str:
    interval = f"{_number(one.low, one.unit)} to {_number(one.high, one.unit)}"
    predicted = _number(one.predicted, one.unit) if one.predicted is not None else ""
    numbers = f"{_number(one.limit, one.unit):>9} {_number(one.value, one.unit):>9} {interval:>19} {predicted:>9} {one.number:7,}"
    return f"  {one.target:{width}} {numbers}  {one.answer}"


def _number(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value:,.0f} s"
    if unit == "share":
        return f"{value:.2%}" if value < 0.1 else f"{value:.0%}"  # noqa: PLR2004 - small shares need their decimals
    return f"{value:,.0f} ms" if value < NEVER_MS else "never"


def classes(result: Result) -> Iterator[str]:
    """Yield each class beside its prediction."""
    yield f"  {'':18} {'requests':>8} {'a second':>9} {'planned':>9} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'plan p95':>8}"
    for part in result.classes:
        rates = f"{part.per_second or 0:9.3f} {part.per_second_planned or 0:9.3f}"
        predicted = f"{part.p95_predicted_ms:8.0f}" if part.p95_predicted_ms is not None else f"{'':8}"
        yield f"  {part.name:18} {part.requests:8,} {rates} {part.p50_ms:8.0f} {part.p95_ms:8.0f} {part.p99_ms or 0:8.0f} {predicted}"
    yield "  (plan p95: at its whole peak)"


def driving(own: Generator) -> str:
    """Return how much of the processors the load generator used."""
    return f"{own.processes} processes, {own.cpu_mean:.0%} of a core together" if own.processes > 1 else f"{own.cpu_mean:.0%} of a core"


def around(found: Measured) -> Iterator[str]:
    """Yield what happened around it."""
    warm = "had not ended" if found.warm_up_s is None else f"{found.warm_up_s:.0f} s left out"
    yield f"  stopped: {found.stopped}; warm-up: {warm}; measured: {found.measured_s:.0f} s"
    own = found.generator
    yield f"  generator: {driving(own)}, 99 of 100 arrivals at most {own.late_p99_ms:.0f} ms late, {own.sockets_most} files and sockets"
    services = sorted(found.platform.services, key=lambda one: -mean(one.cpu_cores or (0.0,)))[:BUSIEST]
    yield f"  cores used, of {found.platform.cores}: " + ", ".join(f"{one.name} {mean(one.cpu_cores or (0.0,)):.2f}" for one in services)
    yield f"  real first pages: {found.probe.requests} looks, {found.probe.failed} failed, p95 {found.probe.p95_ms:.0f} ms"
    yield from (f"  inside: {words}" for words in telling(found.platform.between(*found.span).programs))
    yield from (f"  note: {note}" for note in (*found.notes, *found.platform.gaps))
