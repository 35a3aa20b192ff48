"""What one process says, said to another, without our taking part: no copy, no shell."""

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from runtime.errors import PlanError
from runtime.run import Ends, TimeOverError, end_group, last_line, start


def piped(first: Sequence[str], second: Sequence[str], limit_s: float) -> None:
    """Run both, the one's stdout being the other's stdin; raises PlanError where either fails, or both have not ended within ``limit_s``."""
    deadline = time.monotonic() + limit_s
    with Path(os.devnull).open("rb") as nothing:
        one = start(first, os.environ, None, Ends(stdin=nothing.fileno()))
    try:
        if one.stdout is None:  # pragma: no cover - it is a pipe
            raise AssertionError
        two = start(second, os.environ, None, Ends(stdin=one.stdout.fileno()))
        one.stdout.close()  # so that the first is told when the second has ended
        try:
            _, said = two.communicate(timeout=limit_s)
            _, why = one.communicate(timeout=max(0.1, deadline - time.monotonic()))
        finally:
            _end(two)
    except subprocess.TimeoutExpired:
        raise TimeOverError(f"did not end within {limit_s:.0f} s", where=f"{first[0]} | {second[0]}") from None
    finally:
        _end(one)
    for process, complaint in ((two, said), (one, why)):  # where the second fails, the first is only cut off
        if process.returncode:
            raise PlanError(last_line(complaint), where=f"{first[0]} | {second[0]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        end_group(process)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(OSError):
                pipe.close()
