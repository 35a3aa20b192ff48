"""A failed request is told by how it failed: refused, reset, closed, cut off, too late."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from loadtests.steps.failures import kind_of


class Rude(http.server.BaseHTTPRequestHandler):
    """Ends each request in the way that its path names."""

    def do_GET(self) -> None:
        if self.path == "/cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        if self.path == "/late":
            self.rfile.read(1)
        if self.path == "/reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            self.wfile.close()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def rude() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rude) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("path", "patience_s", "kind"), [("/cut", 60, "cut off"), ("/closed", 60, "closed without an answer"), ("/late", 0.5, "timeout"), ("/reset", 60, "reset")]
)
def test_an_answer_that_does_not_come_is_told_by_how(path: str, patience_s: float, kind: str, rude: str) -> None:
    with pytest.raises(requests.RequestException) as failure:
        requests.get(f"{rude}{path}", timeout=patience_s)
    assert kind_of(failure.value) == kind


def test_a_refused_connection_is_told() -> None:
    with pytest.raises(requests.RequestException) as failure:
        requests.get(refused(), timeout=60)
    assert kind_of(failure.value) == "refused"
