"""What people do on the pages: forms are filled in as a person would, and a page that looks right but is not is noticed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from loadtests.spaces import Identity
from loadtests.steps import blog, wiki
from loadtests.steps.checks import Unseen
from loadtests.steps.picture import png
from loadtests.steps.visit import Visitor

WIKI = "https://wiki.example/wiki/Space:a/Page_1"
ARTICLE = """<title>Space:a/Page 1 - Handbook</title><a href="/w/index.php?title=Space_talk:a/Page_1&amp;action=edit&amp;redlink=1">Talk</a>
<a href="/w/index.php?title=Space:a/Page_1&amp;action=edit&amp;section=1">edit</a><a href="/w/index.php?title=Space:a/Page_1&amp;action=edit">Edit</a>
<h1>Space:a/Page 1</h1><p>Old text. {}</p>"""
EDITOR = """<form action="/w/index.php?title=Space:a/Page_1&amp;action=submit"><input type=hidden name=wpEditToken value="t+\\">
<textarea name=wpTextbox1>Old text.</textarea><input type=submit name=wpPreview></form>"""
POST = """<title>One</title><h1>One</h1><form action="/wp-comments-post.php"><textarea name=comment></textarea>
<input type=hidden name=comment_post_ID value=7></form>{}"""


@dataclass
class Answered:
    """One answer, as Locust's session gives it."""

    url: str
    content: bytes
    status_code: int = 200
    failures: list[Exception] = field(default_factory=list)

    def failure(self, exc: Exception) -> None:
        self.failures.append(exc)


class Site:
    """Answers by method and part of the address, and keeps what it was sent."""

    def __init__(self, **pages: str | Callable[[dict[str, str]], str]) -> None:
        self.pages = pages
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.answers: list[Answered] = []

    @contextmanager
    def request(self, method: str, url: str, *, name: str, **options: Any) -> Iterator[Answered]:  # noqa: ANN401 - as requests has it
        self.sent.append((method, url, options))
        page = self.pages[name.replace("-", "_")]
        text = page(options.get("data", {})) if callable(page) else page
        head, _, body = text.rpartition("</title>")
        self.answers.append(Answered(url, f"<html><head>{head}</title></head><body>{body}</body></html>".encode()))
        yield self.answers[-1]


def test_an_edit_is_sent_from_the_pages_own_editor_with_all_its_hidden_fields() -> None:
    site = Site(wiki_page=ARTICLE.format(""), wiki_editor=EDITOR, wiki_edit=ARTICLE.format("New."))
    wiki.edit(Visitor(site.request), WIKI, "Space:a/Page 1", "New.")
    assert site.sent[1][1] == "https://wiki.example/w/index.php?title=Space:a/Page_1&action=edit"
    method, url, options = site.sent[2]
    assert (method, url) == ("POST", "https://wiki.example/w/index.php?title=Space:a/Page_1&action=submit")
    assert options["data"] == {"wpEditToken": "t+\\", "wpTextbox1": "Old text.\n\nNew.\n", "wpSummary": "test", "wpSave": "1"}


def test_an_edit_that_only_led_to_a_preview_is_a_failure() -> None:
    site = Site(wiki_page=ARTICLE.format(""), wiki_editor=EDITOR, wiki_edit=ARTICLE.format("New.") + EDITOR)
    with pytest.raises(Unseen, match="nothing was saved"):
        wiki.edit(Visitor(site.request), WIKI, "Space:a/Page 1", "New.")
    assert len(site.answers[-1].failures) == 1


def test_a_comment_is_sent_by_the_posts_own_form_and_must_be_seen() -> None:
    site = Site(blog_post=POST.format(""), comment=lambda data: POST.format(data["comment"]))
    blog.comment(Visitor(site.request), "https://a.example/one/", "One", "Well said.")
    assert site.sent[1][1] == "https://a.example/wp-comments-post.php"
    assert site.sent[1][2]["data"] == {"comment": "Well said.", "comment_post_ID": "7"}


def test_a_comment_that_was_swallowed_is_a_failure() -> None:
    site = Site(blog_post=POST.format(""), comment=POST.format(""))
    with pytest.raises(Unseen, match=r"does not show 'Well said\.'"):
        blog.comment(Visitor(site.request), "https://a.example/one/", "One", "Well said.")


def test_a_sign_in_that_shows_the_form_again_is_a_failure_and_does_not_tell_the_password() -> None:
    form = "<title>Log In</title><form><input name=log><input type=password name=pwd></form>"
    site = Site(sign_in_form=form, sign_in=form)
    with pytest.raises(Unseen) as caught:
        blog.sign_in(Visitor(site.request), "https://a.example/s/", Identity(login="a", password="s3cret"))  # noqa: S106 - of nobody
    assert "s3cret" not in str(caught.value)


def test_a_picture_is_a_png_of_its_own() -> None:
    assert png("a").startswith(b"\x89PNG\r\n\x1a\n")
    assert png("a") == png("a") != png("b")
