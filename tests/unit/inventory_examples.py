"""Inventories, plans and hosts of clusters, made by hand."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from infra.inventory.connect import Reach
from infra.inventory.model import ClusterHost, FrontDoor, Inventory, Role, Ssh
from infra.inventory.probe import Facts, HostAddress, Seen
from sizing.plan import Plan, Server
from tests.unit.sample_plan import SAMPLE

SHAPE = Server(role="box", count=1, cores=4, memory_gib=16.0, disk_gib=200.0)


def host(number: int, *roles: Role) -> ClusterHost:
    return ClusterHost(name=f"node-{number}", address=f"10.20.0.{10 + number}", roles=roles)


def inventory(hosts: int | Sequence[ClusterHost]) -> Inventory:
    made = tuple(host(number) for number in range(1, hosts + 1)) if isinstance(hosts, int) else tuple(hosts)
    front = FrontDoor(addresses=("10.20.0.10",)) if len(made) > 1 else FrontDoor()
    return Inventory(schema=1, name="hq", ssh=Ssh(user="deploy", key="/keys/cluster", known_hosts="/keys/known_hosts"), front_door=front, hosts=made)


def equal(count: int) -> Plan:
    return SAMPLE.model_copy(update={"servers": (SHAPE.model_copy(update={"count": count, "role": "desk" if count == 1 else "box"}),)})


def by_role(frontdoor: int = 2, pagecache: int = 2, web: int = 2, database: int = 3, files: int = 3) -> Plan:
    counts = {"frontdoor": (frontdoor, 2, 4.0, 40.0), "pagecache": (pagecache, 2, 8.0, 40.0), "web": (web, 16, 32.0, 80.0)}
    counts |= {"database": (database, 8, 64.0, 500.0), "files": (files, 2, 8.0, 2000.0)}
    made = (Server(role=role, count=count, cores=cores, memory_gib=memory, disk_gib=disk) for role, (count, cores, memory, disk) in counts.items())
    return SAMPLE.model_copy(update={"servers": tuple(made)})


GIB: Final = 1024**3
ALONE: Final = f"unshare --net {'' if os.geteuid() == 0 else '--map-root-user '}{shlex.quote(sys.executable)} -I -"
GOOD: Final = f"exec {ALONE}"
"""What a host does that runs the program it is given: without any network, so that nothing is sent to the addresses of examples."""


def facts(number: int, **changes: Any) -> Facts:  # noqa: ANN401 - of each fact its own
    """Return what a host says that is as large as SHAPE and has nothing wrong."""
    told = {
        "hostname": f"node-{number}",
        "os": "debian",
        "release": "13",
        "os_name": "Debian GNU/Linux 13 (trixie)",
        "architecture": "x86_64",
        "python": "3.13.5",
        "systemd": True,
        "sudo": "",
        "cores": 4,
        "memory_bytes": int(15.6 * GIB),
        "disk_bytes": 196 * GIB,
        "disk_free_bytes": 190 * GIB,
        "addresses": (HostAddress(address="127.0.0.1", prefix=8, interface="lo"), HostAddress(address=f"10.20.0.{10 + number}", prefix=24, interface="eth0")),
        "listening": (),
        "peers": {f"node-{other}": "" for other in range(1, 4) if other != number},
        "names": {},
        "front": {"10.20.0.10": ""},
        "mark": "",
    }
    return Facts.model_validate(told | changes)


def seen(number: int, **changes: Any) -> Seen:  # noqa: ANN401 - as above
    return Seen(Reach(f"node-{number}", f"10.20.0.{10 + number}", "deploy", "/keys/cluster", 22, "/keys/known_hosts"), facts(number, **changes))


def fake_ssh(folder: Path, does: dict[str, str]) -> str:
    """Put an ``ssh`` into ``folder`` that does at each address what a shell script says, which gets the command's words; return the PATH with it first."""
    (folder / "at").mkdir(parents=True)
    for address, script in does.items():
        (folder / "at" / address).write_text(script, encoding="utf-8")
    client = folder / "ssh"
    client.write_text(
        f'#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\naddress=$2; shift 2; exec sh {shlex.quote(str(folder / "at"))}/"$address" "$@"\n', encoding="utf-8"
    )
    client.chmod(0o755)
    return os.pathsep.join([str(folder), os.environ["PATH"]])
