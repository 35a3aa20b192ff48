"""The words of a test of scaling: is the plan's peak reached and with how many, where it stops gaining and why, every step, the curve."""

from collections.abc import Iterator

from cli.capacity import extent
from loadtests.capacity.measured import Extent
from loadtests.scale.cores import told
from loadtests.scale.measured import Fit, Scale, Step
from loadtests.scale.verdict import NAMES, counted, reached, stopped
from loadtests.verdict import Result


def report(result: Result) -> Iterator[str]:
    """Yield the lines of the answer."""
    found = result.scale
    yield f"{result.verdict}: {reached(found) if found else 'the capacity is not known'}"
    if found is not None and (stop := stopped(found)):
        yield f"  {stop}"
    yield from (f"  {reason}" for reason in result.reasons)
    if found is None:
        return
    yield from ("", *_steps(found), "")
    if found.fit is not None:
        yield from (*_curve(found, found.fit), "")
    yield f"  {result.requests:,} requests, {result.failures} failed, {result.duration_s:.0f} s of arrivals"
    yield from (f"  note: {note}" for note in found.notes)


def _steps(found: Scale) -> Iterator[str]:
    yield f"  {found.by:8} {'people':>9} {'95 % interval':>19} {'of peak':>8} {'predicted':>9} {'busy':>5} {'gain by the next':>24} {'on':>7}  gives first"
    yield from (_step(one) for one in found.steps)


def _step(one: Step) -> str:
    if one.faults or one.people is None or one.share is None:
        return f"  {one.number:<8} {'does not count: ' + '; '.join(one.faults)}"
    gain = f"{one.gain.value:+.0%} ({one.gain.low:+.0%} to {one.gain.high:+.0%})" if one.gain else ""
    busy = "" if one.busy is None else f"{one.busy:.0%}"
    place = told(one.cores) if one.cores else "all"
    return (
        f"  {one.number:<8} {one.people.value:9,.0f} {extent(one.people):>19} {one.share.value:8.0%} {one.predicted:9,} {busy:>5} {gain:>24} {place:>7}"
        f"  {one.binding}{'' if one.apart else ' (generator on the same cores)'}"
    )


def _curve(found: Scale, fit: Fit) -> Iterator[str]:
    one, many = NAMES[found.by]
    coherence = "kappa is not told by two steps" if fit.coherence is None else f"kappa {_number(fit.coherence)}"
    yield f"  curve (USL): one {one} carries {fit.one.value:,.0f} people ({extent(fit.one)}), sigma {_number(fit.contention)}, {coherence}"
    if fit.most is not None:
        yield f"  by it {fit.most.value:.1f} {many} ({fit.most.low:.1f} to {fit.most.high:.1f}) carry most; more carry less"
    highest = max(step.number for step in found.steps)
    for point in fit.points:
        if highest < point.number <= highest + 1:
            yield f"  with {counted(point.number, found.by)} it says {point.people.value:,.0f} people ({extent(point.people)}), extrapolated"


def _number(found: Extent) -> str:
    return f"{found.value:.3g} ({found.low:.3g} to {found.high:.3g})"
