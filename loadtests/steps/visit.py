"""A visitor: asks for a page as a browser does and looks at what came."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from loadtests.steps.checks import OK, Check, Unseen, answered
from loadtests.steps.document import Page

PATIENCE_S = 15.0


class Answer(Protocol):
    """What Locust's session gives back, as far as it is used here."""

    @property
    def url(self) -> str:
        """Where the redirects led."""

    @property
    def status_code(self) -> int:
        """0 where no answer came."""

    @property
    def content(self) -> bytes | Any:  # noqa: ANN401 - as requests has it
        """The body."""

    def failure(self, exc: Exception) -> None:
        """Record the request as failed."""


Send = Callable[..., AbstractContextManager[Answer]]


class Visitor:
    """One browser."""

    def __init__(self, send: Send) -> None:
        """Take ``send``, the ``request`` of a Locust session, which keeps cookies and records."""
        self._send = send

    def get(self, request_class: str, url: str, *checks: Check) -> Page:
        """Open ``url`` and look; raises Unseen, which is recorded too."""
        return self.ask("GET", request_class, url, *checks)

    def post(self, request_class: str, url: str, data: dict[str, str], *checks: Check) -> Page:
        """Send a form and look at where it leads."""
        return self.ask("POST", request_class, url, *checks, data=data)

    def ask(self, method: str, request_class: str, url: str, *checks: Check, status: int = OK, **options: Any) -> Page:  # noqa: ANN401 - requests' own
        """Send a request and check what came, the status first."""
        with self._send(method, url, name=request_class, catch_response=True, timeout=PATIENCE_S, **options) as answer:
            try:
                return _looked(answer, url, (answered(status), *checks))
            except Unseen as problem:
                answer.failure(problem)
                raise


def _looked(answer: Answer, url: str, checks: tuple[Check, ...]) -> Page:
    problem = getattr(answer, "error", None)
    if problem is not None:
        raise Unseen("connection", f"{url}: {type(problem).__name__}: {problem}")
    page = Page(answer.url, answer.status_code, answer.content or b"")
    for check in checks:
        check(page)
    return page
