"""A page of sections as HTML: everything in it, nothing fetched, nothing to run."""

from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from sizing.report.answer import Card
from sizing.report.sections import Section


@dataclass(frozen=True)
class Document:
    """What a page says: the answer first, why it is not a good one, the key numbers, then the sections."""

    title: str
    kind: str
    subject: str
    heading: str
    answer: str
    good: bool
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]
    reasons: tuple[str, ...] = ()


def rendered(document: Document, style: str = "") -> str:
    """Return a self-contained HTML page; ``style`` is CSS beyond that of all pages. The same document gives the same bytes."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_text("page.html.j2")).render(document=document, style=_text("style.css") + style)


def _text(name: str) -> str:
    return (files("sizing.report") / name).read_text(encoding="utf-8")
