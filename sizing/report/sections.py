"""The order of a report: sections of words, figures and tables."""

from dataclasses import dataclass

from sizing.report import answer, figures, tables
from sizing.report.drawing import Figure
from sizing.report.tables import Table
from sizing.report.words import chance, clean, counted, shared, timed
from sizing.study import Study


@dataclass(frozen=True)
class Section:
    """A part of the report; what is empty is said in ``words``."""

    key: str
    title: str
    words: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


def sections(study: Study) -> tuple[Section, ...]:
    """Return the report from the answer to what it was made from."""
    plan = study.plan
    return (
        Section("servers", "Servers", (answer.survival(plan), answer.recovery(plan)), (), (tables.servers(plan),)),
        Section("desk", "What is there already", (answer.verdict(plan.desk),)),
        Section("peak", "What binds, and the peak", (answer.binding(plan), answer.peak(plan)), (), _filled(tables.peak(plan))),
        _drawn("week", "Load over the week", figures.week(study), "No load by hour was worked out."),
        _drawn("response", "Utilisation and response", figures.response(study), "No curve over people was worked out."),
        _drawn("growth", "Growth over the months", figures.growth(study), "No growth over months was worked out."),
        _drawn("cost", "Cost against confidence", figures.cost(study), "No cost against confidence was worked out.", tables.costs(study)),
        _drawn("sensitivity", "Which numbers matter", figures.sensitivity(study), "No number is uncertain, or none was ranked.", tables.sensitivity(plan)),
        Section("announcement", "The announcement", (answer.announcement(plan),)),
        _purchases(study),
        _storage(study),
        _responses(study),
        _way(study),
        _assumptions(study),
        _made(study),
    )


def _filled(*found: Table) -> tuple[Table, ...]:
    return tuple(table for table in found if table.rows)


def _drawn(key: str, title: str, drawn: Figure | None, without: str, *found: Table) -> Section:
    return Section(key, title, () if drawn else (without,), (drawn,) if drawn else (), _filled(*found))


def _purchases(study: Study) -> Section:
    plan = study.plan
    bought = _filled(tables.purchases(plan))
    nothing = () if bought or plan.growth is None else ("Nothing is to be bought within these months.",)
    return Section("purchases", "Growth and purchases", (answer.outgrown(plan), *nothing), (), (*bought, *_filled(tables.months(plan))))


def _storage(study: Study) -> Section:
    found = _filled(tables.storage(study.plan))
    return Section("storage", "Storage and traffic", () if found else ("Storage and traffic were not worked out.",), (), found)


def _responses(study: Study) -> Section:
    plan = study.plan
    target = f"The target is {timed(plan.targets.page_p95_ms)} for 95 of 100 page views."
    rejected = (
        (f"{shared(plan.response.rejected)} of all requests are turned away after waiting too long.",) if plan.response else ("Only p95 was worked out.",)
    )
    return Section("responses", "Response by class of request", (target, *rejected), (), _filled(tables.responses(plan), tables.hits(plan)))


def _way(study: Study) -> Section:
    found = tables.steps(study.steps)
    return Section("steps", "From people to servers", () if found else ("The way was not written down.",), (), found)


def _assumptions(study: Study) -> Section:
    items = study.plan.assumptions
    words = f"{counted(len(items))} numbers: {tables.kinds(items)}." if items else "There are no numbers."
    signs = (
        "The sign before the word tells them apart: ■ measured on this platform, ◆ read in a publication, ▲ stated in the brief, "
        "□ chosen, ○ assumed without a source."
    )
    return Section("assumptions", "All numbers, and what they stand on", (words, signs), (), _filled(tables.assumptions(study.plan)))


def _made(study: Study) -> Section:
    plan = study.plan
    targets = plan.targets
    rows = (
        ("Brief", clean(plan.inputs.path)),
        ("SHA-256 of its content", clean(plan.inputs.digest)),
        ("Shape of the plan", f"version {plan.schema_.version}"),
        ("Target of response", f"{timed(targets.page_p95_ms)} for 95 of 100 page views"),
        ("Horizon", f"{targets.horizon_months} months"),
        ("Wanted confidence", chance(targets.confidence)),
        ("Draws", counted(plan.interval.draws) if plan.interval else "none"),
        ("Recovery", f"at most {targets.recovery_point_minutes:g} minutes lost, back within {targets.recovery_time_minutes:g} minutes"),
    )
    return Section("made", "Made from", (), (), (Table("What this report was made from", ("What", "Value"), rows),))
