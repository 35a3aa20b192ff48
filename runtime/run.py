"""The one runner of subprocesses: argv lists, streaming, time limits, no secrets in argv."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import PlanError

TAIL_LINES = 12


@dataclass(frozen=True)
class Completed:
    """What a command left: exit code, stdout, stderr."""

    returncode: int
    stdout: str
    stderr: str


def run(  # noqa: PLR0913 - each is one property of a process
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
    timeout_s: float = 600,
    check: bool = True,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Run ``argv`` and return what it printed; ``env`` is added to ours.

    ``on_line`` gets each line of stdout as it comes. The whole process group ends
    with a time-out or an interrupt. Raises PlanError where the program is missing,
    the time is over, or (``check``) its exit code is not 0.
    """
    if shutil.which(argv[0]) is None:
        raise PlanError(f"{argv[0]} is not installed", hint="run 'make setup', then 'plan doctor'")
    process = subprocess.Popen(  # noqa: S603 - argv list, never a shell
        list(argv),
        env={**os.environ, **(env or {})},
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    expired = threading.Event()
    clock = threading.Timer(timeout_s, _expire, (process, expired))
    clock.start()
    try:
        stdout, stderr = _drain(process, stdin, on_line)
        process.wait()
    except BaseException:
        _end_group(process)
        raise
    finally:
        clock.cancel()
    done = Completed(process.returncode, stdout, stderr)
    if expired.is_set():
        raise PlanError(f"{argv[0]} did not end within {timeout_s:.0f} s", where=_title(argv), hint=_tail(done))
    if check and done.returncode:
        raise PlanError(f"exit code {done.returncode}", where=_title(argv), hint=_tail(done))
    return done


def _drain(process: subprocess.Popen[str], stdin: str, on_line: Callable[[str], None] | None) -> tuple[str, str]:
    pipes = process.stdin, process.stdout, process.stderr
    if pipes[0] is None or pipes[1] is None or pipes[2] is None:  # pragma: no cover - always pipes
        raise AssertionError
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(pipes[2] or ()), daemon=True)
    reader.start()
    with suppress(BrokenPipeError):
        pipes[0].write(stdin)
        pipes[0].close()
    lines = []
    for line in pipes[1]:
        lines.append(line)
        if on_line:
            on_line(line.rstrip("\n"))
    reader.join()
    return "".join(lines), "".join(errors)


def _expire(process: subprocess.Popen[str], expired: threading.Event) -> None:
    expired.set()
    _end_group(process)


def _end_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return
        os.killpg(process.pid, signal.SIGKILL)


def _title(argv: Sequence[str]) -> str:
    return " ".join([Path(argv[0]).name, *argv[1:3]])


def _tail(done: Completed) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return "it said: " + " | ".join(lines[-TAIL_LINES:]) if lines else "it printed nothing"
