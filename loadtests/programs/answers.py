"""What each program is asked, and what its answer says. Pure.

Each is asked inside its own container, by its own user, over a socket that is there anyway: nothing is opened for it.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

MIB = 1024 * 1024
LISTENING, CONNECTING, CONNECTED = "01", "02", "03"
"""States of a socket in /proc/net/unix (include/uapi/linux/net.h: SS_UNCONNECTED of one that listens, SS_CONNECTING, SS_CONNECTED)."""
POOL: Final = "/run/php-fpm.sock"
FRONTENDS: Final = ("http", "https")
BACKENDS: Final = ("pagecache", "blogs", "wiki")
OVER: Final = "over"
LOOP: Final = (
    f'while read -r -t 60; do mapfile -t all </proc/net/unix; for one in "${{all[@]}}"; do [[ $one != *{POOL} ]] || echo "$one"; done; echo {OVER}; done'
)
"""Ends with its stdin, and where nobody asks for a minute; no process is started for a look."""
STATUS: Final = (
    *("Com_show_status", "Created_tmp_disk_tables", "Innodb_buffer_pool_read_requests", "Innodb_buffer_pool_reads", "Innodb_data_fsyncs"),
    *("Innodb_row_lock_current_waits", "Innodb_row_lock_time", "Innodb_row_lock_waits", "Questions", "Slow_queries"),
    *("Threads_connected", "Threads_running", "Uptime"),
)
"""In the order of the alphabet, in which MariaDB answers: ``Uptime`` is the last."""


@dataclass(frozen=True)
class Told:
    """What a program said: numbers of this moment, and counts since it began."""

    now: Mapping[str, float] = field(default_factory=dict)
    counted: Mapping[str, float] = field(default_factory=dict)

    def plus(self, other: "Told") -> "Told":
        """Return both together, as of two replicas of one service."""
        return Told(_sum(self.now, other.now), _sum(self.counted, other.counted))


@dataclass(frozen=True)
class Asked:
    """How a program is reached in its container, what it is told at each look, how its answer ends, and what that says; ``begin`` comes before the first.

    ``told`` raises ValueError, KeyError or IndexError where the answer is none.
    """

    argv: tuple[str, ...]
    text: str
    over: Callable[[str], bool]
    told: Callable[[str], Told]
    begin: str = ""


def _sum(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: value + other[name] for name, value in one.items()}


def pool(text: str) -> Told:
    """Return what the kernel says of the sockets of a PHP pool.

    Not PHP-FPM's own status page: a child of the same pool has to answer it, so that it waits exactly when it matters, and
    of a Unix socket it counts no queue. A child takes a connection when it is free, and nginx keeps none open.
    """
    states = [words[5] for line in text.splitlines() if (words := line.split())[-1:] == [POOL]]
    if LISTENING not in states:
        raise ValueError(text)
    return Told(now={"busy": float(states.count(CONNECTED)), "waiting": float(states.count(CONNECTING))})


def statistics(text: str) -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows of HAProxy's ``show stat`` (CSV) by proxy and server."""
    return {(row["pxname"], row["svname"]): row for row in csv.DictReader(text.removeprefix("# ").splitlines())}


def front_door(text: str) -> Told:
    """Return what HAProxy says in ``show info`` and ``show stat``."""
    said, _, table = text.partition("# pxname,")
    info = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    if info["Stopping"] != "0":
        raise ValueError("an old worker, which only ends what it has begun")
    rows = statistics(f"pxname,{table.removesuffix('> ')}")
    doors = [rows[name, "FRONTEND"] for name in FRONTENDS]

    def count(name: str) -> float:
        return sum(float(door[name]) for door in doors)

    backends = {f"{name}.{ours}": float(rows[name, "BACKEND"][theirs]) for name in BACKENDS for ours, theirs in (("busy", "scur"), ("queued", "qcur"))}
    return Told(
        now={"connections": count("scur"), "tls_keys_per_second": float(info["SslFrontendKeyRate"]), **backends},
        counted={
            "connections_per_second": count("conn_tot"),
            "requests_per_second": count("req_tot"),
            "denied_per_second": count("dreq"),
            "errors_per_second": count("hrsp_5xx"),
            "tls_per_second": float(info["CumSslConns"]),
        },
    )


def database(text: str) -> Told:
    """Return what MariaDB says in ``SHOW GLOBAL STATUS``, without the connection and the statement of who looks."""
    status = {name: float(value) for name, value in (line.split("\t") for line in text.splitlines())}
    return Told(
        now={
            "running": max(0.0, status["Threads_running"] - 1),
            "connected": max(0.0, status["Threads_connected"] - 1),
            "row_lock_waiting": status["Innodb_row_lock_current_waits"],
        },
        counted={
            "queries_per_second": status["Questions"] - status["Com_show_status"],
            "row_lock_waits_per_second": status["Innodb_row_lock_waits"],
            "row_lock_wait_ms_per_second": status["Innodb_row_lock_time"],
            "pages_asked_per_second": status["Innodb_buffer_pool_read_requests"],
            "pages_read_per_second": status["Innodb_buffer_pool_reads"],
            "tmp_disk_tables_per_second": status["Created_tmp_disk_tables"],
            "fsyncs_per_second": status["Innodb_data_fsyncs"],
            "slow_per_second": status["Slow_queries"],
        },
    )


def object_cache(text: str) -> Told:
    """Return what Valkey says in ``INFO``."""
    info = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return Told(
        now={"used_mib": float(info["used_memory"]) / MIB, "limit_mib": float(info["maxmemory"]) / MIB},
        counted={
            "hits_per_second": float(info["keyspace_hits"]),
            "misses_per_second": float(info["keyspace_misses"]),
            "evicted_per_second": float(info["evicted_keys"]),
        },
    )


def _last_line(begins: str) -> Callable[[str], bool]:
    """Return whether the last line, a whole one, begins so."""
    return lambda text: text.endswith("\n") and text.splitlines()[-1].startswith(begins)


_POOL = Asked(
    ("bash", "-c", LOOP),
    "\n",
    _last_line(OVER),
    pool,
)
ASKED: Final[Mapping[str, Asked]] = {
    "blogs": _POOL,
    "wiki": _POOL,
    # A user of HAProxy's command line, not its administrator: it can look and change nothing.
    "frontdoor": Asked(
        ("socat", "-", "UNIX-CONNECT:/run/haproxy/admin.sock"),
        "show info;show stat\n",
        lambda text: "# pxname," in text and text.endswith("\n\n> "),
        front_door,
        begin="prompt\nuser\n",
    ),
    "database": Asked(
        ("mariadb", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", "--batch", "--raw", "--skip-column-names", "--unbuffered"),
        f"SHOW GLOBAL STATUS WHERE Variable_name IN ({', '.join(repr(name) for name in STATUS)});\n",
        _last_line("Uptime\t"),
        database,
    ),
    "objectcache": Asked(
        ("bash", "-c", "REDISCLI_AUTH=$(</run/secrets/objectcache) exec valkey-cli"),
        "INFO stats\nINFO memory\nPING\n",
        _last_line("PONG"),
        object_cache,
    ),
}
"""By the role of the service."""
