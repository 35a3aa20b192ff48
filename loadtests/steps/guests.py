"""Guests of the steady test: each visit a browser of its own, and the requests that each of its actions is.

Imported by scenarios only, inside the Locust process.
"""

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from http.cookiejar import Cookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from gevent.event import Event
from gevent.pool import Pool

from loadtests.seed.popularity import Popular
from loadtests.spaces import Identity
from loadtests.steady.order import Order, Shown
from loadtests.steady.schedule import Action
from loadtests.steps import blog, wiki
from loadtests.steps.browser import Browser
from loadtests.steps.checks import Unseen, shows
from loadtests.steps.crowd import END, SIGNED_IN_BLOG, SIGNED_IN_WIKI
from loadtests.steps.picture import png
from loadtests.target import Target

SIGN_INS_AT_ONCE = 3
PICTURES = 6
WARM_S = 30.0
"""For reading what is read most before anybody comes: the object cache of a platform in use holds it."""
PICTURE_PIXELS = 1600, 1200
ASSET = re.compile(
    r"""<link\b[^>]*\brel=["']stylesheet["'][^>]*\bhref=["']([^"']+)|<link\b[^>]*\bhref=["']([^"']+)["'][^>]*\brel=["']stylesheet|<script\b[^>]*\bsrc=["']([^"']+)"""
)
Call = Callable[[], Any]


@dataclass(frozen=True)
class Step:
    """One request as the plan counts them: of a class, to an address."""

    request_class: str
    url: str
    send: Call


@dataclass
class Visit:
    """Somebody's browser while they are here; ``ready`` when they are signed in or need not be, ``gone`` where they could not."""

    browser: Browser
    ready: Event = field(default_factory=Event)
    gone: bool = False
    held: set[str] = field(default_factory=set)
    """Addresses of styles and scripts that the browser holds."""


@dataclass
class Author:
    """Somebody who writes posts, with what the editor gave their browser."""

    browser: Browser
    desk: blog.Editor


