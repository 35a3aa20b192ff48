"""A client's socket, served by a process: what either says, the other hears, the end of it included."""

import os
import select
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Final

from runtime.errors import PlanError
from runtime.run import Ends, end_group, last_line, start

CHUNK: Final = 65536
END_S: Final = 5.0


def converse(client: socket.socket, command: Sequence[str]) -> None:
    """Let ``client`` speak with what ``command`` starts, until one of both has ended; raises PlanError where that said nothing and failed.

    It reads from the client itself, so an end of what the client says is one there, too.
    """
    process = start(command, os.environ, None, Ends(stdin=client.fileno()))
    stdout, stderr = _pipe(process.stdout), _pipe(process.stderr)
    with stdout, stderr:
        try:
            said = _hand_on(stdout, client)
            if said:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_WR)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0 if said is None else END_S)
            if said == 0 and process.returncode:
                os.set_blocking(stderr.fileno(), False)
                raise PlanError(last_line((stderr.read() or b"").decode("utf-8", "replace")))
        finally:
            if process.poll() is None:
                end_group(process)


def _hand_on(stdout: IO[bytes], client: socket.socket) -> int | None:
    """Hand on what the other side says, and return how many bytes until its end; None where the client went away before."""
    said, watch = 0, select.poll()
    watch.register(stdout, select.POLLIN)
    watch.register(client, 0)  # that it hangs up is always told
    while True:
        ready = [file for file, _ in watch.poll()]
        if stdout.fileno() not in ready:
            return None
        piece = os.read(stdout.fileno(), CHUNK)
        if not piece:
            return said
        _tell(client, piece)
        said += len(piece)


def _tell(client: socket.socket, piece: bytes) -> None:
    """Say all of ``piece``: the socket waits or not, as ssh has it, which holds it too."""
    left = memoryview(piece)
    while left:
        try:
            left = left[client.send(left) :]
        except BlockingIOError:
            select.select([], [client], [])


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # pragma: no cover - both are pipes
        raise AssertionError
    return pipe
