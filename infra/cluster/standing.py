"""A cluster as it stands: who answers, what each tells, and the plan that is in force; known from the inventory alone, for every command but deploy."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from infra.cluster import platform
from infra.cluster.carry import kept
from infra.cluster.cluster import Cluster
from infra.cluster.keep import records
from infra.cluster.make_ready import at_work, private
from infra.cluster.platform import Platform, opened
from infra.cluster.playing import HostsError
from infra.cluster.seen.tells import Tells, ask
from infra.deploy import REMOVED
from infra.deployment import Deployment, plan_file, read_plan
from infra.inventory.assign import Question, divided
from infra.inventory.connect import Reach, reaches
from infra.inventory.keys import wrong_files
from infra.inventory.mark import parsed
from infra.inventory.model import Inventory, Role
from infra.inventory.placement import ROLES, TWO
from infra.inventory.reading import read, refuse
from runtime.errors import PlanError
from runtime.printer import quiet
from sizing.plan import Plan

MEND: Final = "mend that first: the managers keep the plan in force"
MEND_TWO: Final = f"{MEND}; 'plan failover --inventory' lets the other host serve meanwhile, where the database's copy is there"
FIRST: Final = "run 'plan deploy PLAN --inventory' first"


@dataclass(frozen=True)
class Standing:
    """What is known of a cluster: ``cluster`` are its hosts that were deployed, with the plan in force and who is lost.

    ``deployment`` is of a folder that is not to be stored. ``record`` is what the last deploy wrote down; ``strangers`` are hosts of the inventory
    that were not deployed yet, ``gone`` such that were and stand in it no more. ``records`` say how the last backups and drills ended, by file.
    """

    inventory: Inventory
    cluster: Cluster
    folder: Path
    deployment: Deployment
    tells: Tells
    record: Mapping[str, Any]
    records: Mapping[str, str] = field(default_factory=dict)

    @property
    def strangers(self) -> tuple[str, ...]:
        """Hosts of the inventory that are not deployed."""
        return tuple(name for name in self.inventory.names if name not in self.cluster.reach)

    @property
    def gone(self) -> tuple[str, ...]:
        """Hosts that were deployed and stand in the inventory no more."""
        return tuple(name for name in self.record.get("hosts", {}) if name not in self.inventory.names)

    @property
    def manager(self) -> str:
        """A manager whose swarm answers; "" where none does."""
        told = self.tells.told
        return next((name for name in self.cluster.managers if name in told and (swarm := told[name].swarm) and swarm.answers), "")

    @property
    def most(self) -> bool:
        """Whether most managers answer, so that what was fetched is the newest."""
        return len(set(self.cluster.managers) - self.cluster.lost) > len(self.cluster.managers) // 2

    @property
    def deploying(self) -> str:
        """Who holds the cluster at the moment, "" where nobody does."""
        return next((told.deploying for told in self.tells.told.values() if told.deploying), "")


@dataclass(frozen=True)
class _Keepers:
    """Who keeps the folder of a deployment, before its plan is known."""

    name: str
    deployment: str
    reach: Mapping[str, Reach]
    managers: tuple[str, ...]
    lost: frozenset[str]


@contextmanager
def looked(path: Path, name: str = "") -> Iterator[Standing]:
    """Look at the cluster of the inventory in ``path``; nothing is changed, and hosts that do not answer are lost, not an error.

    ``name`` is the deployment where several are kept. Raises PlanError where nobody answers, or nothing is deployed.
    """
    inventory = read(path)
    refuse(found.problem for found in wrong_files(inventory)[0])
    everyone = {one.name: one for one in reaches(inventory)}
    with private(everyone) as folder:
        tells = ask(everyone, folder)
        if not tells.told:
            raise HostsError(tuple(tells.lost.values()))
        yield standing(inventory, tells, folder, name)


@contextmanager
def changing(path: Path, name: str = "") -> Iterator[tuple[Platform, Inventory]]:
    """Hold the cluster of the inventory in ``path``, with the plan that is in force on it; raises PlanError where a host does not answer."""
    with looked(path, name) as there:
        if there.cluster.lost:
            raise HostsError(tuple(there.tells.lost[host] for host in sorted(there.cluster.lost)))
        cluster, inventory = there.cluster, there.inventory
    with at_work(cluster) as work, opened(work) as found:
        if _in_force(found.deployment.folder) != cluster.plan:
            raise PlanError("somebody deployed since this command began", where=cluster.name, hint="run the same command again")
        found.refuse_state(quiet)
        yield found, inventory


def standing(inventory: Inventory, tells: Tells, folder: Path, name: str = "") -> Standing:
    """Return what hosts make known of their cluster; the deployment's folder is fetched from managers that answer."""
    record = _record(tells)
    roles = _roles(inventory, tells, record)
    everyone = {one.name: one for one in reaches(inventory)}
    managers = tuple(host for host, held in roles.items() if "manager" in held)
    keepers = _Keepers(inventory.name, _deployment(inventory, tells, managers, name), everyone, managers, frozenset(tells.lost))
    fetched = kept.glimpse(keepers, folder).folder
    plan = _in_force(fetched)
    if plan is None:
        removed = (fetched / REMOVED).exists()
        said = f"{keepers.deployment} was removed from this cluster; its data stays" if removed else "nothing is deployed on this cluster"
        raise PlanError(said, where=inventory.name, hint=FIRST)
    hosts = inventory.model_copy(update={"hosts": tuple(host for host in inventory.hosts if host.name in roles)})
    cluster = Cluster(plan, hosts, divided(Question(hosts, plan), roles), frozenset(tells.lost) & set(roles))
    found = records.newest(told.records.get(keepers.deployment) for told in tells.told.values() if told.records)
    records.put(found, fetched)
    return Standing(inventory, cluster, folder, platform.of(cluster, fetched), tells, record, found)


