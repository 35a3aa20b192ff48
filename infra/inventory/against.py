"""Where inventory and plan contradict each other: what the hosts, as they are divided, cannot hold or survive."""

from collections.abc import Iterator, Mapping
from typing import Final

from infra.inventory.assign import BESIDE, FRONT_DOORS, Question, wanted
from infra.inventory.model import Role
from infra.inventory.placement import OF_SERVERS, REPLICAS, TWO, Placement
from infra.inventory.ports import ports
from runtime.errors import PlanError

SPREAD: Final[tuple[Role, ...]] = ("frontdoor", "pagecache", "web")
"""Roles of which two hosts are enough to lose one."""
STORING: Final[tuple[Role, ...]] = ("database", "files")
JUDGE: Final[tuple[Role, ...]] = ("arbitrator",)
ANEW: Final = "size again with larger machines to choose from: plan size --catalogue"

Found = Iterator[tuple[str, str]]


def contradictions(question: Question, placement: Placement, name: str = "cluster.yaml") -> Iterator[PlanError]:
    """Yield everything in which the plan and the hosts of the inventory, divided as in ``placement``, contradict each other."""
    for check in (_too_few, _not_built, _spread, _votes, _managers, _ports):
        for message, hint in check(question, placement):
            yield PlanError(message, where=f"{name}: hosts", hint=hint)


def _too_few(question: Question, placement: Placement) -> Found:
    servers = {role: server_count(question, role) for role in OF_SERVERS}
    missing = {role: count - len(placement.hosts(role)) for role, count in servers.items() if count > len(placement.hosts(role))}
    if question.equal:
        yield from _equal_ones(question, {role: count for role, count in missing.items() if placement.hosts(role)})
    elif missing:
        said = ", ".join(f"{count} x {role}" for role, count in missing.items())
        here = _many(len(question.inventory.hosts), "host")
        mend = f"add {_many(sum(missing.values()), 'host')}, or let hosts that are large enough have several roles"
        yield f"the plan needs {sum(servers.values())} servers, here are {here}: missing are {said}", mend


def _equal_ones(question: Question, missing: Mapping[Role, int]) -> Found:
    if missing:
        servers = _many(question.plan.servers[0].count, "server")
        yield f"the plan needs {servers} that hold everything; for {', '.join(missing)} there are fewer hosts", f"add {_many(max(missing.values()), 'host')}"


def server_count(question: Question, role: Role) -> int:
    """Return how many hosts must hold ``role`` so that the plan's servers are all there: each of the equal ones holds caches and web."""
    if not question.equal:
        return wanted(question, role)
    count = question.plan.servers[0].count
    return count if role in BESIDE else min(count, wanted(question, role))


def _not_built(question: Question, _placement: Placement) -> Found:
    if question.equal:
        return
    doors, members = wanted(question, "frontdoor"), wanted(question, "database")
    if doors > FRONT_DOORS:
        yield f"the plan needs {doors} front doors; an address moves between {FRONT_DOORS}, of which one answers", ANEW
    if members % TWO == 0 and members:
        clusters = members & -members
        yield f"the plan divides the database into {clusters} clusters of {members // clusters}; one is built", ANEW


def _ports(question: Question, _placement: Placement) -> Found:
    """Yield ports of the plan's pages that the cluster needs for itself, or SSH has: opening them for everyone would open those."""
    published = question.plan.platform.ports
    own = {port.number: port.what for port in ports(question.plan) if port.comers != "everyone"}
    own |= dict.fromkeys((question.inventory.ssh.port, *(host.ssh.port for host in question.inventory.hosts if host.ssh.port)), "SSH")
    for name, number in (("http", published.http), ("https", published.https)):
        if number in own:
            yield f"the plan's {name} port {number} is the cluster's own ({own[number]})", "write another into the brief: infrastructure.ports"


def _spread(question: Question, placement: Placement) -> Found:
    count = len(question.inventory.hosts)
    alone = {role: placement.hosts(role)[0] for role in SPREAD if len(placement.hosts(role)) == 1}
    for role, host in alone.items() if count > 1 else ():
        yield (
            f"{role} is on {host} alone: its loss stops the platform",
            f"give another host the role {role}, or take the roles away for the plan to divide them",
        )
    for role in OF_SERVERS:
        if question.equal and not placement.hosts(role):
            yield f"no host is left for {role}", f"add hosts, or add {role} to the roles of some, or take the roles away for the plan to divide them"
    halves = [role for role in STORING if len(placement.hosts(role)) == 1]
    if count == TWO and halves:
        yield f"{' and '.join(halves)} would be on one host of two", "let both hold everything: take their roles away"


def _votes(question: Question, placement: Placement) -> Found:
    """Three or more must agree: what is left after a loss must still be more than half."""
    if len(question.inventory.hosts) <= TWO:
        return
    members, files, judges = (len(placement.hosts(role)) for role in (*STORING, *JUDGE))
    if members > 0 and members + judges < REPLICAS:
        yield (
            f"the database has {_many(members, 'member')} and {judges or 'no'} arbitrator: it stops with the loss of one",
            "three hosts for database, or two and an arbitrator",
        )
    elif members and (members + judges) % TWO == 0:
        yield f"the database has {members} members and {judges or 'no'} arbitrator: an even number may fall into halves", "make it an odd number together"
    if files % REPLICAS and not (files == TWO and judges):
        yield f"files are on {_many(files, 'host')}", "three hosts for files, or two and an arbitrator"


def _managers(question: Question, placement: Placement) -> Found:
    if len(question.inventory.hosts) > TWO and len(placement.hosts("manager")) == 1:
        yield f"{placement.hosts('manager')[0]} is the only manager: with it gone, nothing is replaced", "name three managers, or none for the plan to choose"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
