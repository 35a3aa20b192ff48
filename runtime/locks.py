"""One command at a time on one deployment."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from runtime.errors import PlanError


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold ``path`` locked; the kernel frees it when we end, however we end.

    Raises PlanError naming the process that holds it.
    """
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise PlanError(
                f"another command works on this deployment (process {holder})", where=str(path), hint="wait until it has ended, then run this again"
            ) from problem
        with suppress(OSError):  # on a full disk the lock holds, only its holder is not named
            file.truncate(0)
            os.write(file.fileno(), str(os.getpid()).encode())
        yield


def _opened(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as problem:
        raise PlanError(f"cannot be locked: {problem.strerror}", where=str(path), hint="run it with sudo, or as root") from problem
