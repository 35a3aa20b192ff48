"""The order of a test's report: sections of words, figures and tables; what is missing is said."""

from loadtests.programs.telling import telling
from loadtests.report import tables
from loadtests.report.beside import predictions
from loadtests.report.beside import table as beside
from loadtests.report.by_load import by_load
from loadtests.report.inside import inside
from loadtests.report.over_time import Limits, over_time
from loadtests.report.ratios import ratios
from loadtests.report.timeline import measured_part, timeline
from loadtests.report.words import times, told
from loadtests.scale.measured import Scale
from loadtests.verdict import Result
from sizing.report.sections import Section
from sizing.report.tables import Table

PAGES, PROCESSORS = "p95 of all pages", "processors"
NOTHING = "The result tells nothing of it."


def sections(result: Result) -> tuple[Section, ...]:
    """Return the report from the targets to what it was made from."""
    made = Section("made", "What this was made from", (), (), (tables.made(result),))
    if result.scale:
        return (_scaled(result.scale), made)
    found = [
        _targets(result),
        _carried(result),
        _parts(result),
        _over_time(result),
        _predicted(result),
        _requests(result),
        _platform(result),
        _inside(result),
        _generator(result),
    ]
    return (*(one for one in found if one), _notes(result), made)


def limits(result: Result) -> Limits:
    """Return what the test held pages and processors against."""
    judged = result.measured.judgements if result.measured else ()
    if result.capacity:
        judged = tuple(one for level in result.capacity.levels for one in level.judgements)
    at_most = {one.target: one.limit for one in judged}
    return Limits(at_most.get(PAGES), at_most.get(PROCESSORS))


def _section(key: str, title: str, found: tuple[Table, ...], *words: str) -> Section:
    there = tuple(table for table in found if table.rows)
    return Section(key, title, words if there or words else (NOTHING,), (), there)


def _targets(result: Result) -> Section | None:
    if result.capacity or result.calibrated:
        return None
    judgements = result.measured.judgements if result.measured else ()
    return _section("targets", "Targets", (tables.targets(judgements),), *(() if judgements else ("No target was measured.",)))


def _carried(result: Result) -> Section | None:
    found = result.capacity
    if found is None:
        return None
    drawn = by_load(found, limits(result))
    whole = _section("carried", "How many people it carries", (tables.loads(found), tables.levels(found)), f"The search ended by: {told(found.stopped)}.")
    return Section(whole.key, whole.title, whole.words, (drawn,) if drawn else (), whole.tables)


def _scaled(found: Scale) -> Section:
    return _section("scaled", "Step by step", (tables.steps(found), tables.scaling(found)), *map(told, found.notes))


def _parts(result: Result) -> Section | None:
    shape = result.shape
    if shape is None:
        return None
    recovered = f"Recovered {shape.recovery_s:.0f} s after the jump." if shape.recovery_s is not None else ""
    door = f"{told(shape.front_door[:1].upper() + shape.front_door[1:])}." if shape.front_door else ""
    whole = "" if shape.whole else "It was not driven to its end."
    return _section("parts", "Part by part", (tables.parts(shape), tables.growing(shape)), *filter(None, (door, recovered, whole)))


def _over_time(result: Result) -> Section:
    run = timeline(result)
    title = "Over time"
    if run is None:
        return Section("time", title, ("The result does not tell the run over time.",))
    words = () if run.series else ("How long pages took over time is not told: the result is of a calibration or of an earlier version.",)
    return Section("time", title, words, (over_time(run, limits(result)),))


def _predicted(result: Result) -> Section:
    found = predictions(result)
    drawn = ratios(found)
    share = result.measured.workload.share if result.measured else 1.0
    drove = "another load" if result.shape else f"{times(share)} of it"
    words = f"The plan's p95 of a class is that at its whole peak; this test drove {drove}." if result.classes and found else ""
    says = "" if found else "Nothing was measured that the plan had predicted."
    section = _section("predicted", "Predicted and measured", (beside(found),), *filter(None, (words, says)))
    return Section(section.key, section.title, section.words, (drawn,) if drawn else (), section.tables)


def _requests(result: Result) -> Section:
    found = result.measured or result.capacity
    mixes = (tables.mixes(result.calibrated),) if result.calibrated else ()
    slow = (tables.slow(found.slow, _begin(result)),) if found else ()
    stopped = (f"Arrivals ended by: {told(result.measured.stopped)}.",) if result.measured else ()
    return _section("requests", "Requests", (tables.classes(result), tables.failures(result), *mixes, *slow), *stopped)


def _begin(result: Result) -> float:
    run = timeline(result)
    return run.begin if run else 0.0


def _platform(result: Result) -> Section:
    found = result.measured or result.capacity or result.calibrated
    return _section("platform", "The platform's services", (tables.services(found.platform, *measured_part(result)),) if found else ())


def _inside(result: Result) -> Section | None:
    found = result.measured or result.capacity or result.calibrated
    programs = found.platform.programs if found else None
    if programs is None:
        return None
    run = timeline(result)
    drawn = inside(run, programs) if run else None
    part = programs.inside([measured_part(result)])
    words = (*(f"{one[:1].upper()}{one[1:]}." for one in telling(part)), *(f"{told(note[:1].upper())}{told(note[1:])}." for note in programs.notes))
    section = _section("inside", "Inside the services", (tables.inside(part),), *words)
    return Section(section.key, section.title, section.words, (drawn,) if drawn else (), section.tables)


def _generator(result: Result) -> Section:
    found = result.measured or result.capacity or result.calibrated
    if found is None:
        return _section("generator", "The generator of the load", ())
    own = found.generator.faults
    levels = result.capacity.levels if result.capacity else result.calibrated.levels if result.calibrated else ()
    faults = (*own, *(f"level {level.number}: {fault}" for level in levels for fault in level.generator.faults))
    words = tuple(f"It was the bottleneck: {told(fault)}." for fault in faults) or ("It was not the bottleneck: arrivals began in time.",)
    probe = found.probe
    looked = f"Real first pages: {probe.requests:,} looks, {probe.failed:,} failed, p95 {probe.p95_ms:,.0f} ms."
    return _section("generator", "The generator of the load", (tables.generator(found.generator),), *words, looked)


def _notes(result: Result) -> Section:
    found = result.measured or result.capacity or result.calibrated
    notes = tuple(told(note) for note in found.notes) if found else ()
    return Section("notes", "What to know when reading this", notes or ("Nothing beyond the above.",))
