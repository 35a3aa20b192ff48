"""People who publish posts and wiki pages with pictures, over HTTP, and what is left of their work after a power cut."""

import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import requests

from loadtests.spaces import BlogSpace, WikiSpace
from loadtests.steps.picture import png
from tests.durability.acknowledged import Acknowledged
from tests.durability.rig import REQUEST_S, until

PORT = 8080
FOUND, SERVER_ERROR = 302, 500
WIDTH, HEIGHT = 400, 320  # larger than what WordPress calls medium: it makes smaller ones
PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
LOST = (requests.RequestException, KeyError, ValueError)  # no answer, or not the one that says it is done


@dataclass(frozen=True)
class Work:
    """Something that was published, and answered as published: where it is read, what it says, its picture and sizes of that."""

    page: str
    words: str
    picture: str
    seed: str
    sizes: tuple[str, ...] = ()


class Browser:
    """A browser in front of one web container; ``host`` is what the front door would pass on."""

    def __init__(self, address: str, host: str) -> None:
        self.base, self.headers, self.cookies = f"http://{address}:{PORT}", {"Host": host, "X-Forwarded-Proto": "https"}, dict[str, str]()

    def ask(self, method: str, url: str, headers: Mapping[str, str] | None = None, **options: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Send a request and keep the cookies, the secure ones too."""
        asked = urlsplit(url)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = requests.request(
            method,
            f"{self.base}{asked.path}" + (f"?{asked.query}" if asked.query else ""),
            headers={**self.headers, "Cookie": cookies, **(headers or {})},
            allow_redirects=False,
            timeout=REQUEST_S,
            **options,
        )
        for line in answer.raw.headers.getlist("Set-Cookie"):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer

    def read(self, url: str) -> requests.Response:
        """Open a page; a server that is too busy to say what there is, is asked again."""
        answers: list[requests.Response] = []

        def answered() -> bool:
            answers.append(self.ask("GET", url))
            return answers[-1].status_code < SERVER_ERROR

        until(url, answered)
        return answers[-1]

    def done(self, method: str, url: str, status: int, **options: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a request and return its JSON; raises one of LOST where that is not the answer."""
        answer = self.ask(method, url, **options)
        if answer.status_code != status:
            raise ValueError(f"{url}: {answer.status_code}: {answer.text[:200]}")
        return answer.json()


def author(address: str, host: str, space: BlogSpace) -> Callable[[], Work]:
    """Sign an author in; return what uploads a picture and publishes a post with it."""
    browser, person = Browser(address, host), space.people("author")[0]
    typed = {"log": person.login, "pwd": person.password, "redirect_to": space.site_url}
    until("sign-in", lambda: browser.ask("POST", f"{space.site_url}wp-login.php", data=typed).status_code == FOUND)
    nonce = browser.ask("GET", f"{space.site_url}wp-admin/admin-ajax.php?action=rest-nonce").text
    rest = f"{space.site_url}wp-json/wp/v2"

    def publish() -> Work:
        seed = f"seed{secrets.token_hex(6)}"
        file = {"X-WP-Nonce": nonce, "Content-Type": "image/png", "Content-Disposition": f'attachment; filename="{seed}.png"'}
        media = browser.done("POST", f"{rest}/media", 201, data=png(seed, WIDTH, HEIGHT), headers=file)
        post = {"title": seed, "content": f'<p>{seed}</p><img src="{media["source_url"]}">', "status": "publish"}
        link = browser.done("POST", f"{rest}/posts", 201, json=post, headers={"X-WP-Nonce": nonce})["link"]
        return Work(link, seed, media["source_url"], seed, tuple(size["source_url"] for size in media["media_details"]["sizes"].values()))

    return publish


def editor(address: str, host: str, space: WikiSpace) -> Callable[[], Work]:
    """Sign an editor in; return what uploads a picture and writes a page with it."""
    browser, person, api = Browser(address, host), space.users[0], "/w/api.php"
    query = {"action": "query", "meta": "tokens", "format": "json"}
    login = browser.done("GET", api, 200, params={**query, "type": "login"})["query"]["tokens"]["logintoken"]
    typed = {"username": person.login, "password": person.password, "logintoken": login, "loginreturnurl": f"https://{host}/"}
    browser.done("POST", api, 200, data={"action": "clientlogin", "format": "json", **typed})
    token = browser.done("GET", api, 200, params=query)["query"]["tokens"]["csrftoken"]
    mark = person.login.split("-")[2]

    def publish() -> Work:
        seed = f"seed{secrets.token_hex(6)}"
        same, name = {"format": "json", "token": token}, f"Underdesk-test-{mark}-{seed}.png"
        file = {"action": "upload", "filename": name, "comment": "underdesk-test", "ignorewarnings": "1", **same}
        picture = browser.done("POST", api, 200, data=file, files={"file": (name, png(seed, WIDTH, HEIGHT), "image/png")})["upload"]["imageinfo"]["url"]
        title = f"UnderdeskTest:{mark}/{seed}"
        page = {"action": "edit", "title": title, "text": f"{seed} [[File:{name}]]", "summary": "underdesk-test", "bot": "1", "assert": "user", **same}
        if browser.done("POST", api, 200, data=page)["edit"]["result"] != "Success":
            raise ValueError(title)
        return Work(f"/w/index.php?title={title}&action=raw", seed, picture, seed)

    return publish


def work(publish: Callable[[], Work], acknowledged: Acknowledged[Work], over: threading.Event) -> None:
    """Publish until it is ``over``; what was not answered does not count."""
    while not over.is_set():
        with suppress(*LOST):
            acknowledged.add(publish())


@dataclass(frozen=True)
class Found:
    """What of published work cannot be read any more."""

    acknowledged: int
    lost_pages: int
    lost_pictures: int
    lost_sizes: int

    @property
    def whole(self) -> bool:
        """Whether all can be read."""
        return not (self.lost_pages or self.lost_pictures or self.lost_sizes)


def found(address: str, host: str, works: set[Work]) -> Found:
    """Read everything that was acknowledged, as a reader would."""
    browser = Browser(address, host)
    pages = sum(one.words not in browser.read(one.page).text for one in works)
    pictures = sum(browser.read(one.picture).content != png(one.seed, WIDTH, HEIGHT) for one in works)
    sizes = [browser.read(size).content for one in works for size in one.sizes]
    return Found(len(works), pages, pictures, sum(not (size.startswith(PNG_START) and size.endswith(PNG_END)) for size in sizes))
