"""A failed request is told by how it failed: refused, reset, closed, cut off, too late."""

import http.server
import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from loadtests.steady.tape import Beat
from loadtests.steps.failures import SHORT, kind_of
from loadtests.steps.selfwatch import SelfWatch


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


@contextmanager
def nothing_left() -> Iterator[None]:
    """No file and no socket may be opened any more."""
    before, free = resource.getrlimit(resource.RLIMIT_NOFILE), os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_socket_that_the_generator_may_not_open_is_its_own_fault(rude: str) -> None:
    with nothing_left(), pytest.raises(requests.RequestException) as failure:
        requests.get(f"{rude}/closed", timeout=60)
    assert kind_of(failure.value) == SHORT


def test_a_generator_that_may_open_nothing_more_says_that_all_is_open_also_where_it_cannot_look() -> None:
    told: list[Beat] = []
    watch = SelfWatch(told.append, lambda: 0)
    watch._beat(0.1, 0.0)
    watch.short()
    watch._beat(0.1, 0.0)
    watch._beat(0.1, 0.0)
    with nothing_left():
        before = watch._queued()
        watch._beat(0.1, 0.0)
    assert before == watch._queued_s, "what cannot be read stays as it was"
    assert [beat.sockets == beat.sockets_limit for beat in told] == [False, True, False, True]
    assert told[3].sockets_limit < told[2].sockets_limit
