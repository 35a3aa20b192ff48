"""What taking a package anew stops on a host: pure, by its name."""

import re
from collections.abc import Iterable
from typing import Final

from infra.cluster.cluster import Cluster
from infra.inventory.model import Role
from infra.upgrade.updates import Update

ENGINE, DATABASE, FILES, ADDRESS, KERNEL = "the container engine", "the database", "the store of files", "the address", "the host itself"
STOPS: Final = {
    ENGINE: r"docker\.io|docker-ce(-cli)?|containerd(\.io)?|runc|tini",
    DATABASE: r"mariadb-.+|galera-.+|libgalera.*|libmariadb3",
    FILES: r"glusterfs-.+|libg(fapi|fchangelog|frpc|fxdr|lusterfs)\S*",
    ADDRESS: r"keepalived|haproxy",
    KERNEL: r"linux-image-\S+|libc6|systemd|dbus|udev",
}
"""What runs on a host, by patterns of the packages that stop it when they are taken."""
BY_BOOT: Final = (FILES, KERNEL)
"""What goes on with its old code: to be in use the new one needs a boot."""
UNITS: Final = {ENGINE: ("docker", "containerd"), DATABASE: ("mariadb", "underdesk-arbitrator"), ADDRESS: ("keepalived",)}
"""Services that are started again where they run old code, as after another version of a library; of what they serve others take over meanwhile."""
HOLDERS: Final[dict[str, tuple[Role, ...]]] = {DATABASE: ("database", "arbitrator"), FILES: ("files", "web", "arbitrator"), ADDRESS: ("frontdoor",)}
"""Who has what; of what is missing here every host has its own."""


def stops(cluster: Cluster, host: str, updates: Iterable[Update]) -> tuple[str, ...]:
    """Return what on a host is stopped by taking ``updates``, in the order of STOPS."""
    names = [update.package for update in updates]
    roles = set(cluster.placement.roles[host])
    able = [what for what in STOPS if what not in HOLDERS or roles & set(HOLDERS[what])]
    return tuple(what for what in able if any(re.fullmatch(STOPS[what], name) for name in names))


def old(cluster: Cluster, host: str, units: Iterable[str]) -> tuple[str, ...]:
    """Return what on a host runs old code, of the ``units`` that do."""
    names = {unit.removesuffix(".service") for unit in units}
    roles = set(cluster.placement.roles[host])
    return tuple(what for what, ours in UNITS.items() if names & set(ours) and (what not in HOLDERS or roles & set(HOLDERS[what])))


def everything(cluster: Cluster, host: str) -> tuple[str, ...]:
    """Return all that a boot stops on a host."""
    roles = set(cluster.placement.roles[host])
    return tuple(what for what in STOPS if what not in HOLDERS or roles & set(HOLDERS[what]))


def order(cluster: Cluster, hosts: Iterable[str], *, last: Iterable[str]) -> tuple[str, ...]:
    """Return ``hosts`` in the order in which they are updated: as in the inventory, those of ``last`` (who is written to, who has the address) at the end."""
    wanted, late = set(hosts), set(last)
    known = [name for name in cluster.reach if name in wanted]
    return tuple(sorted(known, key=lambda name: name in late))
