"""How a cluster is: what runs where, what is not well, what somebody changed by hand, what room is left."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infra import acme, history
from infra.cluster import certificate
from infra.cluster.cluster import Cluster
from infra.cluster.keep import restoring
from infra.cluster.parts import database, folders
from infra.cluster.seen.headroom import Room, rooms, writer
from infra.cluster.seen.looks import Looked, declared, look
from infra.cluster.seen.losses import losses
from infra.cluster.seen.tells import Told
from infra.cluster.standing import Standing
from infra.cluster.upgrade import renewal
from infra.keep import backup, drill
from infra.keep import standing as keeping
from runtime.errors import PlanError

NO: Final = 3
WELL: Final = "serves"
DEPLOY: Final = "run 'plan deploy' with the plan in force: it puts them right"
COMES_BACK: Final = "it comes back with the host; where the host does not, install it anew and run 'plan deploy'"
SEE: Final = "see 'docker service ps' on a manager and 'journalctl' on the host; 'plan deploy' puts right what it can"


@dataclass(frozen=True)
class Database:
    """The members of the database, each with what is not well about it ("": nothing); ``writers`` are those that front doors write to.

    ``refuses``: a copy answers, and no primary does.
    """

    mode: str
    members: Mapping[str, str]
    writers: tuple[str, ...]
    refuses: bool = False

    @property
    def troubles(self) -> Iterator[str]:
        """What is not well."""
        yield from (f"database on {name}: {state}" for name, state in self.members.items() if state)
        if self.refuses:
            yield "nobody can write: the database's primary does not answer; 'plan failover --inventory' makes the copy the primary"
        if len(self.writers) > 1:
            yield f"front doors write to different members of the database: {' and '.join(self.writers)}"


@dataclass(frozen=True)
class Condition:
    """How a cluster is: what is known of it, what was looked at, and what follows."""

    standing: Standing
    looked: Looked
    database: Database
    addresses: Mapping[str, tuple[str, ...]]
    rooms: Sequence[Room]
    losses: Sequence[str]
    version: str
    applied_at: str
    interrupted: bool
    keeps: Sequence[str] = ()
    """How backups, drills and a restore stand, in words."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """The same for a program."""
    halted: Sequence[PlanError] = ()
    """What keeps people from writing until a command has completed it."""
    unkept: Sequence[PlanError] = ()
    """What of backups and drills failed or is overdue."""
    certificates: Mapping[str, acme.Standing] = field(default_factory=dict)
    """How the certificate of each front door stands, where an ACME server issues them."""

    @property
    def tight(self) -> list[Room]:
        """Of what little is left."""
        return [room for room in self.rooms if room.tight]

    @property
    def changed(self) -> list[str]:
        """What differs from what was deployed, in words."""
        return [*map(str, self.looked.drift), *(f"{change.host}: {line}" for change in self.looked.hosts for line in change.lines)]

    @property
    def unwell(self) -> list[str]:
        """What does not run as it should, in words."""
        services = self.looked.services.items()
        found = [f"{role}: {one.running} of {one.wanted} run{f': {one.said}' if one.said else ''}" for role, one in services if not one.well]
        found += self.database.troubles
        found += [_where(address, holders) for address, holders in self.addresses.items() if len(holders) != 1]
        found += [f"certificate of {name}: {one.late}" for name, one in self.certificates.items() if one.late]
        return [*found, *(str(one) for one in self.looked.short)]

    @property
    def unseen(self) -> list[str]:
        """What could not be looked at, or may be old, with the reason."""
        old = [] if self.standing.most else ["the plan in force: most managers do not answer; what one of them keeps may not be the newest"]
        return [*old, *self.looked.unseen]

    @property
    def wrong(self) -> list[PlanError]:
        """What must be mended, each with how; hosts that are lost come first."""
        lost, name = self.standing.cluster.lost, self.standing.cluster.name
        found = [PlanError(one.message, where=one.where, hint=one.hint, exit_code=NO) for host, one in self.standing.tells.lost.items() if host in lost]
        found += [PlanError(said, where=name, hint=COMES_BACK if lost else SEE, exit_code=NO) for said in self.unwell]
        if self.changed:
            found.append(PlanError(f"{len(self.changed)} differences from the last deploy", where=name, hint=DEPLOY, exit_code=NO))
        found += [*self.halted, *self.unkept]
        return [*found, *(PlanError(f"not looked at: {said}", where=name, hint="mend what it says, then look again", exit_code=NO) for said in self.unseen)]

    def document(self) -> dict[str, Any]:
        """Return it for a program."""
        there, deployment = self.standing, self.standing.deployment
        services = self.looked.services.items()
        return {
            "name": deployment.name,
            "cluster": there.cluster.name,
            "urls": deployment.urls,
            "plan_digest": there.cluster.plan.inputs.digest,
            "version": self.version or None,
            "applied_at": self.applied_at or None,
            "interrupted": self.interrupted,
            "deploying": there.deploying or None,
            "survives": there.cluster.placement.survives,
            "hosts": {name: self._host(name) for name in there.cluster.reach},
            "lost": list(self.losses),
            "not_deployed": list(there.strangers),
            "left": list(there.gone),
            "services": {role: {"running": one.running, "wanted": one.wanted, "hosts": list(one.hosts), "said": one.said} for role, one in services},
            "database": {"mode": self.database.mode, "members": _well(self.database.members), "writers": list(self.database.writers)},
            "addresses": {address: list(holders) for address, holders in self.addresses.items()},
            "certificates": {
                name: {"ends": one.ends.isoformat() if one.ends else None, "problem": one.late or None} for name, one in self.certificates.items()
            },
            "drift": [vars(one) for one in self.looked.drift],
            "hosts_drift": [{"host": change.host, "task": change.task, "what": list(change.what)} for change in self.looked.hosts],
            "not_in_force": [vars(one) for one in self.looked.short],
            "keep": dict(self.kept),
            "headroom": [{**vars(room), "share": round(room.share, 3), "tight": room.tight} for room in self.rooms],
            "not_looked_at": self.unseen,
            "problems": [{"where": one.where, "message": one.message, "hint": one.hint} for one in self.wrong],
        }

    def _host(self, name: str) -> dict[str, Any]:
        cluster, told, lost = self.standing.cluster, self.standing.tells.told.get(name), self.standing.tells.lost.get(name)
        return {
            "address": cluster.reach[name].address,
            "roles": list(cluster.placement.roles[name]),
            "answers": told is not None,
            "problem": lost.message if lost else None,
            "swarm": told.swarm.state if told and told.swarm else None,
        }


def condition(there: Standing) -> Condition:
    """Return how the cluster is; what cannot be looked at is said in it."""
    cluster, told, deployment = there.cluster, there.tells.told, there.deployment
    memory, kept = {service.role: service.memory_mib for service in declared(there)}, history.entries(deployment)
    return Condition(
        standing=there,
        looked=look(there),
        database=members(cluster, told),
        addresses=holders(cluster, told),
        rooms=rooms(cluster, told, memory),
        losses=losses(cluster),
        version=str(kept[-1]) if kept else "",
        applied_at=str(deployment.record().get("applied_at", "")),
        interrupted=deployment.interrupted,
        keeps=[*restoring.lines(deployment.folder), *renewal.lines(deployment.folder), *keeping.of_cluster(deployment, folders.copying(cluster))],
        kept={"backup": backup.last(deployment), "drill": drill.last(deployment), "by": list(folders.copying(cluster))},
        halted=[*restoring.halts(deployment.folder), *renewal.halts(deployment.folder)],
        unkept=keeping.wrong(deployment),
        certificates=certificate.standing(cluster, there.folder, deployment),
    )


def members(cluster: Cluster, told: Mapping[str, Told]) -> Database:
    """Return how the database stands, as its members and the front doors say."""
    mode = database.mode(cluster)
    found = {name: _member(told[name].database, mode) if name in told else "its host does not answer" for name in database.members(cluster)}
    writers = [writer(one.door) for name, one in told.items() if one.door and name in cluster.reach]
    health = {(told[name].database or {}).get("health", "") for name in found if name in told}
    return Database(mode, found, tuple(dict.fromkeys(name for name in writers if name)), mode == "copy" and database.READ_ONLY in health and WELL not in health)


def holders(cluster: Cluster, told: Mapping[str, Told]) -> dict[str, tuple[str, ...]]:
    """Return which hosts have each address that moves."""
    return {address: tuple(name for name, one in told.items() if address in (one.addresses or ())) for address in cluster.inventory.front_door.addresses}


def _member(said: Mapping[str, str] | None, mode: database.Mode) -> str:
    """Return what is not well about a member of the database, "" where it serves, or is the copy that takes no writes."""
    if said is None or not (said.get("health") or "Threads_connected" in said):
        return "does not answer"
    health = said.get("health", "")
    if health == WELL or (mode == "copy" and health == database.READ_ONLY):
        return ""
    return health or f"front doors are not told how it is ({said.get('wsrep_local_state_comment', 'running')})"


def _well(found: Mapping[str, str]) -> dict[str, str]:
    return {name: state or WELL for name, state in found.items()}


def _where(address: str, having: Sequence[str]) -> str:
    return f"{address} is on {' and '.join(having)} at once" if having else f"no front door has {address}"
