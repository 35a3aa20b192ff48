"""The folders of a deployment on the hosts of a cluster: who owns them, and which lie in the store that is replicated; pure."""

from pathlib import Path
from typing import Any, Final

from infra.cluster.cluster import HOME, Cluster
from infra.inventory.placement import REPLICAS, TWO
from infra.topology import DATA_FOLDERS, FRONTDOOR_USER

ON_HOSTS: Final = frozenset({"database"})
"""Data that a cluster keeps elsewhere: its database is a program of the host."""


def folder(cluster: Cluster) -> Path:
    """Return the folder of the deployment on every host."""
    return HOME / cluster.deployment


def data(cluster: Cluster) -> Path:
    """Return where containers find uploads and the like, on every host that serves pages."""
    return folder(cluster) / "data"


def replicated(cluster: Cluster) -> bool:
    """Whether files lie on several hosts; where one is all, they lie in a folder."""
    return len(cluster.placement.hosts("files")) >= TWO


def bricks(cluster: Cluster) -> tuple[str, ...]:
    """Return the hosts that keep the files, by threes; of two and an arbitrator the last keeps names only. None where one host is all."""
    keepers = cluster.placement.hosts("files")
    if not replicated(cluster):
        return ()
    return (*keepers, *(cluster.placement.hosts("arbitrator")[:1] if len(keepers) < REPLICAS else ()))


def copying(cluster: Cluster) -> tuple[str, ...]:
    """Return the hosts that back up by themselves, who begins first: managers, which keep secrets and state, that hold the database and have the files."""
    roles, shared = cluster.placement.roles, replicated(cluster)
    return tuple(name for name in cluster.managers if "database" in roles[name] and (shared or "web" in roles[name]))


def mounting(cluster: Cluster) -> tuple[str, ...]:
    """Return the hosts that have the files which several keep: who serves pages, and who backs up."""
    return able_to_copy(cluster) if replicated(cluster) else ()


def able_to_copy(cluster: Cluster) -> tuple[str, ...]:
    """Return the hosts that may be asked to copy backups: whoever serves pages, and who backs up."""
    wanted = {*cluster.placement.hosts("web"), *copying(cluster)}
    return tuple(name for name in cluster.reach if name in wanted)


def inside(cluster: Cluster) -> list[dict[str, Any]]:
    """Return the folders that containers write into; made once where they are replicated."""
    made = [_folder(data(cluster) / name, owner, mode) for name, (owner, mode) in DATA_FOLDERS.items() if name not in ON_HOSTS]
    return [_folder(data(cluster), 0, "0711"), *made]


def variables(cluster: Cluster) -> dict[str, Any]:
    """Return what playbooks/folders.yml needs: of each host its own folders, what is replicated left out."""
    return {"folders_of_hosts": {name: _own(cluster, name) for name in cluster.reach}}


def _own(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    home, roles = folder(cluster), cluster.placement.roles[name]
    found = [_folder(HOME, 0, "0755"), _folder(home, 0, "0711")]
    if "frontdoor" in roles:
        found += [_folder(path, 0, "0750", FRONTDOOR_USER) for path in (home / "frontdoor", home / "frontdoor" / "switch")]
    if "manager" in roles:
        found.append(_folder(home / "keep", 0, "0700"))
    if name in bricks(cluster):
        found.append(_folder(home / "store", 0, "0700"))
    if "web" in roles and not replicated(cluster):
        found += inside(cluster)
    return found


def _folder(path: Path, owner: int, mode: str, group: int | None = None) -> dict[str, Any]:
    return {"path": str(path), "owner": owner, "group": owner if group is None else group, "mode": mode}
