"""Processes that are asked again and again: what they are told on stdin, and their answers, without waiting for ever."""

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

from runtime.run import Ends, end_group, start

CHUNK: Final = 65536
KEPT: Final = 2000
"""Bytes of its complaints; of more only the last."""
MOST: Final = 4 * 1024 * 1024
"""Bytes of an answer; who says more is not asked any more."""
REST_S: Final = 1.0


class Dialogue:
    """A running process. It gets a TERM when the thread that made this is gone, and its stdin ends with us, however we end."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._process = start(argv, os.environ, None, Ends())
        self._stdin, self._stdout, self._stderr = (_pipe(one) for one in (self._process.stdin, self._process.stdout, self._process.stderr))
        for pipe in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(pipe.fileno(), False)
        self._complaints = b""
        self.said = b""
        """What it has said of an answer that is not whole yet."""
        self.ended = False
        """Whether it says, or takes, nothing any more."""

    def fileno(self) -> int:
        """Return where its answers come from."""
        return self._stdout.fileno()

    @property
    def complaint(self) -> str:
        """The last line that it printed on stderr; '' where there is none."""
        with suppress(OSError, ValueError):
            while piece := os.read(self._stderr.fileno(), CHUNK):
                self._complaints = (self._complaints + piece)[-KEPT:]
        lines = self._complaints.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def tell(self, text: str) -> bool:
        """Tell it ``text``, and return whether it took it whole."""
        whole = text.encode()
        try:
            taken = os.write(self._stdin.fileno(), whole) == len(whole)
        except (OSError, ValueError):
            taken = False
        self.ended = self.ended or not taken
        return taken

    def heard(self) -> bytes | None:
        """Return what it says; nothing where it ended, None where it says nothing just now."""
        try:
            piece = os.read(self.fileno(), CHUNK)
        except BlockingIOError:
            return None
        except (OSError, ValueError):
            piece = b""
        self.ended = self.ended or not piece
        return piece

    def hush(self) -> None:
        """End its stdin, so that it ends by itself."""
        with suppress(OSError):
            self._stdin.close()

    def end(self) -> None:
        """End it: in order where it ends by itself, else its whole group."""
        self.hush()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(REST_S)
        if self._process.poll() is None:
            end_group(self._process)
        for pipe in (self._stdout, self._stderr):
            pipe.close()


@dataclass(frozen=True)
class Question:
    """What a process is told, and how the end of its answer is known."""

    dialogue: Dialogue
    text: str
    over: Callable[[str], bool]


def answers(questions: Mapping[str, Question], limit_s: float) -> dict[str, str]:
    """Ask all at once and return what they answered within ``limit_s``; who did not is left out.

    Its answer may still come: it must be ended, or asked nothing (``text`` is '') until the answer is there.
    """
    found: dict[str, str] = {}
    deadline = time.monotonic() + limit_s
    with selectors.DefaultSelector() as pipes:
        for name, question in questions.items():
            if question.dialogue.tell(question.text):
                pipes.register(question.dialogue, selectors.EVENT_READ, name)
        while pipes.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in pipes.select(left):
                dialogue = questions[key.data].dialogue
                piece = dialogue.heard()
                if piece is None:
                    continue
                dialogue.said += piece
                text = dialogue.said.decode("utf-8", "replace")
                if questions[key.data].over(text):
                    found[key.data], dialogue.said = text, b""
                elif piece and len(text) <= MOST:
                    continue
                pipes.unregister(key.fileobj)
    return found


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # pragma: no cover - all three are pipes
        raise AssertionError
    return pipe
