"""Has this machine room for so many hosts of that size? Asked before anything is made; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.lab.model import MOST_HOSTS, Asked, Host
from runtime.errors import PlanError

LEAST_CPUS, LEAST_MEMORY_GIB = 0.1, 0.5
BARE_MEMORY_GIB = 0.25
"""Four times what an idle host holds (measured: docs/background/lab.md), so that its engine can run something."""
BARE_DISK_GIB, IMAGE_DISK_GIB, SPARE_DISK_GIB = 0.5, 2.0, 2.0
PLATFORM_DISK_GIB = 4.0
"""Images and data of the platform, on each host that serves it."""


@dataclass(frozen=True)
class Machine:
    """What this machine has: cores, GiB of memory that are available, GiB that are free on the disk of the engine."""

    cores: int
    memory_gib: float
    disk_gib: float
    engine_folder: str = "/var/lib/docker"


def sensible(asked: Asked, machine: Machine) -> None:
    """Raise PlanError where the size of the lab, or of its hosts, is none."""
    if asked.hosts is not None and not 1 <= asked.hosts <= MOST_HOSTS:
        raise PlanError(f"{asked.hosts} hosts are no lab", where="--hosts", hint=f"from 1 to {MOST_HOSTS}")
    if asked.cpus is not None and not LEAST_CPUS <= asked.cpus <= machine.cores:
        hint = f"from {LEAST_CPUS} to {machine.cores}; left out, each host may use all of them"
        raise PlanError(f"{asked.cpus:g} processors for each host, this machine has {machine.cores}", where="--cpus", hint=hint)
    if asked.memory_gib is not None and not LEAST_MEMORY_GIB <= asked.memory_gib < float("inf"):
        raise PlanError(f"{asked.memory_gib:g} GiB boot no host with an engine", where="--memory", hint=f"{LEAST_MEMORY_GIB} at least, in GiB")
    if asked.debian not in {None, 12, 13}:
        raise PlanError(f"there are no lab hosts of Debian {asked.debian}", where="--debian", hint="12 or 13")


def enough(coming: Sequence[Host], machine: Machine, *, image: bool) -> None:
    """Raise PlanError where the hosts that are ``coming`` do not fit; ``image``: theirs must be built as well."""
    if not coming:
        return
    memory = sum(host.memory_gib or BARE_MEMORY_GIB for host in coming)
    if memory > machine.memory_gib:
        said = f"{_hosts(coming)} need {memory:.1f} GiB of memory, {machine.memory_gib:.1f} are available"
        raise PlanError(said, where="plan lab up", hint=_less(coming, machine))
    disk = len(coming) * BARE_DISK_GIB + SPARE_DISK_GIB + image * IMAGE_DISK_GIB
    if disk > machine.disk_gib:
        said = f"{_hosts(coming)} need {disk:.1f} GiB of disk, {machine.disk_gib:.1f} are free"
        raise PlanError(said, where=machine.engine_folder, hint="free some space ('docker system df' says what the engine holds), or take fewer hosts")


def notes(hosts: Sequence[Host], machine: Machine) -> list[str]:
    """Return what whoever works with these hosts must know."""
    cores = sum(host.cpus or machine.cores for host in hosts)
    shared = f"the hosts' {cores:g} cores are {machine.cores} in truth" if cores > machine.cores else "its cores are shares of this machine's"
    found = [f"{shared}: what is timed in a lab never calibrates anything"]
    if (disk := len(hosts) * PLATFORM_DISK_GIB) > machine.disk_gib:
        found.append(f"a platform takes about {PLATFORM_DISK_GIB:g} GiB on each host: {disk:.0f} in all, {machine.disk_gib:.0f} are free")
    return found


def _less(coming: Sequence[Host], machine: Machine) -> str:
    """Return what would fit."""
    each = machine.memory_gib / len(coming)
    if each >= LEAST_MEMORY_GIB and any(host.memory_gib for host in coming):
        return f"--memory {int(each * 10) / 10:g} would fit, or fewer hosts"
    return f"fewer hosts: room is for {int(machine.memory_gib / (coming[0].memory_gib or BARE_MEMORY_GIB))}"


def _hosts(coming: Sequence[Host]) -> str:
    return "1 more host" if len(coming) == 1 else f"{len(coming)} hosts"
