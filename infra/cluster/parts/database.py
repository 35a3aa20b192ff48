"""What Ansible is told of a cluster's database: mode, members, settings of each, databases and users; pure."""

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Any, Final, Literal

from infra.cluster.cluster import Cluster
from infra.inventory.ports import DATABASE_HEALTH

Mode = Literal["galera", "copy", "alone"]
PLAYBOOK: Final = "database.yml"
DATABASES: Final = ("blogs", "wiki")
COPY: Final = "copy"
COPY_RIGHTS: Final = "REPLICATION SLAVE, BINLOG MONITOR ON *.*"
PORT: Final = 3306
GROUP_PORT: Final = 4567
MIB: Final = 1024 * 1024
LONGEST_NAME: Final = 32
"""Of a Galera group (the server cuts it)."""
NO_BLOCKING: Final = 1_000_000_000
"""Connections without a handshake, as those of health checks, before a server refuses its own front door."""
FEWEST_SPARE: Final = 16
"""Connections of a server beside those that front doors use."""
READ_ONLY: Final = "the server takes no writes"
"""What a host says whose server is a copy."""
MISSED_S: Final = 10
"""After so many seconds of silence a copy connects anew."""
FINDING: Final = {
    "evs.keepalive_period": "PT0.5S",
    "evs.inactive_check_period": "PT0.25S",
    "evs.suspect_timeout": "PT2S",
    "evs.inactive_timeout": "PT5S",
    "evs.install_timeout": "PT3S",
}
"""How soon members miss each other (measured: writes again after 3 s, where the library's own values need 6)."""


def mode(cluster: Cluster) -> Mode:
    """Return how the database stands: a cluster, a primary with a copy, or one server."""
    if cluster.placement.galera:
        return "galera"
    return "copy" if len(cluster.placement.hosts("database")) > 1 else "alone"


def members(cluster: Cluster) -> dict[str, str]:
    """Return the addresses of the hosts that hold the database, by name."""
    return {name: cluster.reach[name].address for name in cluster.placement.hosts("database")}


