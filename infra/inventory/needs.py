"""What each host must have for what it holds."""

from dataclasses import dataclass
from typing import Final

from infra.inventory.model import Role
from infra.inventory.placement import OF_SERVERS, Placement
from sizing.plan import Limits, Plan, Server

NOMINAL: Final = 0.9
"""Of a nominal size: a machine of 16 GiB shows 15.6, a disk of 960 GB shows 880 GiB."""
SYSTEM_GIB: Final = 1.0
SYSTEM_DISK_GIB: Final = 20.0
"""Operating system, engine, images in two versions."""
MIB_PER_GIB: Final = 1024
STORING: Final = frozenset({"database", "files"})
WHOLE: Final = frozenset(OF_SERVERS[1:])


@dataclass(frozen=True)
class Need:
    """Processor cores, memory and disk, nominal."""

    cores: int
    memory_gib: float
    disk_gib: float


def needs(plan: Plan, placement: Placement) -> dict[str, Need]:
    """Return what each host must have: of a server that holds everything its shape; of several roles the sum of theirs."""
    return {name: _need(plan, frozenset(roles)) for name, roles in placement.roles.items()}


def fits(need: Need | Server, cores: int, memory_gib: float, disk_gib: float) -> bool:
    """Tell whether a host is as large as it must be."""
    return not lacks(need, cores, memory_gib, disk_gib)


def lacks(need: Need | Server, cores: int, memory_gib: float, disk_gib: float) -> list[str]:
    """Return in words what a host has too little of."""
    found = []
    if cores < need.cores:
        found.append(f"{cores} of {need.cores} cores")
    if memory_gib < need.memory_gib * NOMINAL:
        found.append(f"{memory_gib:.1f} of {need.memory_gib:.4g} GiB memory")
    if disk_gib < need.disk_gib * NOMINAL:
        found.append(f"{disk_gib:.0f} of {need.disk_gib:.4g} GiB disk")
    return found


def _need(plan: Plan, roles: frozenset[Role]) -> Need:
    shapes = {server.role: server for server in plan.servers}
    mine = [shapes[role] for role in OF_SERVERS if role in roles and role in shapes]
    whole = plan.servers[0]
    if not shapes.keys() & {*OF_SERVERS} and roles >= WHOLE:
        mine = [whole]
    if mine:
        return Need(sum(one.cores for one in mine), sum(one.memory_gib for one in mine), sum(one.disk_gib for one in mine))
    disk = max(SYSTEM_DISK_GIB, whole.disk_gib) if roles & STORING else min(SYSTEM_DISK_GIB, whole.disk_gib)
    return Need(1, round(SYSTEM_GIB + _memory_mib(plan.limits, roles) / MIB_PER_GIB, 1), disk)


def _memory_mib(limits: Limits, roles: frozenset[Role]) -> int:
    """Return the memory of the services of some roles, where the plan knows servers for everything only."""
    web = limits.blogs.memory_mib * limits.blogs.replicas + limits.wiki.memory_mib * limits.wiki.replicas + 2 * limits.jobs.memory_mib + limits.mail.memory_mib
    by_role: dict[Role, int] = {
        "frontdoor": limits.frontdoor.memory_mib,
        "pagecache": limits.pagecache.memory_mib + limits.objectcache.memory_mib,
        "web": web,
        "database": limits.database.memory_mib + limits.binlogs.memory_mib,
    }
    return sum(memory for role, memory in by_role.items() if role in roles)
