"""The Locust process: its command line, and ending one that outlived its test."""

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from loadtests.elsewhere import crew as elsewhere
from loadtests.elsewhere.hand import Hand
from loadtests.scenarios.registry import OPTION, Scenario
from runtime.errors import PlanError
from runtime.run import Completed, run

NICENESS = "-10"
CHECKOUT = Path(__file__).parent.parent
STOP_S = 5
START_S = 20
START_ELSEWHERE_S = 120
"""Until Locust runs on all machines that drive."""
LOOPBACK = "127.0.0.1"


def argv(scenario: Scenario, program: Path, target: Path, port: int = 0, *, elsewhere: int = 0) -> list[str]:
    """Return Locust's command line; the target's path stands in it so that an orphan is known by it.

    ``port`` is where several processes meet; those that Locust forks have the same command line. With processes ``elsewhere``
    this one drives nothing and hears them.
    """
    users = scenario.users * (elsewhere or scenario.processes)
    several = _heard(elsewhere, str(port)) if elsewhere else _together(scenario.processes, str(port)) if scenario.processes > 1 else ()
    return [str(program), *bounds(scenario, users), "--locustfile", str(scenario.file), *several, OPTION, str(target)]


def bounds(scenario: Scenario, users: int) -> list[str]:
    """Return the options that bound a scenario in people and time."""
    return [
        *("--headless", "--only-summary", "--loglevel", "WARNING"),
        *("--users", str(users), "--spawn-rate", str(users)),
        *("--run-time", f"{scenario.limit_s}s", "--stop-timeout", str(STOP_S), "--exit-code-on-error", "0"),
    ]


def _heard(workers: int, port: str) -> list[str]:
    here = ["--master", "--master-bind-host", LOOPBACK, "--master-bind-port", port]
    return [*here, "--expect-workers", str(workers), "--expect-workers-max-wait", str(START_ELSEWHERE_S)]


def _together(processes: int, port: str) -> list[str]:
    here = [word for who in ("--master-bind", "--master") for word in (f"{who}-host", LOOPBACK, f"{who}-port", port)]
    return ["--processes", str(processes), *here, "--expect-workers-max-wait", str(START_S)]


def cores() -> int:
    """Return the cores that we may use."""
    return len(os.sched_getaffinity(0))


def check_processes(processes: int, crew: Sequence[Hand] = ()) -> None:
    """Raise PlanError where so many processes cannot drive here, or would only wait for each other; of a ``crew`` it was asked on its machines."""
    if crew:
        return
    if not 1 <= processes <= cores():
        why = f"this machine has {cores()} cores; more processes than that wait for each other" if processes > 1 else "somebody has to drive"
        raise PlanError(f"is {processes}: {why}", where="--processes", hint=f"give 1 to {cores()}")


def ahead() -> tuple[str, ...]:
    """Return what lets the generator have a core at once where it shares them with the platform; only root may.

    Whoever comes over a network is not held up by how busy the platform's processors are, so neither may an arrival be.
    """
    return ("nice", "-n", NICENESS) if os.geteuid() == 0 and shutil.which("nice") else ()


def program() -> Path:
    """Return Locust beside our own interpreter; raises PlanError where it is missing."""
    path = Path(sys.executable).with_name("locust")
    if not path.is_file():
        raise PlanError("Locust is not installed", where=str(path), hint="run 'make setup'")
    return path


def drive(scenario: Scenario, target: Path, on_line: Callable[[str], None] | None = None, crew: Sequence[Hand] = ()) -> Completed:
    """Run ``scenario`` against ``target`` to its end; it stops by itself and we wait no longer than its limit. A ``crew`` drives, where there is one."""
    processes, limit_s = sum(hand.processes for hand in crew), scenario.limit_s + STOP_S + (START_ELSEWHERE_S if crew else START_S)
    with _meeting() as port, elsewhere.driving(crew, scenario.file, target, port, (limit_s, on_line)):
        return run(
            [*ahead(), *argv(scenario, program(), target, port, elsewhere=processes)],
            env={"HOME": str(target.parent), "PYTHONPATH": str(CHECKOUT)},
            cwd=target.parent,
            timeout_s=limit_s,
            check=False,
            on_line=on_line,
        )


@contextmanager
def _meeting() -> Iterator[int]:
    """Hold a free port of this machine's loopback, so that nobody else takes it: who binds it to listen may do so beside us (SO_REUSEADDR)."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((LOOPBACK, 0))
        yield held.getsockname()[1]


def end_orphan(target: Path, patience_s: float = 10) -> None:
    """End the Locust process that was started with ``target`` and outlived its test; return when it is gone.

    Raises PlanError where it is there still after a TERM, a KILL and ``patience_s`` for each.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in processes_of(target):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if _gone(target, patience_s):
            return
    left = ", ".join(str(pid) for pid in processes_of(target))
    raise PlanError(
        f"the load generator of an earlier test cannot be ended (process {left})",
        where=str(target),
        hint="it hangs in the kernel: look at the disk and 'dmesg', restart the machine where it stays, then run 'plan test clean'",
    )


def _gone(target: Path, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while processes_of(target):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def processes_of(target: Path) -> list[int]:
    """Return the Locust processes that were started with ``target``."""
    needle = str(target).encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            if needle in words and b"--headless" in words:
                found.append(int(entry.parent.name))
    return found