class Guests:
    """Everybody who comes, and what they find; ``process`` is which of how many processes lets them come, counted from 0."""

    def __init__(self, target: Target, order: Order, process: tuple[int, int] = (0, 1)) -> None:
        self.target, self.order, self.process = target, order, process
        self.visits: dict[int, Visit] = {}
        self.sessions: dict[str, list[Any]] = {"blog": [], "wiki": []}
        self.authors: list[Author] = []
        self.pictures: list[str] = []
        self.upload = b""
        self.written, self.begun = 0, int(time.time())
        self.poller = self.browser()
        self._posts, self._pages = (Popular([one.weight for one in shown]) for shown in (order.posts, order.pages))

    def browser(self) -> Browser:
        """Return a new browser."""
        return Browser(str(self.target.ca_file), self.target.keep_s)

    def prepare(self) -> None:
        """Let those sign in whose session is older than the test, and put pictures there; raises Unseen where that fails."""
        pool = Pool(SIGN_INS_AT_ONCE)
        people = [*(("blog", who) for who in self.target.blog.people("subscriber")), *(("wiki", who) for who in self.target.wiki.users)]
        jobs = [pool.spawn(self._session, kind, who) for kind, who in people]
        jobs += [pool.spawn(self._author, who) for who in self.target.blog.people("author")]
        for job in jobs:
            job.get()
        author = self.authors[0]
        for number in range(PICTURES):
            name = f"shown-{self.target.token}-{number}"
            self.pictures.append(blog.upload(author.browser.visitor, author.desk, f"{name}.png", png(name)))
        self._draw_upload()
        self.warm(WARM_S)

    def _draw_upload(self) -> None:
        self.upload = png(self.target.token, *PICTURE_PIXELS)

    def warm(self, seconds: float) -> None:
        """Read pages, signed in, one after the other and those first that are read most, until all are read or ``seconds`` are over."""
        end, here = time.monotonic() + seconds, {kind: self.browser() for kind in self.sessions}
        for kind, browser in here.items():
            for cookies in self.sessions[kind][:1]:
                browser.session.cookies.update(cookies)
        pages = [(one.weight, kind, one.url) for kind, shown in (("blog", self.order.posts), ("wiki", self.order.pages)) for one in shown]
        for _, kind, url in sorted(pages, reverse=True):
            if time.monotonic() > end:
                return
            with suppress(Unseen):  # a page that cannot be read shows in the test itself, counted
                here[kind].ask("GET", url)

    def given(self) -> dict[str, Any]:
        """Return what was prepared, as another process can take it: sessions, authors at their desks, pictures."""
        return {
            "sessions": {kind: [_packed(jar) for jar in jars] for kind, jars in self.sessions.items()},
            "authors": [{"cookies": _packed(author.browser.session.cookies), "desk": asdict(author.desk)} for author in self.authors],
            "pictures": self.pictures,
        }

    def take(self, given: dict[str, Any]) -> None:
        """Take what another process has prepared: the same people act here, and nobody signs in for it."""
        self.sessions = {kind: [_unpacked(cookies) for cookies in jars] for kind, jars in given["sessions"].items()}
        self.pictures = list(given["pictures"])
        for author in given["authors"]:
            browser = self.browser()
            browser.session.cookies.update(_unpacked(author["cookies"]))
            self.authors.append(Author(browser, blog.Editor(**author["desk"])))
        self._draw_upload()

    def _session(self, kind: str, who: Identity) -> None:
        browser = self.browser()
        if kind == "blog":
            blog.sign_in(browser.visitor, self.target.blog.site_url, who)
        else:
            wiki.sign_in(browser.visitor, browser.visitor.get("wiki-page", self.target.wiki.pages[0].url), who)
        self.sessions[kind].append(browser.session.cookies)

    def _author(self, who: Identity) -> None:
        browser, site = self.browser(), self.target.blog.site_url
        blog.sign_in(browser.visitor, site, who)
        self.authors.append(Author(browser, blog.open_editor(browser.visitor, site)))

    def visit(self, action: Action) -> Visit:
        """Return the visit that ``action`` belongs to: a browser with the sessions that its owner brings along."""
        if action.visit not in self.visits:
            here = self.visits[action.visit] = Visit(self.browser())
            here.browser.session.cookies.update(self._session_of("wiki", action))
            if action.request_class != "sign_in":
                if action.signed_in:
                    here.browser.session.cookies.update(self._session_of("blog", action))
                here.ready.set()
        return self.visits[action.visit]

    def _session_of(self, kind: str, action: Action) -> Any:  # noqa: ANN401 - a cookie jar
        """Return whose session a visit brings along: the same, whichever process it comes from."""
        return self.sessions[kind][action.visit % len(self.sessions[kind])]

    def steps(self, action: Action) -> Iterator[Step]:
        """Yield the requests of ``action``, one after the other; each is sent before the next is asked for."""
        found: dict[str, Callable[[Action, Visit], Iterator[Step]]] = {
            "page_anonymous": self._post,
            "page_signed_in": self._post,
            "wiki_view": self._page,
            "feed": self._feed,
            "search": self._search,
            "sign_in": self._sign_in,
            "comment": self._comment,
            "post": self._publish,
            "upload": self._upload,
            "wiki_edit": self._edit,
        }
        return found[action.request_class](action, self.visit(action))

    def following(self, action: Action, url: str, page: requests.Response) -> list[Step]:
        """Return what a browser asks for because of the page that came: pictures, and styles and scripts that it does not hold."""
        here, steps = self.visits[action.visit], []
        for number in range(action.pictures):
            picture = self.pictures[(int(action.pick * 1e6) + number) % len(self.pictures)]
            steps.append(_file("media_view", here, picture))
        if action.fresh:
            named = [urljoin(url, html.unescape(next(filter(None, found)))) for found in ASSET.findall(page.text)]
            for address in dict.fromkeys(named):
                if address not in here.held and urlsplit(address).hostname in self.target.hosts:
                    here.held.add(address)
                    steps.append(_file("asset", here, address))
        return steps

    def _post(self, action: Action, here: Visit) -> Iterator[Step]:
        post = self.order.posts[self._posts.at(action.pick)]
        yield Step(action.request_class, post.url, lambda: here.browser.ask("GET", post.url, *_signs(post, SIGNED_IN_BLOG if action.signed_in else "")))

    def _page(self, action: Action, here: Visit) -> Iterator[Step]:
        page = self.order.pages[self._pages.at(action.pick)]
        yield Step("wiki_view", page.url, lambda: here.browser.ask("GET", page.url, *_signs(page, SIGNED_IN_WIKI)))

    def _feed(self, _: Action, __: Visit) -> Iterator[Step]:
        url = urljoin(self.target.blog.site_url, "feed/")
        yield Step("feed", url, lambda: self.poller.ask("GET", url, "<rss", "</rss>"))

    def _search(self, action: Action, here: Visit) -> Iterator[Step]:
        post = self._any_post(action)
        url = f"{self.target.blog.site_url}?{urlencode({'s': 'number' + post.title.rsplit(' ', 1)[1]})}"
        signs = (post.title, SIGNED_IN_BLOG, END) if action.signed_in else (post.title, END)
        yield Step("search", url, lambda: here.browser.ask("GET", url, *signs))

    def _sign_in(self, action: Action, here: Visit) -> Iterator[Step]:
        site, people = self.target.blog.site_url, self.target.blog.people("subscriber")
        who = people[action.visit % len(people)]
        yield Step("sign_in", urljoin(site, "wp-login.php"), lambda: blog.sign_in(here.browser.visitor, site, who))

    def _comment(self, action: Action, here: Visit) -> Iterator[Step]:
        post, word = self._any_post(action), self._word()
        url = urljoin(self.target.blog.site_url, "wp-comments-post.php")
        form = {"comment": f"Well said, {word}.", "comment_post_ID": str(post.id), "comment_parent": "0"}
        yield Step("comment", url, lambda: here.browser.ask("POST", url, post.title, word, SIGNED_IN_BLOG, END, data=form))

    def _publish(self, action: Action, _: Visit) -> Iterator[Step]:
        author, site, word = self._any_author(action), self.target.blog.site_url, self._word()
        visitor, picture = author.browser.visitor, self.pictures[0]
        yield Step("page_signed_in", urljoin(site, "wp-admin/post-new.php"), lambda: blog.open_editor(visitor, site))
        yield Step("post", site, lambda: blog.publish(visitor, author.desk, f"News {word}", "Text. " * 100, picture))

    def _upload(self, action: Action, _: Visit) -> Iterator[Step]:
        author, name = self._any_author(action), f"{self._word()}.png"
        yield Step("upload", self.target.blog.site_url, lambda: blog.upload(author.browser.visitor, author.desk, name, self.upload))

    def _edit(self, action: Action, here: Visit) -> Iterator[Step]:
        pages, word = self.target.wiki.pages, self._word()
        page = pages[int(action.pick * len(pages))]
        forms: list[Any] = []
        url = f"{page.url}{'&' if '?' in page.url else '?'}action=edit"
        yield Step("wiki_view", url, lambda: forms.append(wiki.open_editor(here.browser.visitor, url)))
        yield Step("wiki_edit", page.url, lambda: wiki.save(here.browser.visitor, forms[0], page.title, f"A sentence, {word}."))

    def _any_post(self, action: Action) -> Any:  # noqa: ANN401 - an item
        posts = self.target.blog.posts
        return posts[int(action.pick * len(posts))]

    def _any_author(self, action: Action) -> Author:
        return self.authors[int(action.pick * len(self.authors))]

    def _word(self) -> str:
        """Return a word that nobody else has written, in no process and no run before in the same test space."""
        number, of = self.process
        self.written += 1
        return f"w{self.target.token}x{self.begun:x}y{self.written * of + number:06d}z"


