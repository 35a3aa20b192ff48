"""Which network a lab gets: one that nothing on this machine leads to; pure."""

import socket
import struct
from collections.abc import Iterable, Iterator
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Any, Final

from runtime.errors import PlanError

LARGEST, SMALLEST = 16, 25
CANDIDATES: Final = tuple(
    IPv4Network(f"{first}.{number}.0/24")
    for first, numbers in (("10.213", range(16)), ("192.168", range(213, 229)), ("172.30", range(213, 229)))
    for number in numbers
)
"""Private (RFC 1918), and none of those that engines and routers hand out first."""


def choose(taken: Iterable[IPv4Network]) -> IPv4Network:
    """Return the first candidate that is free; raises PlanError where none is."""
    held = tuple(taken)
    for candidate in CANDIDATES:
        if not any(candidate.overlaps(one) for one in held):
            return candidate
    raise PlanError(
        "no private network is free on this machine", where="--subnet", hint="name one that nobody needs while the lab is up: --subnet 10.99.0.0/24"
    )


def wanted(text: str, taken: Iterable[tuple[IPv4Network, str]]) -> IPv4Network:
    """Return the network that ``text`` names; raises PlanError where it is none for a lab, or something else has it (``taken``: a network, and whose)."""
    try:
        network = IPv4Network(text)
    except (AddressValueError, NetmaskValueError, ValueError) as problem:
        raise PlanError(f"'{text}' is no IPv4 network", where="--subnet", hint="write it so: --subnet 10.213.7.0/24") from problem
    if not network.is_private or network.is_loopback or network.is_link_local:
        raise PlanError(f"{network} is not private", where="--subnet", hint="take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    if not LARGEST <= network.prefixlen <= SMALLEST:
        raise PlanError(
            f"{network} has {network.num_addresses:,} addresses", where="--subnet", hint=f"take one from /{SMALLEST} to /{LARGEST}, as 10.213.7.0/24"
        )
    for other, whose in taken:
        if network.overlaps(other):
            raise PlanError(f"{network} is taken: {other} is {whose}", where="--subnet", hint="take another, or leave --subnet out: a free one is found")
    return network


def routed(table: str) -> Iterator[tuple[IPv4Network, str]]:
    """Yield what /proc/net/route leads to, and by which device (proc(5)); the default route is no network of its own."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        destination, mask = _number(fields[1]), _number(fields[7])
        if mask:
            yield IPv4Network((destination & mask, mask.bit_count())), f"reached by {fields[0]}"


def _number(field: str) -> int:
    return socket.ntohl(int(field, 16))


def engines(inspected: Iterable[dict[str, Any]]) -> Iterator[tuple[IPv4Network, str]]:
    """Yield the networks of the engine ('docker network inspect'), and their names."""
    for network in inspected:
        for part in network.get("IPAM", {}).get("Config") or ():
            if ":" not in part.get("Subnet", ":"):
                yield IPv4Network(part["Subnet"], strict=False), f"the engine's network {network['Name']}"


def resolvers(addresses: Iterable[str]) -> Iterator[tuple[IPv4Network, str]]:
    """Yield the name servers: who hides them breaks the hosts' way to the world."""
    for address in addresses:
        yield IPv4Network((struct.pack("!4B", *map(int, address.split("."))), 32)), "a name server"
