"""What is wrong with hosts that were seen, one finding each; pure."""

import ipaddress
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

from infra.finding import Finding
from infra.inventory.mark import PATH, parsed
from infra.inventory.model import Inventory, Role
from infra.inventory.needs import Need, lacks
from infra.inventory.placement import Placement
from infra.inventory.ports import of
from infra.inventory.probe import Clock, Facts, Seen
from sizing.plan import Plan

GIB: Final = 1024**3
MARIADB: Final = {"12": "10.11", "13": "11.8"}
"""What each release of Debian that is taken brings."""
FREE_AT_FIRST_GIB, FREE_GIB = 10, 1
CLOCKS_S: Final = 1.0
SET_CLOCK: Final = "let one time server keep all clocks (systemd-timesyncd, chrony), then run the same command again"
NO_PROGRAM: Final = frozenset({("udp", 4789)})
"""Held by the kernel itself."""


def judged(inventory: Inventory, seen: Sequence[Seen], plan: Plan | None, placement: Placement | None, need: Mapping[str, Need]) -> Iterator[Finding]:
    """Yield a line on each host that answered, and whatever is wrong with it; then what is wrong between them."""
    silent = frozenset(one.reach.name for one in seen if one.problem)
    # Where SSH is for some networks alone, hosts that are at home let one in that is new only after this deploy.
    opened = silent | {one.reach.name for one in seen if one.facts and _at_home(inventory, one.facts)} if inventory.ssh.networks else silent
    for one in seen:
        if one.problem or one.facts is None:
            yield Finding(one.reach.name, f"{one.reach.address} {one.problem.message}" if one.problem else "", one.problem.hint if one.problem else "")
            continue
        roles = placement.roles[one.reach.name] if placement else ()
        yield Finding(one.reach.name, told(one.facts, roles))
        yield from (Finding(one.reach.name, *found) for found in (*_wrong(inventory, one, one.facts), *_apart(one, one.facts, opened)))
        if one.reach.name in need:
            yield from (Finding(one.reach.name, *found) for found in _too_small(one.facts, need[one.reach.name], roles))
        if plan:
            yield from (Finding(one.reach.name, *found) for found in _taken(inventory, plan, one.facts, roles))
    answered = {one.reach.name: one.facts for one in seen if one.facts}
    for check in (_front_door(inventory, answered, placement), _alike(answered, placement), _clocks(seen), _same(inventory, answered)):
        yield from (Finding("cluster", *found) for found in check)


def told(facts: Facts, roles: Sequence[Role] = ()) -> str:
    """Return a host in a line."""
    mariadb = f" (MariaDB {MARIADB[facts.release]})" if facts.os == "debian" and facts.release in MARIADB else ""
    cores = f"{facts.cores} core{'' if facts.cores == 1 else 's'}"
    size = f"{cores}, {facts.memory_bytes / GIB:.1f} GiB memory, {facts.disk_free_bytes / GIB:.0f} of {facts.disk_bytes / GIB:.0f} GiB disk free"
    return f"{facts.os_name}{mariadb}, {size}" + (f"; for: {', '.join(roles)}" if roles else "")


Found = Iterator[tuple[str, str]]


def _wrong(inventory: Inventory, one: Seen, facts: Facts) -> Found:
    if facts.os != "debian" or facts.release not in MARIADB:
        yield f"runs {facts.os_name}", f"install Debian {' or '.join(sorted(MARIADB, reverse=True))} there"
    if not facts.systemd:
        yield "was not booted by systemd", "boot it as Debian's own installation does"
    if facts.sudo:
        rule = f"{one.reach.user} ALL=(ALL) NOPASSWD:ALL"
        yield f"{one.reach.user} may not use sudo without a password: {facts.sudo}", f"as root there: install sudo, and put this into /etc/sudoers.d: {rule}"
    if (mark := parsed(facts.mark)) and mark.cluster != inventory.name:
        yield f"belongs to the cluster {mark.cluster}", f"take it out of that one first; if that is gone: sudo rm {PATH} there"
    yield from _named(inventory, one, facts)
    if one.clock and (amount := _off(one.clock)):
        yield f"its clock is {amount:.1f} s {'ahead of' if one.clock.low > 0 else 'behind'} this machine's", SET_CLOCK


def _named(inventory: Inventory, one: Seen, facts: Facts) -> Found:
    if facts.hostname != one.reach.name:
        yield (
            f"calls itself {facts.hostname}",
            f"is it the right host? then: sudo hostnamectl set-hostname {one.reach.name} there, or write the name that it has",
        )
    own = {address.address for address in facts.addresses}
    if own and one.reach.address not in own and not ipaddress.ip_address(one.reach.address).is_loopback:
        yield f"does not have {one.reach.address} itself: {_outward(facts)}", "write the address that it has: the hosts talk to each other there"
    for other in () if _at_home(inventory, facts) else inventory.hosts:  # at home /etc/hosts is ours, and is brought up to date
        found = facts.names.get(other.name, ())
        if found and other.address not in found:
            yield f"{other.name} is {', '.join(found)} there, not {other.address}", "mend its /etc/hosts or the company's DNS"


def _at_home(inventory: Inventory, facts: Facts) -> bool:
    """Tell whether a host is of this cluster already."""
    mark = parsed(facts.mark)
    return mark is not None and mark.cluster == inventory.name


