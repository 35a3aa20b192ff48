"""Boot, fill, fail and remove a throwaway host."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from infra.lab import build, carried, commands
from infra.lab.commands import LabHost
from runtime.errors import PlanError
from runtime.run import Completed, run

BOOT_S, PAUSE_S = 90, 0.25
BOOTED = {"running", "degraded"}


def up(host: LabHost) -> None:
    """Boot ``host`` and return when its services run; what it needs to reach package registries is in its handover folder."""
    carried.prepare(host.handover)
    run(commands.network(host), check=False)
    run(commands.create(host, build.image()))
    wait_for_boot(host)


def execute(host: LabHost, argv: Sequence[str], *, folder: str = "/root", timeout_s: float = 600, check: bool = True) -> Completed:
    """Run ``argv`` in ``host``, with this machine's settings for package registries."""
    return run(commands.execute(host, argv, carried.names(), folder), timeout_s=timeout_s, check=check)


def at_console(host: LabHost, argv: Sequence[str], on_line: Callable[[str], None], on_error_line: Callable[[str], None], timeout_s: float) -> int:
    """Run ``argv`` in ``host`` as root, hand on each line as it comes, and return the exit code."""
    asked = commands.execute(host, argv, carried.names())
    return run(asked, timeout_s=timeout_s, check=False, on_line=on_line, on_error_line=on_error_line).returncode


def hand_over(host: LabHost, source: Path) -> str:
    """Put a file of this machine where ``host`` sees it; return its path there."""
    if source.parent != host.handover:
        shutil.copy2(source, host.handover)
    return f"{commands.HANDOVER}/{source.name}"


def hand_over_images(host: LabHost, references: Sequence[str]) -> None:
    """Load images of this machine's engine into the engine of ``host``."""
    archive = host.handover / "images.tar"
    run(["docker", "save", "--output", str(archive), *references])
    execute(host, ["docker", "load", "--quiet", "--input", f"{commands.HANDOVER}/{archive.name}"])
    archive.unlink()


def kill(*hosts: LabHost) -> None:
    """Cut the power: every process of ``hosts`` ends at once, untold; what was not synced the outer kernel still holds."""
    run(commands.cut_power(*hosts))


def start(*hosts: LabHost) -> None:
    """Switch ``hosts`` on again; returns at once, as a power button does."""
    run(commands.switch_on(*hosts))


def readdress(host: LabHost, address: str) -> LabHost:
    """Give ``host``, which is off, another address, as a DHCP server may."""
    moved = replace(host, address=address)
    run(commands.unplug(host))
    run(commands.plug(moved))
    return moved


def down(host: LabHost) -> None:
    """Remove ``host`` with all that is on it."""
    run(commands.remove(host), check=False)
    run(commands.remove_network(host), check=False)


def is_up(host: LabHost) -> bool:
    """Tell whether ``host`` has booted."""
    return _state(host) in BOOTED


def wait_for_boot(host: LabHost, deadline_s: float = BOOT_S) -> None:
    """Return when the service manager of ``host`` has started everything; raises PlanError after ``deadline_s``."""
    wait_for(lambda: is_up(host), deadline_s, f"{host.name} does not boot")


def wait_for(met: Callable[[], bool], deadline_s: float, otherwise: str) -> float:
    """Return the seconds until ``met``; raises PlanError saying ``otherwise`` after ``deadline_s``."""
    began = time.monotonic()
    while not met():
        if time.monotonic() - began > deadline_s:
            raise PlanError(f"{otherwise} within {deadline_s:.0f} s", hint="see 'docker logs' and 'journalctl' in it")
        time.sleep(PAUSE_S)
    return time.monotonic() - began


def _state(host: LabHost) -> str:
    return run(commands.execute(host, ["systemctl", "is-system-running"]), check=False).stdout.strip()
