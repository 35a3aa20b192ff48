"""What a person sees of a page: title, text, links, forms, pictures."""

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from urllib.parse import urljoin

UNSEEN_TAGS = frozenset({"script", "style", "template", "noscript", "head"})
FIELD_TAGS = frozenset({"input", "textarea"})
UNSENT_TYPES = frozenset({"submit", "button", "image", "reset", "file"})


@dataclass
class Form:
    """A form with the values it would send if nothing were typed."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A parsed page; addresses are absolute."""

    title: str
    text: str
    links: tuple[str, ...]
    pictures: tuple[str, ...]
    forms: tuple[Form, ...]

    def link(self, part: str, without: tuple[str, ...] = ()) -> str:
        """Return the first link that holds ``part`` and none of ``without``; '' where there is none."""
        return next((link for link in self.links if part in link and not any(other in link for other in without)), "")

    def form(self, name: str) -> Form | None:
        """Return the form that has a field ``name``."""
        return next((form for form in self.forms if name in form.fields), None)


@dataclass(frozen=True)
class Page:
    """An answer as it came."""

    url: str
    status: int
    body: bytes

    @property
    def source(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def document(self) -> Document:
        """The body as a person sees it."""
        return read(self.source, self.url)


def read(source: str, url: str) -> Document:
    """Parse HTML that came from ``url``."""
    reader = _Reader(url)
    reader.feed(source)
    reader.close()
    return Document(plain("".join(reader.title)), plain(" ".join(reader.text)), tuple(reader.links), tuple(reader.pictures), tuple(reader.forms))


def plain(text: str) -> str:
    """Return ``text`` with every run of white space as one space."""
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.open: list[str] = []
        self.title: list[str] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in UNSEEN_TAGS or tag == "title":
            self.open.append(tag)
        if tag == "form":
            self.form = Form(urljoin(self.url, values.get("action", "")))
            self.forms.append(self.form)
        if tag in FIELD_TAGS and self.form is not None:
            self._field(tag, values)
        if tag == "a" and values.get("href"):
            self.links.append(urljoin(self.url, values["href"]))
        if tag == "img" and values.get("src"):
            self.pictures.append(urljoin(self.url, values["src"]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in UNSEEN_TAGS:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "form":
            self.form = None
        if tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea and self.form is not None:
            self.form.fields[self.textarea] += data
        elif self.open == ["head", "title"]:
            self.title.append(data)
        elif not self.open:
            self.text.append(data)

    def _field(self, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        kind = values.get("type", "text").lower()
        ticked = kind not in {"checkbox", "radio"} or "checked" in values
        if self.form is None or not name or kind in UNSENT_TYPES or not ticked:
            return
        self.form.fields[name] = values.get("value", "")
        self.textarea = name if tag == "textarea" else ""
