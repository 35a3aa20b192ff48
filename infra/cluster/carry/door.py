"""A socket on this machine that stands for one on a host: each connection to it is a session of its own over SSH."""

import functools
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from infra.cluster.lines import Lines
from infra.inventory.connect import Reach
from runtime.conversation import converse
from runtime.errors import PlanError

WAITING: Final = 128
Refuse = Callable[[socket.socket, str], None]
"""Tells a client why nobody answers, in the way of whom it asked."""


class Door:
    """Listens on ``listener``, which is bound; what runs ``words`` on the host answers each client."""

    def __init__(self, reach: Reach, folder: Path, listener: socket.socket, words: Sequence[str], refuse: Refuse) -> None:
        self._words, self._refuse = words, refuse
        self._lines = Lines(reach, folder)
        self._clients: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener = listener
        self._listener.listen(WAITING)
        self._begin(self._listen)

    def close(self) -> None:
        """End what is open, and return when all has ended."""
        _shut(self._listener)
        self._threads[0].join()  # from here on nobody comes in
        self._listener.close()
        with self._lock:
            for client in self._clients:
                _shut(client)
        for thread in self._threads:
            thread.join()
        self._lines.close()

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads = [*self._threads[:1], *(one for one in self._threads[1:] if one.is_alive()), thread]
        thread.start()

    def _listen(self) -> None:
        with suppress(OSError):  # it is shut
            while True:
                client = self._listener.accept()[0]
                with self._lock:
                    self._clients.add(client)
                self._begin(functools.partial(self._serve, client))

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):  # whoever asked is gone
            try:
                with self._lines.command(self._words) as command:
                    converse(client, command)
            except PlanError as problem:
                self._refuse(client, str(problem))
        with self._lock:
            self._clients.discard(client)


def _shut(one: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    with suppress(OSError):
        one.shutdown(how)