def variables(cluster: Cluster, secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return the variables of the roles ``database`` and ``arbitrator``; ``secrets`` are those of the deployment, by name."""
    kind, group = mode(cluster), members(cluster)
    told = {
        "database_mode": kind,
        "database_members": group,
        "database_health_port": DATABASE_HEALTH,
        "database_settings": settings(cluster),
        "database_own_settings": {name: own_settings(cluster, name) for name in group},
        "database_databases": list(DATABASES),
        "database_users": users(cluster, secrets),
        "database_copy_password": secrets["database-copy"] if kind == "copy" else "",
    }
    return {**told, **_arbitrators(cluster)}


def settings(cluster: Cluster) -> dict[str, str]:
    """Return the server's settings that all members have, as the server itself writes their values."""
    limits = cluster.plan.limits.database
    return {
        "skip_name_resolve": "ON",
        "character_set_server": "utf8mb4",
        "max_connect_errors": str(NO_BLOCKING),
        "local_infile": "OFF",
        "performance_schema": "OFF",
        # A commit that was answered is on the disk. Without the second, the log that decides what a killed server commits may lack its end.
        "innodb_flush_log_at_trx_commit": "1",
        "sync_binlog": "1",
        "log_bin": "ON",
        "log_slave_updates": "ON",
        "binlog_format": "ROW",
        "expire_logs_days": str(limits.binlog_expire_days),
        "max_binlog_size": str(limits.binlog_file_mib * MIB),
        "innodb_buffer_pool_size": str(limits.buffer_pool_mib * MIB),
        "innodb_log_file_size": str(limits.log_file_mib * MIB),
        "max_connections": str(connections(limits.max_connections)),
        "tmp_table_size": str(limits.tmp_table_mib * MIB),
        "max_heap_table_size": str(limits.tmp_table_mib * MIB),
        **_of_mode(cluster),
    }


def connections(used: int) -> int:
    """Return how many connections a server takes of which front doors use ``used`` at once.

    A front door opens the next one when it has closed one, which the server ends a moment later, and backups, metrics and a deploy need some, too.
    """
    return used + max(FEWEST_SPARE, used)


def own_settings(cluster: Cluster, name: str) -> dict[str, str]:
    """Return the settings that only this member has."""
    address = cluster.reach[name].address
    own = {"bind_address": f"{address},127.0.0.1"}
    if mode(cluster) != "galera":
        return {**own, "server_id": str(int(ipaddress.ip_address(address)) % 2**32 or 1)}
    # Members write the same identifiers of changes into their logs, whoever made the change: one identifier of the server, too.
    return {**own, "server_id": "1", "wsrep_node_name": name, "wsrep_node_address": address}


def rights(cluster: Cluster) -> dict[str, str]:
    """Return the users that there are, and the rights of each."""
    return {**{name: f"ALL PRIVILEGES ON `{name}`.*" for name in DATABASES}, **({COPY: COPY_RIGHTS} if _copied(cluster) else {})}


def users(cluster: Cluster, secrets: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the users: name, password, rights; one without a password is to be removed."""
    found = [{"name": name, "password": secrets[f"database-{name}"], "rights": [right]} for name, right in rights(cluster).items()]
    return found if _copied(cluster) else [*found, {"name": COPY, "password": "", "rights": [COPY_RIGHTS]}]


def hashed(password: str) -> str:
    """Return the hash of a password that the server keeps (mysql_native_password: SHA-1 twice, of a long random password)."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - the server's own way
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324 - as above


def group_name(cluster: Cluster) -> str:
    """Return what the Galera group is called."""
    return f"underdesk-{cluster.name}"[:LONGEST_NAME]


def group_address(cluster: Cluster) -> str:
    """Return where the members of the Galera group are found."""
    return "gcomm://" + ",".join(bracketed(address) for address in members(cluster).values())


def bracketed(address: str) -> str:
    """Return an address as it stands before a port."""
    return f"[{address}]" if ":" in address else address


def _of_mode(cluster: Cluster) -> dict[str, str]:
    match mode(cluster):
        case "galera":
            return _galera(cluster)
        case "copy":  # each comes up without taking writes: which is the primary is remembered on the hosts
            return {"wsrep_on": "OFF", "read_only": "ON", "relay_log_recovery": "ON", "slave_net_timeout": str(MISSED_S)}
    return {"wsrep_on": "OFF"}


def _galera(cluster: Cluster) -> dict[str, str]:
    options = {"gcache.recover": "yes", "pc.recovery": "false", "pc.wait_prim_timeout": "PT10S", **FINDING}
    return {
        "wsrep_on": "ON",
        "wsrep_provider": "/usr/lib/galera/libgalera_smm.so",
        "wsrep_cluster_name": group_name(cluster),
        "wsrep_cluster_address": group_address(cluster),
        "wsrep_provider_options": ";".join(f"{name}={value}" for name, value in options.items()),
        "wsrep_sst_method": "mariabackup",
        "wsrep_sst_auth": "mysql:",
        "wsrep_gtid_mode": "ON",
        # There is one writer: numbers of rows need no gaps, and what is installed first has the number 1.
        "wsrep_auto_increment_control": "OFF",
        "innodb_autoinc_lock_mode": "2",
    }


def _arbitrators(cluster: Cluster) -> dict[str, Any]:
    hosts = cluster.placement.hosts("arbitrator") if cluster.placement.galera else ()
    return {
        "arbitrator_hosts": {name: cluster.reach[name].address for name in hosts},
        "arbitrator_group": group_name(cluster),
        "arbitrator_address": "gcomm://" + ",".join(f"{bracketed(address)}:{GROUP_PORT}" for address in members(cluster).values()),
        "arbitrator_options": FINDING,
    }


def _copied(cluster: Cluster) -> bool:
    return bool(cluster.plan.platform.backup.changes_to) or mode(cluster) == "copy"
