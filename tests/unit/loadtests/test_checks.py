"""An answer with the right status that does not show what people came for is a failure."""

import pytest

from loadtests.steps.checks import Check, Unseen, answered, entries, is_bytes, is_feed, links_to, pictures, shows, titled
from loadtests.steps.document import Page

GOOD = Page(
    "https://a.example/", 200, b"<html><head><title>First - News</title></head><body>Well said. <img src=/p.png><a href=/?action=logout>x</a></body></html>"
)
ERROR = Page(
    "https://a.example/", 200, b"<html><head><title>Error</title></head><body>Error establishing a database connection <!-- First - News --></body></html>"
)
FEED = Page(
    "https://a.example/feed/",
    200,
    b"<rss><channel><title>News</title><item><title>One &amp; two</title><link>https://a.example/1</link></item></channel></rss>",
)


@pytest.mark.parametrize(
    "check",
    [titled("First"), shows("Well said."), links_to("action=logout"), pictures("https://a.example/p.png"), answered(200)],
)
def test_what_is_there_is_seen(check: Check) -> None:
    check(GOOD)


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("title", titled("First")),
        ("text", shows("First")),
        ("text", shows("Well said.")),
        ("link", links_to("action=logout")),
        ("picture", pictures("https://a.example/p.png")),
        ("picture", is_bytes(b"\x89PNG")),
        ("status", answered(201)),
        ("feed", is_feed),
    ],
)
def test_an_error_page_with_status_200_is_a_failure(kind: str, check: Check) -> None:
    with pytest.raises(Unseen) as caught:
        check(ERROR)
    assert caught.value.kind == kind


def test_a_failure_says_where_and_what_was_seen_instead() -> None:
    with pytest.raises(Unseen, match=r"https://a.example/: does not show 'Well said.' \(seen: Error\)"):
        shows("Well said.")(ERROR)


def test_a_feed_gives_its_entries() -> None:
    is_feed(FEED)
    assert [(entry.title, entry.url) for entry in entries(FEED)] == [("One & two", "https://a.example/1")]
