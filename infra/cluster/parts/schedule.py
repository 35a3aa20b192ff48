"""Backups and drills of a cluster by themselves: which hosts may do them, in which order, and what those are told; pure."""

from importlib.metadata import version
from typing import Any, Final

from infra.cluster.cluster import Cluster
from infra.cluster.keep import commands, restoring
from infra.cluster.parts import database, folders
from infra.cluster.upgrade import renewal
from infra.deploy import REMOVED
from infra.inventory.ports import DATABASE_HEALTH
from infra.keep import by_ssh, manifest, places
from infra.keep import database as keep_database
from infra.keep.drill import READ_PERCENT
from infra.keep.repository import ABSENT, Policy, keeping

DAY_S: Final = 24 * 3600


def variables(cluster: Cluster) -> dict[str, Any]:
    """Return the variables of the role ``schedule``."""
    backup, able = cluster.plan.platform.backup, folders.copying(cluster)
    return {
        "schedule_copying": list(folders.able_to_copy(cluster)),
        "schedule_settings": {name: _settings(cluster, name, turn) for turn, name in enumerate(able)} if backup.scheduled else {},
    }


def _settings(cluster: Cluster, name: str, turn: int) -> dict[str, Any]:
    backup, home = cluster.plan.platform.backup, folders.folder(cluster)
    address = database.bracketed(cluster.reach[name].address)
    return {
        "name": cluster.deployment,
        "host": name,
        "cluster": cluster.name,
        "home": str(home),
        "store": folders.replicated(cluster),
        "mode": database.mode(cluster),
        "health": f"http://{address}:{DATABASE_HEALTH}/",
        "turn": turn,
        "place": places.planned(backup.to, cluster.deployment, folders.data(cluster) / places.OWN),
        "every_s": 60 * backup.every_minutes,
        "drill_s": DAY_S * backup.drill_days,
        "keeping": keeping(Policy(backup.keep_daily, backup.keep_weekly, backup.keep_monthly)),
        "underdesk": version("underdesk"),
        "told": _told(cluster),
    }


def _told(cluster: Cluster) -> dict[str, Any]:
    to = cluster.plan.platform.backup.to
    server = folders.folder(cluster) / commands.SERVER
    unit = {"unit": commands.UNIT, "folder": str(server)}
    return {
        "runners": len(folders.copying(cluster)),
        "sftp": by_ssh.sftp(to) if to.startswith("sftp:") else [],
        "absent": list(ABSENT),
        "enter": commands.ENTER,
        "removed": REMOVED,
        "restoring": restoring.JOURNAL,
        "half": restoring.CLOSED,
        "renewing": renewal.FILE,
        "version": manifest.VERSION,
        "number": commands.NUMBER,
        "mark": commands.MARK,
        "work": manifest.WORK,
        "dump": manifest.DUMP,
        "manifest": manifest.MANIFEST,
        "names": [*manifest.SETTINGS, manifest.STATE],
        "files": list(manifest.FILES),
        "database": {
            "socket": commands.SOCKET,
            "client": commands.CLIENT,
            "dump": commands.DUMP,
            "attempts": keep_database.DUMP_ATTEMPTS,
            "moved": list(keep_database.MOVED),
            "size": commands.SIZE,
            "read_only": database.READ_ONLY,
            "sites": keep_database.SITES,
            "blogs": keep_database.BLOGS,
            "per_site": {"posts": keep_database.POSTS, "comments": keep_database.COMMENTS},
            "counts": keep_database.COUNTS,
        },
        "drill": {
            "share_percent": READ_PERCENT,
            "times": commands.COMES_OF,
            "server": commands.SERVER,
            "empty": commands.EMPTY,
            "copied": commands.COPIED,
            "clear": commands.CLEAR.format(**unit),
            "start": commands.START.format(**unit, memory=commands.MEMORY_MIB, patience=commands.START_S),
        },
    }
