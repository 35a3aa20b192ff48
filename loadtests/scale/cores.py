"""Cores by number: lists as the kernel writes them, which a process may use, and which the load generator gets. Pure but for /proc."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

PROC = Path("/proc")
ALLOWED = "Cpus_allowed_list:"


def parsed(text: str) -> tuple[int, ...]:
    """Return the numbers of a list of cores (cpuset(7)): ``0-2,5``."""
    found: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))


def told(cores: Iterable[int]) -> str:
    """Return cores as such a list."""
    runs = [[core for _, core in run] for _, run in groupby(enumerate(sorted(set(cores))), key=lambda one: one[1] - one[0])]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def allowed(pid: int, proc: Path = PROC) -> tuple[int, ...]:
    """Return the cores that a process may use (proc(5)); raises OSError where it has ended."""
    lines = (proc / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    return parsed(next((line.removeprefix(ALLOWED) for line in lines if line.startswith(ALLOWED)), ""))


@contextmanager
def keeping_to(cores: Iterable[int]) -> Iterator[None]:
    """Keep this thread, and all that it starts inside the block, on ``cores``; on none: where it was."""
    before, wanted = os.sched_getaffinity(0), set(cores)
    if wanted:
        os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
