"""A plan as one HTML page that a manager can be handed: everything in it, nothing fetched, nothing to run."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from sizing.report.answer import cards, sentence
from sizing.report.sections import sections
from sizing.report.words import clean
from sizing.study import Study

__all__ = ["page"]


def page(study: Study) -> str:
    """Return the report on ``study``: a self-contained HTML page; the same study gives the same bytes."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_text("page.html.j2"))
    return template.render(
        company=clean(study.company),
        people=study.plan.people,
        answer=sentence(study.plan),
        enough=study.plan.interval is None or study.plan.interval.holds >= study.plan.interval.wanted,
        cards=cards(study.plan),
        sections=sections(study),
        style=_text("style.css"),
    )


def _text(name: str) -> str:
    return (files("sizing.report") / name).read_text(encoding="utf-8")
