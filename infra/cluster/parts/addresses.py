"""Addresses that move between front doors: what keepalived is told; pure."""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

from infra.cluster.cluster import Cluster
from infra.inventory.ports import SWARM
from runtime.errors import PlanError

FIRST: Final = 100
"""Priority of the front door that an address is with when both begin at once."""
IDS: Final = 255


def variables(cluster: Cluster) -> dict[str, Any]:
    """Return what playbooks/addresses.yml needs; ``addresses_moving`` is empty where the inventory names none.

    Two addresses are with two front doors while both are well; an address of the other family than the hosts' goes where the first one goes. Raises PlanError
    where the hosts cannot speak of an address.
    """
    doors = cluster.placement.hosts("frontdoor")
    main, also = _by_family(cluster, doors)
    moving = [
        {"address": address, "id": number, "also": also if at == 0 else [], "priorities": _priorities(doors, at)}
        for at, (address, number) in enumerate(zip(main, router_ids(main), strict=True))
    ]
    return {
        "addresses_moving": moving,
        "addresses_doors": {name: cluster.reach[name].address for name in doors},
        "addresses_port": cluster.plan.platform.ports.http,
        "addresses_hosts": {name: reach.address for name, reach in cluster.reach.items()},
        "addresses_heard_port": SWARM,
    }


def router_ids(addresses: Sequence[str]) -> list[int]:
    """Return the id of each address in VRRP: its last byte, so that it is nobody else's in the network; the next that is free where two have the same.

    Front doors speak to each other alone (unicast), so an equal one in another network is never heard.
    """
    found: list[int] = []
    for address in addresses:
        wanted = (ipaddress.ip_address(address).packed[-1] or IDS) - 1
        found.append(next(number for number in ((wanted + more) % IDS + 1 for more in range(IDS)) if number not in found))
    return found


def _priorities(doors: Sequence[str], at: int) -> dict[str, int]:
    """Return by front door how much an address is for it; the second address begins with the second one."""
    return {name: FIRST - (number - at) % len(doors) for number, name in enumerate(doors)}


def _by_family(cluster: Cluster, doors: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the addresses of the front doors' own family, which they speak about, and the others, which go with the first of them."""
    addresses = cluster.inventory.front_door.addresses
    families = {_family(cluster.reach[name].address) for name in doors}
    if len(families) > 1 and addresses:
        raise PlanError(
            "front doors of which one has an IPv4 and one an IPv6 address cannot speak to each other", where="hosts", hint="give them addresses of one kind"
        )
    main = [address for address in addresses if _family(address) in families]
    if addresses and not main:
        version = families.pop()
        raise PlanError(
            f"no address is IPv{version}, as the front doors' own are: they could not agree who has it",
            where="front_door.addresses",
            hint=f"name an IPv{version} address beside it",
        )
    return main, [address for address in addresses if address not in main]


def _family(address: str) -> int:
    return ipaddress.ip_address(address).version
