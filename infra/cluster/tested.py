"""A cluster as load tests touch it: its hosts as places where commands run, and the platform's own tools."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.cluster.claim import held
from infra.cluster.parts.services import EVERYWHERE
from infra.cluster.playing import HostsError
from infra.cluster.seen.condition import members
from infra.cluster.seen.looks import declared
from infra.cluster.session import NONE_RUNS, as_administrator, in_container, ssh
from infra.cluster.standing import Standing, looked
from infra.deployment import Deployment
from infra.inventory import connect
from infra.inventory.connect import LOST, Reach, driving, reaches
from infra.inventory.model import Role
from runtime.errors import PlanError
from runtime.homes import state_folder
from runtime.run import last_line

LOCK: Final = "/run/underdesk-test"
BUSY: Final = "another test runs on this cluster"
EXEC_S: Final = 180
STATUS: Final = "plan status --inventory"
KEEPING: Final[tuple[Role, ...]] = ("files", "database")
PROGRAMS: Final = {"database": ("mariadbd",), "files": ("glusterfsd", "glusterfs")}
"""What serves on hosts and in no container."""


@dataclass(frozen=True)
class Over:
    """A host that commands run on, as its administrator, over the connection that all share."""

    reach: Reach
    folder: Path
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the inventory calls it."""
        return self.reach.name

    def argv(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs ``words`` there."""
        return ssh(self.reach, self.folder, as_administrator(shlex.join(words)))


@dataclass(frozen=True)
class Apart(Over):
    """The same, each command over a connection of its own: sshd takes only so many sessions on one."""

    def argv(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs ``words`` there."""
        return connect.ssh(self.reach, as_administrator(shlex.join(words)))


@dataclass(frozen=True)
class Tested:
    """The platform on a cluster that stands, held against other tests; ``folder`` is of this machine, and stays."""

    there: Standing
    folder: Path

    @property
    def deployment(self) -> Deployment:
        """The deployment, as the managers keep it."""
        return self.there.deployment

    @property
    def own(self) -> frozenset[str]:
        """The addresses that load may go to."""
        inventory = self.there.cluster.inventory
        return frozenset((*inventory.front_door.addresses, *(host.address for host in inventory.hosts)))

    @property
    def places(self) -> tuple[Over, ...]:
        """Its hosts."""
        return tuple(self._place(reach) for reach in self.there.cluster.reach.values())

    @property
    def free(self) -> dict[str, int]:
        """The bytes that are free on each host that keeps files or the database, as they told when they were looked at."""
        keeps = {host for role in KEEPING for host in self.there.cluster.placement.hosts(role)}
        return {name: told.disk_free_bytes for name, told in self.there.tells.told.items() if name in keeps}

    def drivers(self, names: Sequence[str]) -> tuple[Apart, ...]:
        """Return hosts of the inventory that drive load; raises PlanError for a name that is none."""
        everyone = {reach.name: reach for reach in (*driving(self.there.inventory), *reaches(self.there.inventory))}
        for name in names:
            if name not in everyone:
                raise PlanError(f"{name} is no host of the inventory", where="--generators", hint=f"there are: {', '.join(everyone)}")
        return tuple(Apart(everyone[name], self.there.folder) for name in dict.fromkeys(names))

    @property
    def spare(self) -> str:
        """The host of the platform that can best drive load beside what it does: none of front door and database where there is such a one."""
        roles = self.there.cluster.placement.roles
        weight = {name: sum(role in held for role in ("frontdoor", "database")) for name, held in roles.items()}
        return min(reversed(list(weight)), key=lambda name: weight[name])

    def exec(self, service: str, argv: list[str], /, stdin: str = "") -> str:
        """Run ``argv`` in a container of ``service`` on one of its hosts and return its stdout; raises PlanError."""
        cluster = self.there.cluster
        service_name = self.deployment.service(service)
        for name in cluster.placement.running(service):
            done = in_container(cluster.reach[name], self.there.folder, service_name, argv, stdin, limit_s=EXEC_S)
            if done.returncode == 0:
                return done.stdout
            if done.returncode not in {NONE_RUNS, LOST}:
                raise PlanError(f"exit code {done.returncode}", where=f"{service} on {name}", hint=f"it said: {last_line(done.stderr)}")
        raise PlanError("no container runs", where=service_name, hint=f"see '{STATUS}'")

    def _place(self, reach: Reach) -> Over:
        held_there = self.there.cluster.placement.roles[reach.name]
        programs = {role: names for role, names in PROGRAMS.items() if role in held_there or (role == "files" and "web" in held_there)}
        return Over(reach, self.there.folder, programs)


def kept() -> Path:
    """Return the folder of this machine in which tests of clusters keep what they found, by cluster and deployment."""
    return state_folder() / "clusters"


@contextmanager
def tested(path: Path, name: str, *, anyhow: bool) -> Iterator[Tested]:
    """Give the platform on the cluster of the inventory in ``path``, held against other tests.

    Raises PlanError where it is not deployed, not whole or not well, or is being deployed: what would be measured is not the platform. ``anyhow``: it
    is not measured, and need only stand.
    """
    with looked(path, name) as there:
        if not anyhow:
            whole(there)
        folder = kept() / there.cluster.name / there.deployment.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with held(there.cluster.reach[min(there.cluster.managers)], f"{LOCK}-{there.deployment.name}", BUSY):
            yield Tested(there, folder)


def whole(there: Standing) -> None:
    """Raise PlanError where the platform is not as it was planned, as far as hosts say it at once."""
    cluster, hint = there.cluster, f"see '{STATUS}'; a test of half a platform proves nothing"
    if cluster.lost:
        raise HostsError(tuple(there.tells.lost[host] for host in sorted(cluster.lost)))
    if there.deploying:
        raise PlanError(f"is being deployed: {there.deploying}", where=cluster.name, hint="wait until that has ended, then run this again")
    if there.deployment.interrupted:
        raise PlanError("the last deploy did not come to its end", where=cluster.name, hint="run 'plan deploy --inventory' again, then this")
    for line in short(there):
        raise PlanError(line, where=cluster.name, hint=hint)


def short(there: Standing) -> Iterator[str]:
    """Yield what does not run or serve as it should, and whose address is nobody's."""
    cluster, told = there.cluster, there.tells.told
    for service in declared(there):
        name = there.deployment.service(service.role)
        wanted = len(cluster.placement.running(service.role)) if service.role in EVERYWHERE else service.replicas
        running = sum((one.tasks or {}).get(name, 0) for one in told.values())
        if running < wanted:
            yield f"{service.role}: {running} of {wanted} run"
    yield from (f"the database on {host}: {state}" for host, state in members(cluster, told).members.items() if state)
    address = there.deployment.address
    if not any(address in (one.addresses or ()) for one in told.values()):
        yield f"nobody of its hosts has the front door's address {address}"
