"""A crowd of browsers, some signed in, and the one request that each request class is.

Imported by scenarios only, inside the Locust process.
"""

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlencode, urljoin

from loadtests.spaces import Identity, Item
from loadtests.steps import blog, wiki
from loadtests.steps.browser import Browser, Failed, member
from loadtests.target import Target
from loadtests.written import Ledger

ANONYMOUS = 12
BETWEEN_COMMENTS_S = 16.0
FOUND, CREATED = 302, 201
END = "</html>"
SIGNED_IN_BLOG, SIGNED_IN_WIKI = "action=logout", "UserLogout"
Follow = Callable[[], object]
"""What the browser asks for next, because of what it was answered."""


@dataclass
class Writer:
    """Somebody signed in, with what their browser was given to write with."""

    browser: Browser
    root: str = ""
    token: str = ""


@dataclass
class Crowd:
    """Everybody who acts; ``rest`` holds the readers, the one who commented longest ago first."""

    target: Target
    ledger: Ledger
    anonymous: list[Browser] = field(default_factory=list)
    rest: deque[tuple[float, Browser]] = field(default_factory=deque)
    authors: list[Writer] = field(default_factory=list)
    editors: list[Writer] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Seed the choice of pages and let everybody without a session come."""
        self.draw = random.Random(self.target.token)  # noqa: S311 - a workload, not a secret
        self.anonymous = [self.browser() for _ in range(ANONYMOUS)]
        self.api = urljoin(self.target.wiki.pages[0].url, "/w/api.php")
        self.index = urljoin(self.api, "index.php")
        self.next_page = cycle(self.target.wiki.pages)

    def browser(self) -> Browser:
        """Return a new browser."""
        return Browser(str(self.target.ca_file), self.target.keep_s)

    def sign_in(self) -> list[Callable[[], None]]:
        """Return what lets everybody sign in, one call for each person."""
        space = self.target.blog
        readers = [lambda who=who: self._reader(who) for who in space.people("subscriber")]
        authors = [lambda who=who: self._author(who) for who in space.people("author")]
        return [*readers, *authors, *(lambda who=who: self._editor(who) for who in self.target.wiki.users)]

    def _reader(self, who: Identity) -> None:
        browser = self.browser()
        blog.sign_in(browser.visitor, self.target.blog.site_url, who)
        self.rest.append((0.0, browser))

    def _author(self, who: Identity) -> None:
        browser = self.browser()
        blog.sign_in(browser.visitor, self.target.blog.site_url, who)
        editor = blog.open_editor(browser.visitor, self.target.blog.site_url)
        self.authors.append(Writer(browser, editor.root, editor.nonce))

    def _editor(self, who: Identity) -> None:
        browser, page = self.browser(), self.target.wiki.pages[0]
        wiki.sign_in(browser.visitor, browser.visitor.get("wiki-page", page.url), who)
        answer = browser.ask("GET", self.api, params={"action": "query", "meta": "tokens", "format": "json"})
        self.editors.append(Writer(browser, self.api, member(answer, "query", "tokens", "csrftoken")))

    def act(self, request_class: str) -> Follow | None:
        """Send one request of ``request_class``; return what follows it. Raises Failed."""
        actions: dict[str, Callable[[], Follow | None]] = {
            "blog-post": lambda: self.read_post(self._anyone(), self._post()),
            "blog-front": lambda: self.read_front(self._anyone()),
            "blog-feed": self._feed,
            "wiki-page": lambda: self.read_page(self._anyone(), self._page()),
            "blog-post-signed-in": lambda: self.read_post(self._reading(), self._post(), SIGNED_IN_BLOG),
            "blog-front-signed-in": lambda: self.read_front(self._reading(), SIGNED_IN_BLOG),
            "blog-search-signed-in": self._search,
            "wiki-page-signed-in": lambda: self.read_page(self._editing().browser, self._page(), SIGNED_IN_WIKI),
            "wiki-editor": self._open_editor,
            "comment": self._comment,
            "publish": self._publish,
            "wiki-edit": self._edit,
        }
        return actions[request_class]()

    def read_post(self, who: Browser, post: Item, *signs: str) -> None:
        """Read a post."""
        who.ask("GET", post.url, post.title, *signs, END)

    def read_front(self, who: Browser, *signs: str) -> None:
        """Read the blog's first page."""
        who.ask("GET", self.target.blog.site_url, f"Test {self.target.token}", *signs, END)

    def read_page(self, who: Browser, page: Item, *signs: str) -> None:
        """Read a wiki page."""
        who.ask("GET", page.url, f"of the test space {self.target.token}", *signs, END)

    def _feed(self) -> None:
        self._anyone().ask("GET", urljoin(self.target.blog.site_url, "feed/"), "<rss", "</rss>")

    def _search(self) -> None:
        post = self._post()
        words = urlencode({"s": f"number{post.title.rsplit(' ', 1)[1]}"})
        self._reading().ask("GET", f"{self.target.blog.site_url}?{words}", post.title, SIGNED_IN_BLOG, END)

    def _open_editor(self) -> None:
        page = self._page()
        self._editing().browser.ask("GET", self.index, "wpTextbox1", SIGNED_IN_WIKI, END, params={"title": page.title, "action": "edit"})

    def _comment(self) -> Follow | None:
        since, who = self.rest[0]
        post = self._post()
        if time.monotonic() - since < BETWEEN_COMMENTS_S:  # WordPress would call it a flood
            self.read_post(who, post, SIGNED_IN_BLOG)
            return None
        self.rest[0] = (time.monotonic(), who)
        self.rest.rotate(-1)
        word = self.ledger.word()
        form = {"comment": f"Well said, {word}.", "comment_post_ID": str(post.id), "comment_parent": "0"}
        answer = who.ask("POST", urljoin(self.target.blog.site_url, "wp-comments-post.php"), status=FOUND, data=form, allow_redirects=False)
        self.ledger.acknowledge(word, post.url)
        return lambda: who.ask("GET", urljoin(post.url, answer.headers["Location"]), post.title, word, SIGNED_IN_BLOG, END)

    def _publish(self) -> Follow:
        who, word = self.draw.choice(self.authors), self.ledger.word()
        body = {"title": f"News {word}", "content": "<p>Written while the platform is changed.</p>", "status": "publish"}
        answer = who.browser.ask("POST", f"{who.root}wp/v2/posts", status=CREATED, json=body, headers={"X-WP-Nonce": who.token})
        link = str(member(answer, "link"))
        self.ledger.acknowledge(word, link)
        return lambda: who.browser.ask("GET", link, word, SIGNED_IN_BLOG, END)

    def _edit(self) -> Follow:
        who, page, word = self._editing(), next(self.next_page), self.ledger.word()
        form = {"action": "edit", "title": page.title, "appendtext": f"\n\nA sentence, {word}.", "assert": "user", "format": "json", "token": who.token}
        answer = who.browser.ask("POST", self.api, data=form)
        if answer.json().get("edit", {}).get("result") != "Success":
            raise Failed("not saved", f"{page.title}: {answer.text[:200]}", answer.status_code)
        self.ledger.acknowledge(word, page.url)
        return lambda: who.browser.ask("GET", page.url, word, SIGNED_IN_WIKI, END)

    def _anyone(self) -> Browser:
        return self.draw.choice(self.anonymous)

    def _reading(self) -> Browser:
        return self.rest[self.draw.randrange(len(self.rest))][1]

    def _editing(self) -> Writer:
        return self.draw.choice(self.editors)

    def _post(self) -> Item:
        return self.draw.choice(self.target.blog.posts)

    def _page(self) -> Item:
        return self.draw.choice(self.target.wiki.pages)


