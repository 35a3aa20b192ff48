"""What a person must see: checks on an answer, each a pure function of the page."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass

from loadtests.steps.document import Page, plain

OK = 200
CREATED = 201

Check = Callable[[Page], None]


class Unseen(Exception):  # noqa: N818 - it says what happened: something was not seen
    """A person would not see what they came for; ``kind`` groups failures."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Entry:
    """An entry of a feed."""

    title: str
    url: str


def answered(status: int) -> Check:
    """Check the status."""

    def check(page: Page) -> None:
        if page.status != status:
            raise Unseen("status", f"{page.url}: {page.status} instead of {status} ({_seen(page)})")

    return check


def titled(title: str) -> Check:
    """Check that ``title`` stands in the window's title."""

    def check(page: Page) -> None:
        if plain(title) not in page.document.title:
            raise Unseen("title", f"{page.url}: not titled {title!r} ({_seen(page)})")

    return check


def shows(text: str) -> Check:
    """Check that ``text`` can be read on the page (not in a tag or a script)."""

    def check(page: Page) -> None:
        if plain(text) not in page.document.text:
            raise Unseen("text", f"{page.url}: does not show {text!r} ({_seen(page)})")

    return check


def links_to(part: str) -> Check:
    """Check that some link of the page holds ``part``."""

    def check(page: Page) -> None:
        if not page.document.link(part):
            raise Unseen("link", f"{page.url}: no link to {part!r} ({_seen(page)})")

    return check


def pictures(url: str) -> Check:
    """Check that the picture at ``url`` is shown on the page."""

    def check(page: Page) -> None:
        if url not in page.document.pictures:
            raise Unseen("picture", f"{page.url}: does not show the picture {url}")

    return check


def is_bytes(content: bytes) -> Check:
    """Check that the answer is ``content``, byte for byte."""

    def check(page: Page) -> None:
        if page.body != content:
            raise Unseen("picture", f"{page.url}: {len(page.body)} bytes, not the {len(content)} that were uploaded")

    return check


def is_feed(page: Page) -> None:
    """Check that the answer is an RSS feed with a title."""
    root = _feed(page)
    if root.tag != "rss" or not (root.findtext("channel/title") or "").strip():
        raise Unseen("feed", f"{page.url}: no RSS feed with a title")


def entries(page: Page) -> tuple[Entry, ...]:
    """Return the entries of a feed; raises Unseen where it is none."""
    items = ((item.findtext("title") or "", item.findtext("link") or "") for item in _feed(page).iter("item"))
    return tuple(Entry(plain(title), url.strip()) for title, url in items if title.strip() and url.strip())


def _feed(page: Page) -> ET.Element:
    try:
        return ET.fromstring(page.body)  # noqa: S314 - our own platform's feed, bounded in size
    except ET.ParseError as problem:
        raise Unseen("feed", f"{page.url}: not a feed: {problem}") from problem


def _seen(page: Page) -> str:
    document = page.document
    return f"seen: {document.title or document.text[:80] or 'an empty page'}"
