"""A plan as one HTML page that a manager can be handed: everything in it, nothing fetched, nothing to run."""

from sizing.report.answer import cards, sentence
from sizing.report.document import Document, rendered
from sizing.report.sections import sections
from sizing.report.words import clean
from sizing.study import Study

__all__ = ["page"]


def page(study: Study) -> str:
    """Return the report on ``study``: a self-contained HTML page; the same study gives the same bytes."""
    company, people = clean(study.company), f"{study.plan.people:,} people"
    return rendered(
        Document(
            title=f"How many servers: {company}, {people}",
            kind="Capacity plan for blogs and wiki",
            subject=company,
            heading=f"how many servers for {people}",
            answer=sentence(study.plan),
            good=study.plan.interval is None or study.plan.interval.holds >= study.plan.interval.wanted,
            cards=cards(study.plan),
            sections=sections(study),
        )
    )