def everything(crowd: Crowd) -> list[str]:
    """Return every title, comment and page of the test spaces, as they are kept; raises Failed."""
    return [*_kept(crowd, "posts", "title"), *_kept(crowd, "comments", "content"), *(_wikitext(crowd, page) for page in crowd.target.wiki.pages)]


def _kept(crowd: Crowd, kind: str, part: str) -> list[str]:
    author, found, number, last = crowd.authors[0], [], 1, 1
    while number <= last:
        asked: dict[str, Any] = {"per_page": 100, "page": number, "_fields": part, "orderby": "id", "order": "asc"}
        answer = author.browser.ask("GET", f"{author.root}wp/v2/{kind}", params=asked, headers={"X-WP-Nonce": author.token})
        found += [str(entry[part]["rendered"]) for entry in answer.json()]
        number, last = number + 1, int(answer.headers["X-WP-TotalPages"])
    return found


def _wikitext(crowd: Crowd, page: Item) -> str:
    return crowd.editors[0].browser.ask("GET", crowd.index, params={"title": page.title, "action": "raw"}).text


def stale(crowd: Crowd, patience_s: float) -> list[str]:
    """Return what was written last on pages that show it to no reader without a session, even after ``patience_s``."""
    reader, deadline, left = crowd.browser(), time.monotonic() + patience_s, crowd.ledger.pages()
    while left:
        left = {url: word for url, word in left.items() if word not in reader.ask("GET", url).text}
        if time.monotonic() > deadline:
            break
    return [f"{word} on {url}" for url, word in left.items()]
