"""The words of ``plan accuracy``: one line for each case, then each error beside what is asked of it."""

from collections.abc import Iterator, Sequence

from loadtests.accuracy.errors import Compared, Error, Errors, Summary, Target, Three, ToldRow
from loadtests.accuracy.stations import PROCESSORS

WORDS = {"capacity": "capacity", "utilisation": "utilisation of a station", "p95": "p95 of a class of pages below the knee"}


def report(found: Summary) -> Iterator[str]:
    """Yield the lines of the answer."""
    beside = tuple(_beside(found))
    yield from (*_errors(found), "", *_rows(found.rows), *([""] if beside else []), *beside)


def _errors(found: Summary) -> Iterator[str]:
    told = {"capacity": found.capacity_error, "utilisation": found.utilisation_error, "p95": found.p95_latency_error}
    if not found.cases:
        yield "no case of a calibrated plan is held out yet: nothing can be said of its errors"
    else:
        yield f"{found.cases} {'case' if found.cases == 1 else 'cases'} that the calibration did not see:"
        for name, error in told.items():
            yield f"  {_error(WORDS[name], error, found.targets[name])}"
        yield from _stations(found)
        yield from _configurations(found)
    if found.binding_n:
        apart = found.binding_within_noise - found.binding_agrees
        more = f"; in {apart} more the test cannot tell it from the one that gives first" if apart else ""
        yield f"  binding resource: named rightly in {found.binding_agrees} of {found.binding_n}{more}"


def _error(words: str, error: Error, target: Target) -> str:
    asked = f"{target.median:.0%}" + (f", nine of ten within {target.p90:.0%}" if target.p90 else "")
    if error.median is None:
        return f"{words}: not measured; asked {asked}"
    also = f"; by itself larger at {', '.join(target.missed)}" if target.missed else ""
    return f"{words}: {'reached' if target.reached else 'not reached'}: {_sized(error)}; asked {asked}{also}"


def _sized(error: Error) -> str:
    """Return an error in words; '' where there is none."""
    if error.median is None or error.p90 is None:
        return ""
    floor = f", noise floor {error.noise_floor:.1%}" if error.noise_floor is not None else ", noise floor not known"
    return f"{error.median:.1%} (nine of ten within {error.p90:.1%}, of {error.n}{floor}; {error.within_noise} within their noise)"


def _stations(found: Errors) -> Iterator[str]:
    for name, error in (*found.by_station.items(), *found.by_class.items()):
        yield f"    {name}: {_sized(error)}"


def _configurations(found: Errors) -> Iterator[str]:
    """Yield a line for each configuration, where there are several."""
    if len(found.by_configuration) > 1:
        yield from (f"    {words or 'as the plan of the brief sets it'}: {_three(three)}" for words, three in found.by_configuration.items())


def _three(found: Three) -> str:
    told = {"capacity": found.capacity_error, "utilisation": found.utilisation_error, "p95": found.p95_latency_error}
    return "; ".join(f"{name} {_sized(error)}" for name, error in told.items() if error.n) or "nothing to compare"


def _rows(rows: Sequence[ToldRow]) -> Iterator[str]:
    if not rows:
        yield "  no rows: plan accuracy RESULT.json adds some"
        return
    yield f"  {'run':16} {'case':30} {'load':>7} {'plan':>5} {'number':>12} {'predicted':>9} {'measured':>9} {'error':>7} {'noise':>6}  others"
    yield from (_row(row) for row in rows)
    yield "  (load: times the plan's peak; plan: cal held out of the calibration, seen by it, - not calibrated; ~ within the noise;"
    yield "   - not counted: a p95 above the knee or where others used much of the cores, a station that uses next to nothing)"


def _row(row: ToldRow) -> str:
    first, others = _first(row.errors)
    stands = "-" if row.calibrated_on is None else "cal" if row.held_out else "seen"
    words = f"{row.case}{f' {row.level}' if row.level is not None else ''}".replace("a level of the ", "")
    head = f"  {row.run[:16]:16} {words[:30]:30} {row.load.share:7.3g} {stands:>5}"
    if first is None:
        return f"{head}   nothing to compare"
    noise = f"{first.noise_floor:.1%}" if first.noise_floor is not None else ""
    numbers = f"{first.of or first.quantity:>12} {_figure(first.predicted, first)} {_figure(first.measured, first)} {first.error:+7.1%} {noise:>6}"
    bound = "" if row.binding_agrees is None else f"binds: {row.predicted.binding}, measured {' or '.join((row.measured.binding, *row.measured.binding_near))}"
    return f"{head} {numbers}  {', '.join([*([bound] if bound else []), *(_short(one) for one in others)])}".rstrip()


def _first(errors: Sequence[Compared]) -> tuple[Compared | None, list[Compared]]:
    """Return the number that stands first: the capacity, or the processors."""
    ordered = sorted(errors, key=lambda one: (one.quantity != "capacity", one.of != PROCESSORS))
    return (ordered[0], ordered[1:]) if ordered else (None, [])


def _short(one: Compared) -> str:
    mark = "~" if one.within_noise else ""
    above = "" if one.counts else " -"
    return f"{'p95 ' if one.quantity == 'p95' else ''}{one.of or one.quantity} {one.error:+.0%}{mark}{above}"


def _figure(value: float, one: Compared) -> str:
    return f"{value:9,.0f}" if one.quantity != "utilisation" else f"{value:9.1%}"


def _beside(found: Summary) -> Iterator[str]:
    for words, errors in (("plans that were not calibrated", found.uncalibrated), ("runs that the calibration saw", found.not_held_out)):
        if errors.cases:
            yield f"  beside that, {words} ({errors.cases} cases): {_three(errors)}"
