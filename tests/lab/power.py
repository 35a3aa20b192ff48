"""Disks under the database of lab hosts that forget, when their power is cut, whatever was not synced: the layer of tests/durability, on each host."""

import functools
import shlex
import subprocess
import tempfile
from pathlib import Path

from runtime.together import together
from tests.durability.disk import build
from tests.lab.cluster import LAB_S, wait_for
from tests.lab.serving import ServingLab

DATA, STORE, ORDERS, SAID = "/var/lib/mysql", "/var/lib/powercut", "/run/powercut", "/run/powercut-said"
PROGRAM = "/usr/local/sbin/powercut"
UNIT = f"""[Unit]
Before=mariadb.service underdesk-database.service
[Service]
ExecStartPre=/bin/sh -c 'test -e /dev/fuse || mknod /dev/fuse c 10 229; rm -f {ORDERS}; mkfifo {ORDERS}; mkdir -p {STORE}'
ExecStart=/bin/sh -c 'exec {PROGRAM} -store {STORE} -mount {DATA} -names journalled <>{ORDERS} >{SAID} 2>&1'
ExecStartPost=/bin/sh -c 'until mountpoint -q {DATA}; do sleep 0.1; done'
LimitNOFILE=1048576
[Install]
RequiredBy=mariadb.service underdesk-database.service
"""
MOVE = f"""set -e
systemctl daemon-reload
systemctl enable powercut
if mountpoint -q {DATA}; then exit 0; fi
systemctl stop mariadb underdesk-database
mv {DATA} {DATA}.before
mkdir {DATA}
systemctl start powercut
cp -a {DATA}.before/. {DATA}/
chown --reference={DATA}.before {DATA}
chmod --reference={DATA}.before {DATA}
echo settle >{ORDERS}
until tail -n 1 {SAID} | grep -q done; do sleep 0.1; done
rm -rf {DATA}.before
systemctl start underdesk-database mariadb
"""
CUT = f"echo cut >{ORDERS}; until tail -n 1 {SAID} | grep -q -e done -e failed; do sleep 0.02; done; tail -n 1 {SAID}"
SYNCED_S = 300


def forgetful(cluster: ServingLab) -> None:
    """Have the data of every member on such a disk, one member after the other."""
    with tempfile.TemporaryDirectory(prefix="power-") as folder:
        program = build(Path(folder))
        for host in cluster.cluster.placement.hosts("database"):
            _copied(cluster, host, program)
            cluster.root(host, f"printf %s {shlex.quote(UNIT)} >/etc/systemd/system/powercut.service; {MOVE}")
            wait_for(functools.partial(cluster.synced, host), SYNCED_S, f"{host} is not Synced on its new disk")


def marked(cluster: ServingLab) -> None:
    """Write two files beside the data of each member, and sync one of them."""
    for host in cluster.cluster.placement.hosts("database"):
        cluster.root(host, f"echo kept >{DATA}/synced.txt; sync {DATA}/synced.txt; echo kept >{DATA}/unsynced.txt")


def cut(cluster: ServingLab) -> None:
    """Cut the power of all these disks; whatever was not synced is gone."""
    hosts = cluster.cluster.placement.hosts("database")
    assert together([functools.partial(cluster.lab, "run", host, "--", "sh", "-c", CUT) for host in hosts]) == ["done\n"] * len(hosts)


def forgot(cluster: ServingLab) -> bool:
    """Tell whether what was synced is still there and what was not is gone; of a member that got all data from another since, neither is."""
    script = f"cd {DATA}; cat synced.txt unsynced.txt 2>/dev/null; true"
    said = {cluster.root(host, script) for host in cluster.cluster.placement.hosts("database")}
    return "kept" in said <= {"kept", ""}


def _copied(cluster: ServingLab, host: str, program: Path) -> None:
    argv = ["scp", "-q", "-F", str(cluster.folder / "ssh_config"), str(program), f"{host}:powercut"]
    subprocess.run(argv, check=True, capture_output=True, timeout=LAB_S)
    cluster.root(host, f"install -m 755 powercut {PROGRAM}; rm powercut")