def _in_force(folder: Path) -> Plan | None:
    """Return the plan in force, or of a first deploy that did not end; None where there is none."""
    file = plan_file(folder)
    return read_plan(file) if file.exists() else None


def _record(tells: Tells) -> Mapping[str, Any]:
    """Return what was written down last on any host."""
    found = []
    for told in tells.told.values():
        try:
            value = json.loads(told.record or "{}")
        except (ValueError, RecursionError):
            continue
        found += [value] if isinstance(value, dict) else []
    return max(found, key=lambda one: str(one.get("applied_at", "")), default={})


def _roles(inventory: Inventory, tells: Tells, record: Mapping[str, Any]) -> dict[str, tuple[Role, ...]]:
    """Return the roles of each host that was deployed: as its own mark says, or of one that is silent the record."""
    written = record.get("roles", {})
    roles: dict[str, tuple[Role, ...]] = {}
    for host in inventory.names:
        mark = parsed(tells.told[host].mark) if host in tells.told else None
        held = mark.roles if mark and mark.cluster == inventory.name else tuple(role for role in ROLES if role in written.get(host, ()) and host in tells.lost)
        if held:
            roles[host] = held
    return roles


def _deployment(inventory: Inventory, tells: Tells, managers: tuple[str, ...], name: str) -> str:
    there = sorted({one for told in tells.told.values() for one in told.kept})
    if not there and (lost := [tells.lost[host] for host in managers or tells.lost if host in tells.lost]):
        said = f"no manager answers that knows what is deployed ({'; '.join(str(one) for one in lost)})"
        raise PlanError(said, where=inventory.name, hint=MEND_TWO if tells.told and len(inventory.hosts) == TWO else MEND)
    if not there:
        raise PlanError("nothing is deployed on this cluster", where=inventory.name, hint=FIRST)
    if name and name not in there:
        raise PlanError(f"no deployment is called {name}", where=inventory.name, hint=f"there is: {', '.join(there)}")
    if not name and len(there) > 1:
        raise PlanError(f"several deployments are here: {', '.join(there)}", where=inventory.name, hint="choose one with --name")
    return name or there[0]
