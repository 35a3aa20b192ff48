"""What Ansible is told of a cluster: how each host is reached, and what it shall be; pure."""

import ipaddress
import shlex
from collections.abc import Mapping
from typing import Any, Final

from infra.cluster.cluster import LABELS, Cluster
from infra.cluster.parts import folders
from infra.cluster.parts.openings import moving, openings, through, variables
from infra.inventory.connect import Reach, options, ssh
from infra.inventory.mark import written
from infra.inventory.placement import ROLES

GROUP: Final = "members"
PYTHON: Final = "/usr/bin/python3"
POOLS: Final = ("10.201.0.0/16", "172.30.0.0/16", "192.168.192.0/19")
"""Networks that overlay networks may be cut from; the first is taken that no address of the inventory is in."""


def inventory(cluster: Cluster, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the inventory for Ansible: every host in one group, and a group for each role; ``more`` are variables of all hosts."""
    hosts = {name: {**_connection(reach), **_host(cluster, name)} for name, reach in cluster.reach.items()}
    every = {"ansible_python_interpreter": PYTHON, **_group(cluster), **(more or {})}
    roles: dict[str, Any] = {role: {"hosts": {name: {} for name in cluster.placement.hosts(role)}} for role in ROLES}
    return {GROUP: {"hosts": hosts, "vars": every}} | roles


def pool(addresses: list[str]) -> str:
    """Return the network that overlay networks are cut from."""
    taken = [ipaddress.ip_address(address) for address in addresses]
    return next((one for one in POOLS if not any(address in ipaddress.ip_network(one) for address in taken)), POOLS[0])


def settings(reach: Reach) -> list[str]:
    """Return the options of ssh for Ansible, which names the key itself and shares one connection among tasks."""
    every = options(reach)
    pairs = list(zip(every[::2], every[1::2], strict=True))
    return [part for pair in pairs if pair[0] != "-i" and not pair[1].startswith("ControlPath=") for part in pair]


def beforehand(cluster: Cluster, name: str) -> list[str]:
    """Return packages of later roles that start nothing when they are installed, as those roles name them: with all others they cost a host next to nothing."""
    return [*(["glusterfs-client"] if name in folders.mounting(cluster) else []), *(["restic"] if name in folders.able_to_copy(cluster) else [])]


def _connection(reach: Reach) -> dict[str, Any]:
    return {
        "ansible_host": reach.address,
        "ansible_port": reach.port,
        "ansible_user": reach.user,
        "ansible_ssh_private_key_file": reach.key,
        "ansible_ssh_common_args": shlex.join(settings(reach)),
    }


def _host(cluster: Cluster, name: str) -> dict[str, Any]:
    proof = ssh(cluster.reach[name], ["true"])
    mark = written(cluster.name, cluster.placement, name)
    return {
        "base_mark": mark,
        "base_beforehand": beforehand(cluster, name),
        "firewall_moving": moving(cluster, name),
        "firewall_openings": variables(openings(cluster, name)),
        "firewall_proof": proof,
        "firewall_through": list(through(cluster, name)),
        "ssh_proof": proof,
    }


def _group(cluster: Cluster) -> dict[str, Any]:
    addresses = [host.address for host in cluster.inventory.hosts]
    return {
        "base_cluster": cluster.name,
        "base_hosts": [{"name": host.name, "address": host.address} for host in cluster.inventory.hosts],
        "base_operators": [{"name": one.name, "keys": list(one.keys)} for one in cluster.inventory.operators],
        "swarm_wanted": {name: {"address": reach.address, "manager": name in cluster.managers} for name, reach in cluster.reach.items()},
        "swarm_nodes": [{"name": name, "role": _role(cluster, name), "labels": cluster.labels(name)} for name in cluster.reach],
        "swarm_pool": pool([*addresses, *cluster.inventory.front_door.addresses]),
        "swarm_prefix": LABELS,
    }


def _role(cluster: Cluster, name: str) -> str:
    return "manager" if name in cluster.managers else "worker"
