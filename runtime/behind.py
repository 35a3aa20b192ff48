"""Work on the platform waits where its people need the processor or the disk."""

import os
import time
from contextlib import suppress
from pathlib import Path

from runtime.errors import PlanError
from runtime.run import run

NICE = 10
"""About a tenth of the weight of what runs at 0 (sched(7): 1.25 for each step)."""
WEIGHT = 10
"""Of 100, which every other unit has (systemd.resource-control(5))."""
SYSTEMD = Path("/run/systemd/system")
CGROUP = Path("/proc/self/cgroup")
LIMIT_S, MOVED_S, PAUSE_S = 10, 2, 0.01


def people() -> None:
    """Put this process, and what it starts from now on, behind everything that serves people.

    Nice counts among the processes of one control group. Where systemd gives each session and each container a group of
    its own, this process moves into a scope beside the containers, with a tenth of their weight; where that is refused,
    work goes on without it.
    """
    if os.getpriority(os.PRIO_PROCESS, 0) < NICE:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    if SYSTEMD.is_dir():
        with suppress(PlanError):
            if run(["busctl", *_scope(os.getpid())], timeout_s=LIMIT_S, check=False).returncode == 0:
                _moved()


def _moved() -> None:
    """Return when this process is in its scope: systemd answers before it moves it, and what is started until then stays outside."""
    until = time.monotonic() + MOVED_S
    while _name(os.getpid()) not in CGROUP.read_text(encoding="utf-8") and time.monotonic() < until:
        time.sleep(PAUSE_S)


def _name(pid: int) -> str:
    return f"underdesk-{pid}.scope"


def _scope(pid: int) -> tuple[str, ...]:
    manager = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
    properties = ("4", "PIDs", "au", "1", str(pid), "Slice", "s", "system.slice", "CPUWeight", "t", str(WEIGHT), "IOWeight", "t", str(WEIGHT))
    return ("call", "--quiet", *manager, "StartTransientUnit", "ssa(sv)a(sa(sv))", _name(pid), "fail", *properties, "0")
