"""Files that several hosts keep: what GlusterFS is told, and who mounts them where; pure."""

import ipaddress
from typing import Any, Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders
from infra.inventory.placement import REPLICAS
from infra.inventory.ports import BRICKS, STORE
from runtime.errors import PlanError

LOST_S: Final = 3
"""A host whose program has been silent for so long is lost."""
GONE_S: Final = 2
"""So is one whose kernel acknowledges nothing for so long: cut, or without power. What it had locked is free again."""
ALIVE: Final = {"keepalive-time": 1, "keepalive-interval": 1, "keepalive-count": GONE_S, "tcp-user-timeout": GONE_S}
COPIES_AT_ONCE: Final = 4
"""So many files does a host copy at a time to one that missed them: small ones wait for the disk, not for the processor."""
CRAWL_S: Final = 60
"""So often what a host missed is looked for, where its return alone did not mend it."""


def variables(cluster: Cluster) -> dict[str, Any]:
    """Return what playbooks/files.yml needs; ``files_bricks`` is empty where files lie in a folder of the only host.

    Raises PlanError where the hosts that keep or mount files have IPv6 addresses.
    """
    bricks = folders.bricks(cluster)
    _refuse_ipv6(cluster)
    return {
        **folders.variables(cluster),
        "files_volume": volume(cluster),
        "files_folder": str(folders.data(cluster)),
        "files_brick": str(folders.folder(cluster) / "store" / "brick"),
        "files_bricks": [{"host": name, "address": cluster.reach[name].address, "arbiter": _arbiter(cluster, name)} for name in bricks],
        "files_replica": min(len(bricks), REPLICAS),
        "files_options": options(cluster),
        "files_ports": [min(BRICKS), max(BRICKS)],
        "files_mounting": list(folders.mounting(cluster)),
        "files_servers": {name: _servers(cluster, name) for name in folders.mounting(cluster)},
        "files_inside": folders.inside(cluster),
    }


def volume(cluster: Cluster) -> str:
    """Return what GlusterFS calls the files of the deployment."""
    return f"underdesk-{cluster.plan.platform.name}"


def options(cluster: Cluster) -> dict[str, str]:
    """Return the options of the volume: safe first, and nobody waits long for a host that is lost.

    Three keepers: a write counts when two have it. Two: whoever is left goes on alone; both sides can only have written one file where they were cut from each
    other, and then the later one stays.
    """
    alone = len(folders.bricks(cluster)) < REPLICAS
    sides = {f"{side}.{key}": str(value) for side in ("client", "server") for key, value in ALIVE.items()}
    return {
        "auth.allow": ",".join(_members(cluster)),
        "cluster.ensure-durability": "on",
        "cluster.favorite-child-policy": "mtime" if alone else "none",
        "cluster.heal-timeout": str(CRAWL_S),
        "cluster.quorum-type": "none" if alone else "auto",
        "cluster.self-heal-daemon": "on",
        "cluster.shd-max-threads": str(COPIES_AT_ONCE),
        "network.ping-timeout": str(LOST_S),
        **sides,
    }


def _members(cluster: Cluster) -> list[str]:
    return [reach.address for name, reach in cluster.reach.items() if set(STORE) & set(cluster.placement.roles[name])]


def _arbiter(cluster: Cluster, name: str) -> bool:
    return "files" not in cluster.placement.roles[name]


def _servers(cluster: Cluster, name: str) -> list[str]:
    """Return whom a host asks for the volume, itself first."""
    return [cluster.reach[one].address for one in sorted(folders.bricks(cluster), key=lambda one: one != name)]


def _refuse_ipv6(cluster: Cluster) -> None:
    for address in _members(cluster) if folders.replicated(cluster) else ():
        if ipaddress.ip_address(address).version != 4:  # noqa: PLR2004 - IPv4
            raise PlanError(
                f"files are not kept on hosts with IPv6 addresses by this version: {address}",
                where="hosts",
                hint="give the hosts IPv4 addresses; people may come by IPv6",
            )
