"""Who commits what people write: each member of the database counts, ten times a second, what was committed by way of it."""

import itertools
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.lab.serving import ServingLab

FILE = "/var/log/underdesk-witness"
ASKED = "SELECT UNIX_TIMESTAMP(SYSDATE(6)), variable_value FROM information_schema.global_status WHERE variable_name = 'wsrep_local_commits';"
SCRIPT = f'while sleep 0.1; do echo "{ASKED}"; done | mariadb --batch --skip-column-names --unbuffered >>{FILE}'
UNIT = f"""[Unit]
After=mariadb.service
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/bash -o pipefail -c {shlex.quote(SCRIPT)}
Restart=always
RestartSec=0.2
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Wrote:
    """When a member committed what was written to it: the first commit was not later than ``first``, the last one not earlier than ``last`` (s)."""

    member: str
    first: float
    last: float


def watch(cluster: ServingLab) -> None:
    """Have a witness on every member, which begins again with its host; nothing where there is one."""
    for host in cluster.cluster.placement.hosts("database"):
        unit = "/etc/systemd/system/underdesk-witness.service"
        cluster.root(host, f"test -e {unit} || {{ printf %s {shlex.quote(UNIT)} >{unit}; systemctl daemon-reload; systemctl enable --now underdesk-witness; }}")


def wrote(cluster: ServingLab, since: float) -> list[Wrote]:
    """Return who committed after ``since`` (s since 1970), in the order of first commits."""
    lines = {host: cluster.root(host, f"tail -n 20000 {FILE}").splitlines() for host in cluster.cluster.placement.hosts("database")}
    return seen(lines, since)


def seen(lines: Mapping[str, Iterable[str]], since: float) -> list[Wrote]:
    """Return the same from what the witnesses wrote down (time and count, by line); a count that fell is of a server that began anew."""
    found = []
    for member, said in lines.items():
        told = [(float(one[0]), int(one[1])) for line in said if len(one := line.split()) == 2]
        rose = [(before[0], now[0]) for before, now in itertools.pairwise(told) if before[0] >= since and now[1] > before[1]]
        found += [Wrote(member, rose[0][1], rose[-1][0])] if rose else []
    return sorted(found, key=lambda one: one.first)


def at_once_s(writers: Iterable[Wrote]) -> float:
    """Return for how long two members surely took writes at once: the one that began later was at work before the other's last commit (s)."""
    pairs = itertools.combinations(sorted(writers, key=lambda one: one.first), 2)
    return max((min(one.last, later.last) - later.first for one, later in pairs), default=0.0)
