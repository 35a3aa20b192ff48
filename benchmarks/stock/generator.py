"""Load in Python, for pages that cost tens of ms: each answer is looked at; open or closed."""

import gzip
import http.client
import queue
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat

from benchmarks.stock.systems import System

PATIENCE_S = 30
WORKERS = 64


@dataclass(frozen=True)
class Ask:
    """One page: its path, what must stand in it, whose it is."""

    path: str
    marks: tuple[str, ...]
    cookie: str = ""


@dataclass(frozen=True)
class Sample:
    """One answer: ms from the intended start, whether it is the page, whether a cache had it."""

    latency_ms: float
    right: bool
    cached: bool


class Connection(http.client.HTTPConnection):
    """A kept connection to a system; a server that has closed it is asked again."""

    def __init__(self, system: System) -> None:
        super().__init__(system.authority, timeout=PATIENCE_S)
        self.system = system

    def connect(self) -> None:
        """Connect to where the system listens."""
        self.sock = socket.create_connection(self.system.address, timeout=PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.system.trust:
            self.sock = self.system.trust.wrap_socket(self.sock, server_hostname=self.system.host)

    def fetch(self, ask: Ask, intended: float) -> Sample:
        """Ask for a page and look at it."""
        try:
            answer, body = self._exchange(ask)
        except (http.client.HTTPException, OSError):
            self.close()
            return Sample((time.perf_counter() - intended) * 1000, right=False, cached=False)
        latency_ms = (time.perf_counter() - intended) * 1000
        text = gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body
        right = answer.status == http.client.OK and all(mark.encode() in text for mark in ask.marks)
        return Sample(latency_ms, right, answer.getheader("X-Cache-Status") == "HIT")

    def _exchange(self, ask: Ask) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {"Host": self.system.authority, "Accept-Encoding": "gzip", "User-Agent": "comparison"} | ({"Cookie": ask.cookie} if ask.cookie else {})
        for last in (False, True):
            try:
                self.request("GET", ask.path, headers=headers)
                answer = self.getresponse()
                return answer, answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if last:
                    raise
        raise AssertionError


@contextmanager
def connections(system: System) -> Iterator["queue.LifoQueue[Connection]"]:
    """Yield idle connections, the one that was used last on top; they are closed afterwards."""
    idle: queue.LifoQueue[Connection] = queue.LifoQueue()
    made = [Connection(system) for _ in range(WORKERS)]
    for connection in reversed(made):
        idle.put(connection)
    yield idle
    for connection in made:
        connection.close()


def open_load(system: System, asks: Sequence[Ask], starts_s: Sequence[float]) -> list[Sample]:
    """Send each page at its time, whatever the others do."""
    with connections(system) as idle, ThreadPoolExecutor(WORKERS) as pool:
        begin = time.perf_counter()
        flying = []
        for ask, start in zip(asks, starts_s, strict=True):
            time.sleep(max(0.0, begin + start - time.perf_counter()))
            flying.append(pool.submit(_one, idle, ask, begin + start))
        return [flight.result() for flight in flying]


def _one(idle: "queue.LifoQueue[Connection]", ask: Ask, intended: float) -> Sample:
    connection = idle.get()
    try:
        return connection.fetch(ask, intended)
    finally:
        idle.put(connection)


def closed_load(system: System, asks: Sequence[Ask], visitors: int, seconds: float) -> list[Sample]:
    """Let ``visitors`` ask for page after page, without a pause, for ``seconds``."""
    lists = [asks[visitor::visitors] for visitor in range(visitors)]
    end = time.perf_counter() + seconds
    with ThreadPoolExecutor(visitors) as pool:
        return list(chain.from_iterable(pool.map(_until, repeat(system), lists, repeat(end))))


def _until(system: System, asks: Sequence[Ask], end: float) -> list[Sample]:
    connection, found = Connection(system), []
    for ask in asks:
        now = time.perf_counter()
        if now >= end:
            break
        found.append(connection.fetch(ask, now))
    connection.close()
    return found
