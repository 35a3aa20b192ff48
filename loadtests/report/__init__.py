"""A result as one HTML page that a manager can be handed: everything in it, nothing fetched, nothing to run."""

from importlib.resources import files

from loadtests.report.answer import cards, sentence
from loadtests.report.sections import sections
from loadtests.report.words import moment, times, told
from loadtests.verdict import Result
from sizing.report.document import Document, rendered

__all__ = ["page"]

KINDS = {
    "capacity": "how many people it carries",
    "calibrate": "what a request costs",
    "steady": "the plan's peak",
    "closed": "people who come again after each answer",
    "smoke": "people's work",
    "announcement": "the crowd after a mail",
    "week": "a week",
    "soak": "the same load for long",
    "spike": "a sudden jump",
    "scale": "what more cores or replicas bring",
}


def page(result: Result) -> str:
    """Return the report on ``result``: a self-contained HTML page; the same result gives the same bytes."""
    platform, scenario = told(result.platform), told(result.scenario)
    heading = KINDS.get(result.scenario, scenario)
    if result.scenario == "steady" and result.measured and times(result.measured.workload.share) != "all":
        heading = f"{times(result.measured.workload.share)} {heading}"
    return rendered(
        Document(
            title=f"{platform}: {heading}, {result.verdict}",
            kind=f"Load test '{scenario}', {moment(result.started)}",
            subject=platform,
            heading=heading,
            answer=sentence(result),
            good=result.verdict == "passed",
            cards=cards(result),
            sections=sections(result),
            reasons=tuple(told(reason) for reason in result.reasons),
        ),
        style=(files("loadtests.report") / "style.css").read_text(encoding="utf-8"),
    )
