"""People who write posts on lab hosts through the front door, and remember which of them were acknowledged."""

import itertools
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from loadtests.resolve import only
from tests.lab.machine import Machine

TIMEOUT_S, PATIENCE_S = 20, 60
LOOKUP = socket.getaddrinfo
CREATED = 201


@dataclass(frozen=True)
class Site:
    """A platform's internal blogs: where they are, whom its clients trust, the administrator's password."""

    base: str
    address: str
    trusted: str
    password: str

    @property
    def host(self) -> str:
        """The host's name."""
        return str(urlsplit(self.base).hostname)


def site_of(machine: Machine) -> Site:
    """Return the blogs of the desk on a lab host."""
    trusted, password = (machine.shell(f"cat /var/lib/underdesk/desk/{file}") for file in ("tls/ca.pem", "secrets/administrator"))
    return Site("https://blogs.desk.test/", machine.host.address, trusted, password)


class Author:
    """The administrator with a browser of his own, on another machine than the platform."""

    def __init__(self, site: Site, folder: Path, timeout_s: float = TIMEOUT_S) -> None:
        """Sign in."""
        trusted = folder / "ca.pem"
        trusted.write_text(site.trusted)
        self.posts, self.timeout_s = f"{site.base}wp-json/wp/v2/posts", timeout_s
        socket.getaddrinfo = only([site.host], site.address, LOOKUP)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(trusted)
        self.session.get(f"{site.base}wp-login.php", timeout=PATIENCE_S)
        form = {"log": "admin", "pwd": site.password, "testcookie": "1"}
        assert "wp-admin" in self.session.post(f"{site.base}wp-login.php", data=form, timeout=PATIENCE_S).url
        self.nonce = self.session.get(f"{site.base}wp-admin/admin-ajax.php", params={"action": "rest-nonce"}, timeout=PATIENCE_S).text

    def refused(self, title: str) -> str:
        """Publish a post, and return why it was not acknowledged; "": it was."""
        post = {"title": title, "content": "Written while the power may fail.", "status": "publish"}
        try:
            status = self.session.post(self.posts, json=post, headers={"X-WP-Nonce": self.nonce}, timeout=self.timeout_s).status_code
        except requests.RequestException as problem:
            return type(problem).__name__
        return "" if status == CREATED else str(status)

    def titles(self, like: str) -> set[str]:
        """Return the titles of all posts that hold ``like``."""
        found: set[str] = set()
        for page in itertools.count(1):
            asked: dict[str, str | int] = {"search": like, "per_page": 100, "page": page, "context": "edit"}
            answer = self.session.get(self.posts, params=asked, headers={"X-WP-Nonce": self.nonce}, timeout=PATIENCE_S)
            if answer.status_code != requests.codes.ok or not answer.json():
                return found
            found |= {post["title"]["raw"] for post in answer.json()}
        return found

    def close(self) -> None:
        """Leave."""
        self.session.close()
        socket.getaddrinfo = LOOKUP


class Newsroom:
    """Several posts at a time, until nothing is acknowledged any more."""

    def __init__(self, author: Author, mark: str, writers: int = 2) -> None:
        self.author, self.mark = author, mark
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self.threads = [threading.Thread(target=self._live, args=(number,)) for number in range(writers)]

    def open(self, at_least: int) -> None:
        """Begin, and return when ``at_least`` posts were acknowledged and the writers go on."""
        for thread in self.threads:
            thread.start()
        self.at_least = at_least
        assert self.enough.wait(120) or len(self.acknowledged) >= at_least, "nobody can write"

    def close(self) -> list[str]:
        """Return what was acknowledged, when the last writer has given up."""
        for thread in self.threads:
            thread.join()
        return self.acknowledged

    def _live(self, number: int) -> None:
        for count in itertools.count():
            title = f"{self.mark} {number} {count}"
            if self.author.refused(title):
                return
            self.acknowledged.append(title)
            if len(self.acknowledged) >= getattr(self, "at_least", 1):
                self.enough.set()
