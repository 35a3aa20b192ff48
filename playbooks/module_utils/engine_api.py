"""The container engine's API over its socket: secrets go in a body, where no list of processes shows them."""

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlencode

SOCKET = "/var/run/docker.sock"
LIMIT_S = 90


class EngineError(Exception):
    """What the engine refused, in its own words; ``status`` is HTTP's, 0 where it does not answer."""

    def __init__(self, said: str, status: int = 0) -> None:
        super().__init__(said)
        self.status = status


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(LIMIT_S)
        self.sock.connect(SOCKET)


def ask(method: str, path: str, body: Any = None, **query: str | int) -> Any:  # noqa: ANN401 - JSON
    """Return what the engine answers; raises EngineError."""
    connection = _Connection("localhost")
    where = path + (f"?{urlencode(query)}" if query else "")
    try:
        connection.request(method, where, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as problem:
        raise EngineError(f"the container engine does not answer: {problem}") from problem
    finally:
        connection.close()
    value = _value(text)
    if answer.status >= http.client.BAD_REQUEST:
        raise EngineError(value.get("message", text) if isinstance(value, dict) else text, answer.status)
    return value


def _value(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text) if text.strip() else None
    except ValueError:
        return text
