"""What in an inventory contradicts itself; needs neither plan nor hosts."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final

from infra.inventory.model import Inventory
from runtime.errors import PlanError

QUORUM: Final = (1, 3, 5, 7)
FRONT_DOORS: Final = 2


def contradictions(inventory: Inventory, name: str = "cluster.yaml") -> Iterator[PlanError]:
    """Yield everything in which ``inventory`` contradicts itself; ``name`` is what errors call the file."""
    for check in (_twice, _loopback, _kinds, _front_door, _roles, _managers):
        for where, message, hint in check(inventory):
            yield PlanError(message, where=f"{name}: {where}", hint=hint)


Found = Iterator[tuple[str, str, str]]


def _twice(inventory: Inventory) -> Found:
    for at, first, value in _repeated(host.name for host in inventory.hosts):
        yield f"hosts[{at}].name", f"{value} is the name of hosts[{first}] as well", "give each host a name of its own"
    for at, first, value in _repeated(host.address for host in inventory.hosts):
        yield f"hosts[{at}].address", f"{value} is the address of {inventory.hosts[first].name} as well", "write the address of this host"
    for at, first, value in _repeated(one.name for one in inventory.operators):
        yield f"operators[{at}].name", f"{value} is the name of operators[{first}] as well", "write each person once, with all keys"
    for what in ("name", "address"):
        there = {getattr(host, what): f"hosts[{at}]" for at, host in enumerate(inventory.hosts)}
        for at, driver in enumerate(inventory.generators):
            value = getattr(driver, what)
            if value in there:
                hint = "a host of the platform may drive, too: name it with --generators; here stand hosts on which nothing is deployed"
                yield f"generators[{at}].{what}", f"{value} is the {what} of {there[value]} as well", hint
            there.setdefault(value, f"generators[{at}]")
    deploying = {inventory.ssh.user, *(host.ssh.user for host in inventory.hosts)}
    for at, one in enumerate(inventory.operators):
        if one.name in deploying:
            hint = "write a person's own account: of operators only the keys written here count, so this machine would be shut out"
            yield f"operators[{at}].name", f"{one.name} is the account that deploys", hint
    for at, _first, value in _repeated(inventory.front_door.addresses):
        yield f"front_door.addresses[{at}]", f"{value} is there twice", "write it once"


def _repeated(values: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    seen: dict[str, int] = {}
    for at, value in enumerate(values):
        if value in seen:
            yield at, seen[value], value
        seen.setdefault(value, at)


def _loopback(inventory: Inventory) -> Found:
    for at, host in enumerate(inventory.hosts):
        if len(inventory.hosts) > 1 and ipaddress.ip_address(host.address).is_loopback:
            yield f"hosts[{at}].address", f"{host.address} is each host's own: no other reaches it there", "write its address in the network of the hosts"


def _kinds(inventory: Inventory) -> Found:
    kinds = [ipaddress.ip_address(host.address).version for host in inventory.hosts]
    if odd := [at for at, kind in enumerate(kinds) if kind != kinds[0]]:
        at = odd[0]
        yield f"hosts[{at}].address", f"is IPv{kinds[at]}, the first host's is IPv{kinds[0]}", "write addresses of one kind: the hosts talk to each other there"


def _front_door(inventory: Inventory) -> Found:
    addresses = inventory.front_door.addresses
    holders = {host.address: host.name for host in inventory.hosts}
    for at, address in enumerate(addresses):
        if address in holders:
            yield f"front_door.addresses[{at}]", f"{address} is the address of {holders[address]}", "write an address that no host has: it moves between two"
    kinds = [ipaddress.ip_address(address).version for address in addresses]
    if len(set(kinds)) < len(set(addresses)):
        yield "front_door.addresses", f"are two of IPv{kinds[0]}", "write one IPv4 address, and one IPv6 address where people come by IPv6"
    if not addresses and len(inventory.hosts) > 1:
        yield (
            "front_door.addresses",
            "is missing: with two hosts or more people must reach whichever front door is alive",
            "write a free address of the network",
        )


def _roles(inventory: Inventory) -> Found:
    for at, host in enumerate(inventory.hosts):
        for place, _first, role in _repeated(host.roles):
            yield f"hosts[{at}].roles[{place}]", f"{role} is there twice", "write it once"
        if "arbitrator" in host.roles and {"database", "files"} & set(host.roles):
            yield f"hosts[{at}].roles", "an arbitrator holds neither database nor files", "take arbitrator away, or the other"
    doors = _with(inventory, "frontdoor")
    if len(doors) > FRONT_DOORS:
        yield "hosts", f"{', '.join(doors)} are front doors; the address moves between {FRONT_DOORS}", "take frontdoor away from the others"
    judges = _with(inventory, "arbitrator")
    if len(judges) > 1:
        yield "hosts", f"{', '.join(judges)} are arbitrators; one is enough", "take arbitrator away from the others"


def _managers(inventory: Inventory) -> Found:
    named = _with(inventory, "manager")
    if named and len(named) not in QUORUM:
        more = len(named) + 1
        yield "hosts", f"{len(named)} hosts are managers ({', '.join(named)}): the loss of one of two stops both", f"name {len(named) - 1} or {more} managers"


def _with(inventory: Inventory, role: str) -> list[str]:
    return [host.name for host in inventory.hosts if role in host.roles]
