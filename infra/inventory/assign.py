"""Divide what a plan needs among the hosts of an inventory.

The plan names one to three equal servers that hold everything, or servers by role. What the inventory says of a host's roles wins.
For the rest, a host goes on holding what it held before, then hosts are taken that are large enough, then in the order of the file:
so a host that is added at the end takes over what is missing, and nothing else moves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from infra.inventory.model import Inventory, Role
from infra.inventory.placement import ALONE, ANY_ONE, OF_EACH, OF_SERVERS, REPLICAS, ROLES, TWO, Placement
from sizing.ladder import SURVIVES
from sizing.plan import Plan, Server

FRONT_DOORS: Final = 2
MANAGERS: Final = 3
BESIDE: Final[tuple[Role, ...]] = ("pagecache", "web")
"""Held by every host where hosts are equal: their number is bounded by nothing but the hosts'."""
SPARE: Final[tuple[Role, ...]] = ("web",)

Held = dict[str, set[Role]]
Before = Mapping[str, Iterable[Role]]
Fits = Callable[[str, Server], bool]
Slot = tuple[Role, Server]


def anything(_host: str, _server: Server) -> bool:
    """Every host is large enough: nobody has looked yet."""
    return True


@dataclass(frozen=True)
class Question:
    """What is divided among whom: ``before`` says what each host held, ``fits`` whether a host is as large as a server of the plan."""

    inventory: Inventory
    plan: Plan
    before: Before = field(default_factory=dict)
    fits: Fits = anything

    @property
    def equal(self) -> bool:
        """Whether the plan's servers hold everything, each."""
        return not any(server.role in OF_SERVERS for server in self.plan.servers)

    @property
    def free(self) -> list[str]:
        """The hosts for which the inventory leaves to the plan what server of it they are."""
        return [host.name for host in self.inventory.hosts if not set(host.roles) & {*OF_SERVERS, "arbitrator"}]

    def held(self, host: str, role: Role) -> bool:
        """Tell whether a host held a role before."""
        return role in self.before.get(host, ())


def place(question: Question) -> Placement:
    """Return who holds what; whether that is what the plan needs is another question (``contradictions``)."""
    held: Held = {host.name: set(host.roles) for host in question.inventory.hosts}
    if question.equal:
        _equal(question, held)
    else:
        _by_role(question, held)
    _beside(question, held)
    return divided(question, held)


def divided(question: Question, held: Mapping[str, Iterable[Role]]) -> Placement:
    """Return what it is that hosts hold these roles."""
    roles = {name: set(of_host) for name, of_host in held.items()}
    ordered = {name: tuple(role for role in ROLES if role in roles[name]) for name in roles}
    step = _step(question, ordered)
    return Placement(ordered, step, question.plan.survives if step == ALONE else SURVIVES[step])


def wanted(question: Question, role: Role) -> int:
    """Return how many hosts shall hold a role of servers; of equal hosts all hold caches and web."""
    if not question.equal:
        return sum(server.count for server in question.plan.servers if server.role == role)
    judged = any("arbitrator" in host.roles for host in question.inventory.hosts)
    return {"frontdoor": FRONT_DOORS, "database": REPLICAS - judged, "files": REPLICAS - judged}.get(role, len(question.inventory.hosts))


def holders(held: Held, role: Role) -> list[str]:
    """Return the hosts that hold ``role``."""
    return [name for name, roles in held.items() if role in roles]


def _equal(question: Question, held: Held) -> None:
    free, whole = question.free, question.plan.servers[0]
    for role in OF_SERVERS:
        missing = max(0, wanted(question, role) - len(holders(held, role)))
        able = sorted(free, key=lambda name: (role not in BESIDE and not question.held(name, role), not question.fits(name, whole)))
        for name in able[:missing]:
            held[name].add(role)


def _by_role(question: Question, held: Held) -> None:
    """Give each host one server of the plan; what is left over serves pages."""
    left = question.free
    slots: list[Slot] = []
    for role in OF_SERVERS:
        servers = [server for server in question.plan.servers if server.role == role for _ in range(server.count)]
        missing = max(0, len(servers) - len(holders(held, role)))
        staying = [name for name in left if question.held(name, role)][:missing]
        for name in staying:
            held[name].add(role)
            left.remove(name)
        slots += [(role, server) for server in servers[len(servers) - missing + len(staying) :]]
    for (role, _server), name in _matched(slots, left, question.fits):
        held[name].add(role)
        left.remove(name)
    for name in left:
        held[name].update(SPARE)


def _matched(slots: Sequence[Slot], hosts: Sequence[str], fits: Fits) -> list[tuple[Slot, str]]:
    """Return a host for each slot: as many that fit as can be (augmenting paths, Kuhn 1955), the first in the file first; then any."""
    taken: dict[str, int] = {}

    def find(slot: int, tried: set[str]) -> bool:
        for host in hosts:
            if host not in tried and fits(host, slots[slot][1]):
                tried.add(host)
                if host not in taken or find(taken[host], tried):
                    taken[host] = slot
                    return True
        return False

    unfit = [slot for slot in range(len(slots)) if not find(slot, set())]
    rest = [host for host in hosts if host not in taken]
    return [(slots[slot], host) for host, slot in taken.items()] + [(slots[slot], host) for slot, host in zip(unfit, rest, strict=False)]


def _beside(question: Question, held: Held) -> None:
    """Name managers, three where there are so many hosts, and who keeps the metrics."""
    count = MANAGERS if len(held) >= MANAGERS else 1
    if not holders(held, "manager"):
        order = sorted(held, key=lambda name: (not question.held(name, "manager"), "arbitrator" not in held[name], "database" not in held[name]))
        for name in order[:count]:
            held[name].add("manager")
    if not holders(held, "metrics"):
        managers = sorted(holders(held, "manager"), key=lambda name: (not question.held(name, "metrics"), "arbitrator" not in held[name]))
        held[managers[0]].add("metrics")


def _step(question: Question, roles: Mapping[str, tuple[Role, ...]]) -> int:
    """Return the step of the ladder that these hosts are, by what the fewest hold."""
    if len(roles) <= TWO:
        return len(roles)
    spread = min(sum(role in held for held in roles.values()) for role in OF_SERVERS)
    if spread <= ALONE:
        return ALONE
    whole = Placement(roles, ANY_ONE, "")
    if not whole.galera:
        return TWO
    return ANY_ONE if question.equal and all(set(OF_SERVERS[1:]) <= set(held) or "arbitrator" in held for held in roles.values()) else OF_EACH
