"""A browser that is quick to look and tells exactly how a request failed.

Imported by scenarios only, inside the Locust process. It keeps connections and cookies and never sends anything twice.
"""

import math
import time
from typing import Any

import requests
from locust.clients import HttpSession
from locust.event import EventHook
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from loadtests.steps.checks import OK, Unseen
from loadtests.steps.failures import kind_of
from loadtests.steps.visit import Visitor

PATIENCE_S = (15.0, 60.0)


class Opened:
    """Connections that were opened by all browsers and not told yet."""

    count = 0

    @classmethod
    def take(cls) -> int:
        """Return how many there are, once."""
        taken, cls.count = cls.count, 0
        return taken


class _Connection(HTTPSConnection):
    """A connection that is counted as it opens."""

    def connect(self) -> None:
        """Open it."""
        super().connect()
        Opened.count += 1


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection
    keep_s = math.inf

    def _put_conn(self, conn: Any) -> None:  # noqa: ANN401 - urllib3's own
        """Note since when it is idle."""
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)

    def _get_conn(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - urllib3's own
        """Close one that was idle for too long; it opens again when it is used."""
        conn: Any = super()._get_conn(timeout)
        if time.monotonic() - getattr(conn, "idle_since", math.inf) > self.keep_s:
            conn.close()
        return conn


class _Adapter(HTTPAdapter):
    """Counts what it opens; never sends anything twice."""

    def __init__(self, keep_s: float) -> None:
        self.pool = type("_Kept", (_Pool,), {"keep_s": keep_s})
        super().__init__(max_retries=0)

    def init_poolmanager(self, *asked: Any, **options: Any) -> None:  # noqa: ANN401 - requests' own
        """Make the pools."""
        super().init_poolmanager(*asked, **options)
        self.poolmanager.pool_classes_by_scheme = {**self.poolmanager.pool_classes_by_scheme, "https": self.pool}


class Failed(Unseen):
    """A request that failed; ``status`` is 0 where no answer came."""

    def __init__(self, kind: str, message: str, status: int = 0) -> None:
        super().__init__(kind, message)
        self.status = status


class Browser:
    """Somebody's browser; ``visitor`` is it for the slower steps that read whole pages.

    A connection that was idle for ``keep_s`` is used no more: the server is about to close it, and what is sent just then
    is lost. A real browser sends that again without a word; here it would count as a failure of the platform.
    """

    def __init__(self, ca_file: str, keep_s: float = math.inf) -> None:
        self.session = HttpSession(base_url="https://refused.invalid", request_event=EventHook(), user=None)  # type: ignore[no-untyped-call]
        self.session.mount("https://", _Adapter(keep_s))
        self.session.explicit_name = None  # Locust sets it in its own request(), which ask() goes past
        self.session.trust_env = False
        self.session.verify = ca_file
        self.session.headers["User-Agent"] = "underdesk-test"
        self.visitor = Visitor(self._patient)

    def _patient(self, *asked: Any, **options: Any) -> Any:  # noqa: ANN401 - Locust's own
        return self.session.request(*asked, **{**options, "timeout": PATIENCE_S})

    def ask(self, method: str, url: str, *signs: str, status: int = OK, **options: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Send one request and see its status and every one of ``signs`` in what came; raises Failed."""
        try:
            answer = requests.Session.request(self.session, method, url, timeout=PATIENCE_S, **options)
        except requests.RequestException as problem:
            raise Failed(kind_of(problem), f"{url}: {type(problem).__name__}: {problem}") from problem
        if answer.status_code != status:
            raise Failed("status", f"{url}: {answer.status_code} instead of {status}: {_said(answer)}", answer.status_code)
        text = answer.text
        missing = [sign for sign in signs if sign not in text]
        if missing:
            raise Failed("content", f"{url}: does not show {missing}: {_said(answer)}", answer.status_code)
        return answer


def member(answer: requests.Response, *path: str) -> Any:  # noqa: ANN401 - JSON
    """Return a member of a JSON answer; raises Failed where it is missing."""
    try:
        value = answer.json()
        for name in path:
            value = value[name]
    except (ValueError, KeyError, TypeError) as problem:
        raise Failed("answer", f"{answer.url}: no {'.'.join(path)}: {_said(answer)}", answer.status_code) from problem
    return value


def _said(answer: requests.Response) -> str:
    return " ".join(answer.text[:200].split())
