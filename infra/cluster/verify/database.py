"""Whether the database in force is the planned one, asked of each host's own server."""

from collections.abc import Iterator, Mapping
from typing import Final

from testinfra.host import Host

from infra.cluster.cluster import Cluster
from infra.cluster.parts import database
from infra.cluster.verify.platform import Check
from infra.inventory.ports import DATABASE_HEALTH

ASK: Final = "mariadb --no-defaults --socket=/run/mysqld/mysqld.sock --batch --raw --skip-column-names --connect-timeout=5 --execute=%s"
UNSEEN: Final = frozenset({"wsrep_provider_options", "wsrep_sst_auth", "wsrep_cluster_address", "read_only"})
"""What the server hides, writes with much else, or needs only when it starts."""
ROUNDED: Final = {"innodb_buffer_pool_size": 1 / 32}
"""What the server makes of whole pieces, and by how much more it may be."""
UNIT: Final = "mariadb.service"
ARBITRATOR: Final = "underdesk-arbitrator.service"
CONNECTED: Final = "ss -Htn state established '( sport = :4567 or dport = :4567 )'"


def checks(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    """Yield what of the database on this host is not as planned."""
    roles = cluster.placement.roles[name]
    if "arbitrator" in roles and cluster.placement.galera:
        yield from _arbitrator(host)
    if "database" in roles:
        yield from _server(cluster, name, host)


def _server(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    if host.run(f"systemctl is-active {UNIT}").rc:
        yield "the database does not run; there: journalctl --unit mariadb.service"
        return
    if host.run(f"systemctl is-enabled {UNIT}").rc or host.run("systemctl is-enabled underdesk-database.socket").rc:
        yield "the database does not start at boot"
    health = host.run("curl --silent --max-time 5 %s", _health(cluster, name)).stdout.strip()
    live = dict(_pairs(host, "SHOW GLOBAL VARIABLES"))
    for setting, wanted in {**database.settings(cluster), **database.own_settings(cluster, name)}.items():
        if setting not in UNSEEN and not _is(setting, wanted, live.get(setting, "")):
            yield f"the database has {setting} = {live.get(setting, 'nothing')}, not {wanted}"
    kind = database.mode(cluster)
    if kind == "galera":
        yield from _member(cluster, dict(_pairs(host, "SHOW GLOBAL STATUS LIKE 'wsrep_%'")))
    if kind == "copy" and health == database.READ_ONLY:
        yield from _copy(host)
    elif health != "serves":
        yield f"the database does not serve: {health or 'who tells so does not answer'}"
    yield from _contents(cluster, host)


def _member(cluster: Cluster, status: dict[str, str]) -> Iterator[str]:
    wanted = len(database.members(cluster)) + len(cluster.placement.hosts("arbitrator"))
    if status.get("wsrep_cluster_size") != str(wanted):
        yield f"of the {wanted} that vote for the database {status.get('wsrep_cluster_size', '0')} are together"
    if status.get("wsrep_local_state_comment") not in {"Synced", "Donor/Desynced"}:
        yield f"the database is {status.get('wsrep_local_state_comment', 'in no state')}, not Synced"


def _copy(host: Host) -> Iterator[str]:
    said = host.check_output(ASK.replace("--batch --raw --skip-column-names", "--vertical"), "SHOW SLAVE STATUS")
    told = {key.strip(): value.strip() for line in said.splitlines() if ":" in line for key, value in [line.split(":", 1)]}
    if (told.get("Slave_IO_Running"), told.get("Slave_SQL_Running")) != ("Yes", "Yes"):
        yield f"the copy of the database does not follow the primary: {told.get('Last_SQL_Error') or told.get('Last_IO_Error') or 'it was not told to'}"


def _contents(cluster: Cluster, host: Host) -> Iterator[str]:
    has = {name for name, _ in _pairs(host, "SELECT schema_name, 1 FROM information_schema.schemata")}
    yield from (f"the database {name} is missing" for name in database.DATABASES if name not in has)
    known = {user for user, where in _pairs(host, "SELECT User, Host FROM mysql.global_priv") if where == "%"}
    wanted = database.rights(cluster)
    yield from (f"the database's user {user} is missing" for user in sorted(wanted.keys() - known))
    there = wanted.keys() & known
    given = host.check_output(ASK, "; ".join(f"SHOW GRANTS FOR '{user}'@'%'" for user in sorted(there))) if there else ""
    for user in sorted(there):
        if not any(line.startswith(f"GRANT {wanted[user]} TO `{user}`@") for line in given.splitlines()):
            yield f"the database's user {user} has not its rights ({wanted[user]})"


def passwords(secrets: Mapping[str, str]) -> Check:
    """Return the check that users still come in by what the deployment's folder has."""

    def checks(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
        if "database" not in cluster.placement.roles[name] or host.run(f"systemctl is-active {UNIT}").rc:
            return
        there = dict(_pairs(host, "SELECT User, JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv WHERE Host = '%'"))
        for user in sorted(database.rights(cluster).keys() & there.keys()):
            if there[user] != database.hashed(secrets[f"database-{user}"]):
                yield f"the database's user {user} has another password"

    return checks


def _arbitrator(host: Host) -> Iterator[str]:
    if host.run(f"systemctl is-active {ARBITRATOR}").rc:
        yield f"the database's arbitrator does not run; there: journalctl --unit {ARBITRATOR}"
    elif not host.run(CONNECTED).stdout.strip():
        yield "the database's arbitrator is connected with nobody"
    if host.run(f"systemctl is-enabled {ARBITRATOR}").rc:
        yield "the database's arbitrator does not start at boot"


def _pairs(host: Host, statement: str) -> Iterator[tuple[str, str]]:
    for line in host.check_output(ASK, statement).splitlines():
        key, _, value = line.partition("\t")
        yield key, value


def _is(name: str, wanted: str, live: str) -> bool:
    try:
        want, have = float(wanted), float(live)
    except ValueError:
        return wanted == live
    return want <= have <= want * (1 + ROUNDED.get(name, 0.0))


def _health(cluster: Cluster, name: str) -> str:
    return f"http://{database.bracketed(cluster.reach[name].address)}:{DATABASE_HEALTH}/"
