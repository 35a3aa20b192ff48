"""TERM, HUP and Ctrl-C end a command in order, with everything that it started."""

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S: Final = 60.0
_active: list["Ending"] = []


@dataclass
class Ending:
    """Which signal has ended us; 0: none yet."""

    number: int = 0

    @property
    def exit_code(self) -> int:
        """128 and the signal, as a shell counts: 130 Ctrl-C, 143 TERM, 129 HUP."""
        return 128 + (self.number or signal.SIGINT)


@contextmanager
def orderly_end(patience_s: float = PATIENCE_S) -> Iterator[Ending]:
    """Turn TERM, HUP and Ctrl-C into a KeyboardInterrupt, raised when the children of our process group have ended.

    Those are asked to end first, so that nothing works on when a lock is freed; they are killed after
    ``patience_s``. A signal that whoever started us has us ignore (nohup) stays ignored. Inside another
    ``orderly_end``, and outside the main thread, it changes nothing.
    """
    if _active or threading.current_thread() is not threading.main_thread():
        yield _active[0] if _active else Ending()
        return
    ending = Ending()

    def interrupt(number: int, _: FrameType | None) -> None:
        ending.number = ending.number or number
        end_children(patience_s, ask=number != signal.SIGINT or not _in_foreground())
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN}
    _active.append(ending)
    try:
        yield ending
    finally:
        _active.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


def end_children(patience_s: float, *, ask: bool = True) -> None:
    """Interrupt (``ask``) our children that share our process group, and return when they are gone.

    What ``runtime.run`` started has a group of its own, and is ended there.
    """
    children = _children()
    for pid in children if ask else []:
        _tell(pid, signal.SIGINT)
    for pid in children:
        if not _gone(pid, patience_s):
            _tell(pid, signal.SIGKILL)
            _gone(pid, patience_s)


def _children() -> list[int]:
    ours = [str(os.getpid()), str(os.getpgrp())]
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, *family = entry.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if family == ours and state != "Z":
                found.append(int(entry.parent.name))
    return found


def _gone(pid: int, patience_s: float) -> bool:
    """Wait for the end of ``pid``; its owner still collects it."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return True
    try:
        watch = select.poll()
        watch.register(handle, select.POLLIN)
        return bool(watch.poll(patience_s * 1000))
    finally:
        os.close(handle)


def _tell(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _in_foreground() -> bool:
    """Tell whether a terminal's Ctrl-C reaches our whole group, so that a second one would only hurry the children."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