def _outward(facts: Facts) -> str:
    return ", ".join(one.address for one in facts.addresses if not ipaddress.ip_address(one.address).is_loopback) or "it has none"


def _apart(one: Seen, facts: Facts, silent: Container[str]) -> Found:
    """Yield the hosts that it does not reach; ``silent`` ones did not answer us either, or do not know it yet."""
    peers = {name: why for name, why in facts.peers.items() if why and name not in silent}
    for why in sorted(set(peers.values())):
        lost = [name for name, said in peers.items() if said == why]
        yield f"does not reach {', '.join(lost)}: {why}", f"let {one.reach.address} through to their SSH port: firewall, route, network"


def _too_small(facts: Facts, need: Need, roles: Sequence[Role]) -> Found:
    lacking = lacks(need, facts.cores, facts.memory_bytes / GIB, facts.disk_bytes / GIB)
    if lacking:
        yield f"is too small for {', '.join(roles)}: {', '.join(lacking)}", "take a larger machine, or give the host other roles in the inventory"
    least = FREE_GIB if facts.mark else FREE_AT_FIRST_GIB
    if facts.disk_free_bytes / GIB < least:
        yield f"has {facts.disk_free_bytes / GIB:.1f} GiB of disk free", f"free some: {least} GiB at least"


def _taken(inventory: Inventory, plan: Plan, facts: Facts, roles: Sequence[Role]) -> Found:
    """Yield the ports that something else holds. Where this cluster is at home already, its own programs may."""
    held = {(one.protocol, one.port): one.by for one in facts.listening}
    at_home = _at_home(inventory, facts)
    for port in of(plan, tuple(roles)):
        at = (port.protocol, port.number)
        if at in held and not (at_home and (held[at] in port.held_by or not held[at] or at in NO_PROGRAM)):
            yield (
                f"port {port.number}/{port.protocol} ({port.what}) is taken by {held[at] or 'a program that cannot be seen'}",
                "stop it there, or take another host",
            )


def _front_door(inventory: Inventory, answered: Mapping[str, Facts], placement: Placement | None) -> Found:
    doors = [name for name in (placement.hosts("frontdoor") if placement else ()) if name in answered]
    for address in inventory.front_door.addresses:
        owners = [name for name, facts in answered.items() if address in {one.address for one in facts.addresses}]
        if owners and placement and not set(owners) <= set(placement.hosts("frontdoor")):
            yield f"the front door's {address} is an address of {', '.join(owners)}, no front door", "write an address that no host has"
        ours = {one for name in doors for one in answered[name].hardware}  # others know for half a minute who had it, also when it was given up
        strangers = {name: facts.front[address] for name, facts in answered.items() if facts.front.get(address) and facts.front[address] not in ours}
        answering = sorted(f"{found}, seen by {name}" for name, found in strangers.items())
        if answering and not owners:
            yield f"the front door's {address} is taken by another machine ({answering[0]})", "write an address that nobody has"
        for name in doors:
            if not _in_network(address, answered[name]):
                yield f"the front door's {address} is in no network of {name}", "write an address of the network that both front doors are in"


def _in_network(address: str, facts: Facts) -> bool:
    wanted = ipaddress.ip_address(address)
    return any(wanted in ipaddress.ip_interface(f"{one.address}/{one.prefix}").network for one in facts.addresses)


def _alike(answered: Mapping[str, Facts], placement: Placement | None) -> Found:
    kinds = {facts.architecture for facts in answered.values()}
    if len(kinds) > 1:
        yield f"the hosts' processors are of different kinds: {', '.join(sorted(kinds))}", "take hosts of one kind: images are built once"
    holding = placement.hosts("database") if placement else ()
    members = {name: facts.release for name, facts in answered.items() if name in holding and facts.release in MARIADB}
    if len(set(members.values())) > 1:
        said = ", ".join(f"{name} Debian {release}" for name, release in members.items())
        yield f"the database would be of different versions: {said}", "install one release of Debian on the hosts of the database"


def _clocks(seen: Sequence[Seen]) -> Found:
    """Yield the two clocks that are furthest apart, where that is too far; what differs from this machine's is said of each host."""
    clocks = {one.reach.name: one.clock for one in seen if one.clock}
    if len(clocks) < 2:  # noqa: PLR2004 - two to compare
        return
    ahead, behind = max(clocks, key=lambda name: clocks[name].low), min(clocks, key=lambda name: clocks[name].high)
    apart = clocks[ahead].low - clocks[behind].high
    if ahead != behind and apart > CLOCKS_S:
        yield f"the clock of {ahead} is at least {apart:.1f} s ahead of {behind}'s", SET_CLOCK


def _off(clock: Clock) -> float:
    """Return how far a clock is off ours for sure (s), 0 where it may be right."""
    return clock.low if clock.low > CLOCKS_S else -clock.high if clock.high < -CLOCKS_S else 0.0


def _same(inventory: Inventory, answered: Mapping[str, Facts]) -> Found:
    """Yield hosts that are one machine under two addresses."""
    for at, one in enumerate(inventory.hosts):
        for other in inventory.hosts[at + 1 :]:
            own = {address.address for address in answered[one.name].addresses} if one.name in answered else set()
            theirs = {address.address for address in answered[other.name].addresses} if other.name in answered else set()
            if other.address in own or one.address in theirs:
                yield f"{one.name} and {other.name} are one machine: it has {one.address} and {other.address}", "write each host once"
