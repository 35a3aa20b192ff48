"""A process elsewhere is a connection to a port here: bytes both ways, an end on either side ends it, a failure is told."""

import socket
import sys
import threading

import pytest

from runtime.linked import Link

ECHO = """
import os, sys
first = sys.stdin.buffer.readline()
os.write(1, b"hello " + first)
while piece := os.read(0, 65536):
    os.write(1, piece.upper())
"""
FAIL = "import sys; sys.stdin.readline(); sys.exit('no such host')"
LIMIT_S = 60


def begun(program: str, port: int) -> tuple[Link, list[str]]:
    said: list[str] = []
    link = Link([sys.executable, "-c", program], "you\n", port, said.append)
    link.start()
    return link, said


def test_both_hear_each_other_and_the_process_ends_with_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_S)
        link, said = begun(ECHO, server.getsockname()[1])
        line, _ = server.accept()
        with line:
            line.settimeout(LIMIT_S)
            assert line.recv(100) == b"hello you\n"
            line.sendall(b"what now")
            assert line.recv(100) == b"WHAT NOW"
        link.join(LIMIT_S)
    assert not link.is_alive()
    assert not said


def test_nobody_is_connected_before_the_process_speaks_and_its_failure_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        link, said = begun(FAIL, server.getsockname()[1])
        link.join(LIMIT_S)
        with pytest.raises(TimeoutError):
            server.accept()
    assert said == ["no such host"]


def test_it_is_ended_also_before_it_spoke() -> None:
    link, said = begun("import sys; sys.stdin.read()", 1)
    threading.Event().wait(0.2)
    link.end()
    link.join(LIMIT_S)
    assert not link.is_alive()
    assert not said
