"""The one runner of subprocesses: argv lists, streaming, time limits, no secrets in argv."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import PlanError
from runtime.exchange import Exchange

TAIL_LINES = 12
PATIENCE_S = 10


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

    ``on_line`` gets each line of stdout as it comes. The whole process group ends with
    a time-out or an interrupt, and it gets a TERM when we are killed. Raises PlanError
    where the program is missing, the time is over, or (``check``) its exit code is not 0.
    """
    if shutil.which(argv[0]) is None:
        raise PlanError(f"{argv[0]} is not installed", hint="run 'make setup', then 'plan doctor'")
    process = _start(argv, {**os.environ, **(env or {})}, cwd)
    exchange = Exchange(process, stdin, on_line)
    try:
        in_time = exchange.serve(timeout_s)
        if not in_time:
            _end_group(process)
            exchange.serve(0)
    except BaseException:
        _end_group(process)
        raise
    finally:
        exchange.close()
    done = Completed(process.returncode, exchange.stdout, exchange.stderr)
    if not in_time:
        raise PlanError(f"{argv[0]} did not end within {timeout_s:.0f} s", where=_title(argv), hint=_tail(done))
    if check and done.returncode:
        raise PlanError(f"exit code {done.returncode}", where=_title(argv), hint=_tail(done))
    return done


def _start(argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - argv list, never a shell
        [*_mortal(), *argv],
        env=env,
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _mortal() -> list[str]:
    """Return the prefix that makes the kernel send TERM to a child when the thread that started it is gone.

    ``setpriv`` (util-linux) sets that and becomes the program: same process, and no Python code between
    fork and exec, which is not safe with threads. ``run`` waits in the thread that starts, so the thread
    is gone only when we are. The TERM reaches the program alone; Ansible hands it on to its workers.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End ``process`` in order where it listens; whatever of its group is left then is killed."""
    try:
        _signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)
    finally:
        _signal_group(process, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _title(argv: Sequence[str]) -> str:
    return " ".join([Path(argv[0]).name, *argv[1:3]])


def _tail(done: Completed) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return "it said: " + " | ".join(lines[-TAIL_LINES:]) if lines else "it printed nothing"