def _packed(jar: requests.cookies.RequestsCookieJar) -> list[dict[str, Any]]:
    """Return the cookies of a jar as plain values."""
    return [{name.removeprefix("_"): value for name, value in vars(cookie).items()} for cookie in jar]


def _unpacked(cookies: list[dict[str, Any]]) -> requests.cookies.RequestsCookieJar:
    jar = requests.cookies.RequestsCookieJar()
    for one in cookies:
        jar.set_cookie(Cookie(**one))
    return jar


def look(browser: Browser, target: Target, number: int) -> Step:
    """Return a look at one of the real first pages, in turn: read, never written."""
    front = target.fronts[number % len(target.fronts)]
    if front.kind == "blog":
        return Step("probe", front.url, lambda: blog.read_front(browser.visitor, front.url, front.title))
    return Step("probe", front.url, lambda: browser.visitor.get("wiki-page", front.url, shows(front.title)))


def _file(request_class: str, here: Visit, url: str) -> Step:
    return Step(request_class, url, lambda: here.browser.ask("GET", url))


def _signs(shown: Shown, signed_in: str) -> tuple[str, ...]:
    """Return what must stand in the page: its title, the end, and on a page of the test space that it knows who reads."""
    title = html.escape(shown.title, quote=False) if not shown.own else shown.title.rpartition("/")[2]
    return (title, END, signed_in) if shown.own and signed_in else (title, END)
