"""A platform that answers as WordPress and MediaWiki do, as far as a steady test looks, on this machine's loopback."""

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sizing.plan import Plan
from tests.unit.loadtests.remembered import PASSWORD, RememberedDeployment
from tests.unit.loadtests.steady import peaks

HOSTS = {"blogs.example": "News", "www.example": "Outside", "wiki.example": "Handbook"}


@dataclass
class PretendDeployment(RememberedDeployment):
    """A deployment whose plan tells its peak, and whose test blog has three posts."""

    posts: int = 3

    @property
    def plan(self) -> Plan:
        found = peaks.plan()
        targets = found.targets.model_copy(update={"page_p95_ms": 4000.0})  # who runs the tests may have a busy machine
        return found.model_copy(update={"platform": super().plan.platform, "targets": targets})

    def _made(self, service: str, token: str) -> str:
        made = json.loads(super()._made(service, token))
        if service == "blogs":
            made["posts"] = [{"id": number, "url": f"{made['site_url']}{number}/", "title": f"Test post {number}"} for number in range(1, self.posts + 1)]
        return json.dumps(made)


@dataclass
class Mood:
    """How the platform behaves: everybody waits until ``awake`` (monotonic), ``dead`` closes every connection, ``password`` is the right one.

    ``asked`` counts all requests, ``signed_in`` those who signed in.
    """

    awake: float = 0.0
    dead: bool = False
    password: str = PASSWORD
    uploads: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0
    connections: int = 0
    signed_in: int = 0


class Pretend(BaseHTTPRequestHandler):
    """One request."""

    mood = Mood()
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.mood.connections += 1

    def do_GET(self) -> None:
        self._answer({}, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = parse_qs(body.decode()) if "form" in self.headers.get("Content-Type", "") else {}
        self._answer({name: values[0] for name, values in form.items()}, body)

    def _answer(self, form: dict[str, str], body: bytes) -> None:
        self.mood.asked += 1
        if self.mood.dead:
            self.close_connection = True
            return
        time.sleep(max(0.0, self.mood.awake - time.monotonic()))
        self.host = self.headers["Host"].split(":")[0]
        self.own = f"https://{self.headers['Host']}"
        self.at = urlsplit(self.path)
        answer = self._wiki(form) if self.host == "wiki.example" else self._blog(form, body)
        self._send(*answer)

    def _send(self, status: int, kind: str, content: bytes, cookie: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.command == "GET" and "session=1" not in self.headers.get("Cookie", ""):
            self.send_header("X-Cache-Status", "HIT")
        if cookie:
            self.send_header("Set-Cookie", f"{cookie}; Path=/")
        self.end_headers()
        self.wfile.write(content)

    def _page(self, title: str, text: str = "", cookie: str = "") -> tuple[int, str, bytes, str]:
        out = '<a href="/x?action=logout">Out</a><a href="/UserLogout">Out</a>' if cookie or "session=1" in self.headers.get("Cookie", "") else ""
        head = f'<head><title>{title}</title><link rel="stylesheet" href="/wp-includes/style.css"></head>'
        return 200, "text/html; charset=utf-8", f"<html>{head}<body><h1>{title}</h1>{text}{out}</body></html>".encode(), cookie

    def _blog(self, form: dict[str, str], body: bytes) -> tuple[int, str, bytes, str]:  # noqa: PLR0911 - one for each thing that is asked
        path = self.at.path
        token = (re.search(r"underdesk-test-(\w+)", path) or [path, ""])[1]
        if path.endswith("wp-login.php"):
            right = self._let_in(form.get("pwd"))
            return self._page("Log In", '<form action="wp-login.php"><input name="log"><input name="pwd"></form>', "session=1" if right else "")
        if path.endswith("post-new.php"):
            root = f"{self.own}/underdesk-test-{token}/wp-json/".replace("/", "\\/")
            return self._page("Add", f'createNonceMiddleware( "n" ) createRootURLMiddleware( "{root}" )')
        if path.endswith("/media"):
            name = f"/files/{len(self.mood.uploads)}.png"
            self.mood.uploads[name] = body
            return 201, "application/json", json.dumps({"source_url": self.own + name}).encode(), ""
        if path in self.mood.uploads:
            return 200, "image/png", self.mood.uploads[path], ""
        if path.endswith("/posts"):
            return 201, "application/json", json.dumps({"link": f"{self.own}/new/"}).encode(), ""
        if path.endswith("/feed/"):
            return 200, "text/xml", b"<rss></rss>", ""
        if path.endswith("wp-comments-post.php"):
            return self._page(f"Test post {form['comment_post_ID']}", form["comment"])
        if "s=number" in self.at.query:
            return self._page(f"Test post {self.at.query.rpartition('number')[2]}")
        number = path.strip("/").rpartition("/")[2]
        title = f"Test post {number}" if number.isdigit() else f"Test {token}" if token else HOSTS[self.host]
        return self._page(title)

    def _let_in(self, password: str | None) -> bool:
        self.mood.signed_in += password == self.mood.password
        return password == self.mood.password

    def _wiki(self, form: dict[str, str]) -> tuple[int, str, bytes, str]:
        if "UserLogin" in self.path:
            right = self._let_in(form.get("wpPassword"))
            return self._page("Log in", '<form action="/UserLogin"><input name="wpName"><input name="wpPassword"></form>', "session=1" if right else "")
        token = self.at.path.strip("/").partition("/")[0]
        title = f"UnderdeskTest:{token}/Page 1" if token else HOSTS[self.host]
        if "wpSave" in form:
            return self._page(title, form["wpTextbox1"])
        if "action=edit" in self.at.query:
            return self._page("Editing", f'<form action="{self.at.path}"><textarea name="wpTextbox1">Text</textarea></form>')
        return self._page(title, '<a href="/UserLogin">In</a>')

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Says nothing of clients that go."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def pretending(folder: Path, certificate: Path, mood: Mood) -> Iterator[PretendDeployment]:
    """A deployment that is served in this process."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(("127.0.0.1", 0), type("Answering", (Pretend,), {"mood": mood}))
    port = server.server_address[1]
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    urls = {role: f"https://{host}:{port}/" for role, host in (("internal", "blogs.example"), ("external", "www.example"), ("wiki", "wiki.example"))}
    yield PretendDeployment(folder, urls=urls, ports=(80, port), ca_file=certificate)
    server.shutdown()
    server.server_close()


def when_open(mood: Mood, deed: Callable[[], object], after: int = 120) -> None:
    """Do ``deed`` when so many requests were asked."""

    def wait() -> None:
        while mood.asked < after:
            time.sleep(0.02)
        deed()

    threading.Thread(target=wait, daemon=True).start()
