"""A process elsewhere whose stdin and stdout are a connection to a port of this machine's loopback: no port of any network is opened for it."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Final

from runtime.run import Ends, end_group, start

CHUNK: Final = 65536
LOOPBACK: Final = "127.0.0.1"
CONNECT_S: Final = 60.0
PAUSE_S: Final = 0.1
REST_S: Final = 3.0
KEPT: Final = 4000


class Link(threading.Thread):
    """Begins ``argv``, says ``first`` to it, and connects it to ``port`` as soon as it says anything; ``on_end`` is told why it failed."""

    def __init__(self, argv: Sequence[str], first: str, port: int, on_end: Callable[[str], None]) -> None:
        super().__init__(name="link", daemon=True)
        self._argv, self._first, self._port, self._on_end = argv, first.encode(), port, on_end
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._ending = threading.Event()
        self._complaints = b""

    def run(self) -> None:
        """Serve it to its end."""
        process = self._process = start(self._argv, os.environ, None, Ends())
        hears = threading.Thread(target=self._hear, args=(_pipe(process.stderr),), daemon=True)
        hears.start()
        try:
            with suppress(OSError, ValueError):  # either side is gone, or closed by ``end``
                self._serve(_pipe(process.stdin), _pipe(process.stdout))
        finally:
            self._close(process)
            hears.join(REST_S)
        if process.returncode and not self._ending.is_set():
            self._on_end(self.complaint)

    def end(self) -> None:
        """End it."""
        self._ending.set()
        with suppress(OSError, ValueError):
            if self._line:
                self._line.shutdown(socket.SHUT_RDWR)
            elif self._process and self._process.stdin:
                self._process.stdin.close()

    @property
    def complaint(self) -> str:
        """The last line that it printed on stderr."""
        lines = self._complaints.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it ended and did not say why"

    def _serve(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        stdin.write(self._first)
        stdin.flush()
        piece = os.read(stdout.fileno(), CHUNK)
        if not piece:
            return
        line = self._line = self._connected()
        with line:
            says = threading.Thread(target=self._say, args=(line, stdin), daemon=True)
            says.start()
            while piece:
                line.sendall(piece)
                piece = os.read(stdout.fileno(), CHUNK)

    def _connected(self) -> socket.socket:
        """Return a connection to the port, waiting for whoever shall listen there."""
        until = time.monotonic() + CONNECT_S
        while True:
            try:
                line = socket.create_connection((LOOPBACK, self._port))
            except ConnectionRefusedError:
                if time.monotonic() > until or self._ending.is_set():
                    raise
                time.sleep(PAUSE_S)
            else:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return line

    def _say(self, line: socket.socket, stdin: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            while piece := line.recv(CHUNK):
                stdin.write(piece)
                stdin.flush()
        with suppress(OSError, ValueError):
            stdin.close()

    def _hear(self, stderr: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            while piece := os.read(stderr.fileno(), CHUNK):
                self._complaints = (self._complaints + piece)[-KEPT:]

    def _close(self, process: "subprocess.Popen[bytes]") -> None:
        with suppress(OSError, ValueError):
            _pipe(process.stdin).close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(REST_S)
        if process.poll() is None:
            end_group(process)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # pragma: no cover - all three are pipes
        raise AssertionError
    return pipe
