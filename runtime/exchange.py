"""What is said to a process and what it says, without waiting for ever."""

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import IO, Final

CHUNK: Final = 65536
NO_PIPE: Final = -1
LOOK_S: Final = 0.2
REST_S: Final = 2.0


class Exchange:
    """The pipes of ``process``, served by one loop in the caller's thread; stdin and stdout may be files instead.

    ``on_line`` gets each line of stdout as it comes, ``on_error_line`` each of stderr.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: str,
        on_line: Callable[[str], None] | None = None,
        on_error_line: Callable[[str], None] | None = None,
    ) -> None:
        if process.stderr is None:  # pragma: no cover - always a pipe
            raise AssertionError
        self._process, self._unsaid = process, memoryview(stdin.encode())
        self._stdout = process.stdout.fileno() if process.stdout else NO_PIPE
        self._stderr = process.stderr.fileno()
        self._said = {self._stdout: bytearray(), self._stderr: bytearray()}
        self._told = {self._stdout: 0, self._stderr: 0}
        self._listeners = {self._stdout: on_line, self._stderr: on_error_line}
        self._pipes = selectors.DefaultSelector()
        for pipe, event in ((process.stdout, selectors.EVENT_READ), (process.stderr, selectors.EVENT_READ), (process.stdin, selectors.EVENT_WRITE)):
            if pipe:
                self._open(pipe, event)

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return _text(self._said[self._stdout])

    @property
    def stderr(self) -> str:
        """What it has printed on stderr so far."""
        return _text(self._said[self._stderr])

    def serve(self, limit_s: float) -> bool:
        """Serve the pipes until it has ended; return whether it ended within ``limit_s``.

        Where another process holds them open after its end, they are read for ``REST_S`` more.
        """
        deadline = time.monotonic() + limit_s
        ended_at = None
        while self._pipes.get_map():
            now = time.monotonic()
            if ended_at is None and self._process.poll() is not None:
                ended_at = now
            end = deadline if ended_at is None else ended_at + REST_S
            if now >= end:
                break
            for key, _ in self._pipes.select(min(end - now, LOOK_S)):
                self._serve_one(key.fileobj)  # type: ignore[arg-type]  # only our pipes are registered
        return self._ends(deadline)

    def close(self) -> None:
        """Close what is still open, and hand over a last line without an end."""
        for key in list(self._pipes.get_map().values()):
            self._close(key.fileobj)  # type: ignore[arg-type]  # only our pipes are registered
        self._pipes.close()

    def _ends(self, deadline: float) -> bool:
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _open(self, pipe: IO[bytes], event: int) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._pipes.register(pipe, event)

    def _close(self, pipe: IO[bytes]) -> None:
        self._pipes.unregister(pipe)
        if pipe is not self._process.stdin:
            self._tell(pipe.fileno(), ended=True)
        pipe.close()

    def _serve_one(self, pipe: IO[bytes]) -> None:
        if pipe is self._process.stdin:
            self._write(pipe)
            return
        piece = os.read(pipe.fileno(), CHUNK)
        if not piece:
            self._close(pipe)
            return
        self._said[pipe.fileno()] += piece
        self._tell(pipe.fileno())

    def _write(self, pipe: IO[bytes]) -> None:
        try:
            self._unsaid = self._unsaid[os.write(pipe.fileno(), self._unsaid[:CHUNK]) :]
        except BrokenPipeError:
            self._unsaid = self._unsaid[:0]
        if not self._unsaid:
            self._close(pipe)

    def _tell(self, end: int, *, ended: bool = False) -> None:
        said, listener = self._said[end], self._listeners[end]
        until = len(said) if ended else said.rfind(b"\n") + 1
        if listener is None or until <= self._told[end]:
            return
        lines, self._told[end] = _text(said[self._told[end] : until]), until
        for line in lines.removesuffix("\n").split("\n"):
            listener(line)


def _text(said: bytearray) -> str:
    return said.decode("utf-8", "replace").replace("\r\n", "\n")
