"""The one runner of subprocesses: argv lists, streaming, time limits, no secrets in argv."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import PlanError
from runtime.exchange import Exchange

TAIL_LINES = 12
PATIENCE_S = 10


class TimeOverError(PlanError):
    """A command did not end within its time."""


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
    stdin: str | Path = "",
    stdout: Path | None = None,
    timeout_s: float = 600,
    check: bool = True,
    on_line: Callable[[str], None] | None = None,
    on_error_line: Callable[[str], None] | None = None,
) -> Completed:
    """Run ``argv`` and return what it printed; ``env`` is added to ours.

    ``stdin`` is what it reads: a text, or a file of any size. ``stdout`` is a new file (mode 0600)
    that takes what it prints where that is too much for memory; it is fsynced. ``on_line`` gets each
    line of stdout as it comes, ``on_error_line`` each of stderr. The whole process group ends with a
    time-out, an interrupt, or what one of the two raises, and it gets a TERM when we are killed.
    Raises PlanError where the program is missing, a file cannot be opened or written, the time is over,
    or (``check``) its exit code is not 0.
    """
    if shutil.which(argv[0]) is None:
        raise PlanError(f"{argv[0]} is not installed", hint="run 'make setup', then 'plan doctor'")
    with ExitStack() as held:
        ends = Ends(_reading(held, stdin), _writing(held, stdout))
        process = start(argv, {**os.environ, **(env or {})}, cwd, ends)
        done, in_time = _served(process, Exchange(process, stdin if isinstance(stdin, str) else "", on_line, on_error_line), timeout_s)
        if stdout:
            _settle(ends.stdout, stdout)
    if not in_time:
        raise TimeOverError(f"{argv[0]} did not end within {timeout_s:.0f} s", where=_title(argv), hint=_tail(done))
    if check and done.returncode:
        raise PlanError(f"exit code {done.returncode}", where=_title(argv), hint=_tail(done))
    return done


@dataclass(frozen=True)
class Ends:
    """What a process reads from and prints to: pipes to us, or files."""

    stdin: int = subprocess.PIPE
    stdout: int = subprocess.PIPE


def _reading(held: ExitStack, stdin: str | Path) -> int:
    return _opened(held, stdin, os.O_RDONLY) if isinstance(stdin, Path) else subprocess.PIPE


def _writing(held: ExitStack, stdout: Path | None) -> int:
    return _opened(held, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if stdout else subprocess.PIPE


def _opened(held: ExitStack, path: Path, how: int) -> int:
    try:
        handle = os.open(path, how, 0o600)
    except OSError as problem:
        raise PlanError(f"cannot be opened: {problem.strerror}", where=str(path), hint="is the folder there, is it yours, and is there space?") from problem
    held.callback(os.close, handle)
    return handle


def _settle(handle: int, path: Path) -> None:
    try:
        os.fsync(handle)
    except OSError as problem:
        raise PlanError(f"cannot write: {problem.strerror}", where=str(path), hint="is there space on the disk?") from problem


def last_line(said: str | bytes) -> str:
    """Return the last line of what a program complained of, or that it did not."""
    text = said if isinstance(said, str) else said.decode("utf-8", "replace")
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it failed and did not say why")


def _served(process: subprocess.Popen[bytes], exchange: Exchange, timeout_s: float) -> tuple[Completed, bool]:
    try:
        in_time = exchange.serve(timeout_s)
        if not in_time:
            end_group(process)
            exchange.serve(0)
    except BaseException:
        end_group(process)
        raise
    finally:
        exchange.close()
    return Completed(process.returncode, exchange.stdout, exchange.stderr), in_time


def start(argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, ends: Ends) -> subprocess.Popen[bytes]:
    """Start ``argv`` as the leader of a group of its own, which gets a TERM when the thread that started it is gone."""
    return subprocess.Popen(  # noqa: S603 - argv list, never a shell
        [*_mortal(), *argv],
        env=env,
        cwd=cwd,
        stdin=ends.stdin,
        stdout=ends.stdout,
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


def end_group(process: subprocess.Popen[bytes]) -> None:
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
