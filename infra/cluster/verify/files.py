"""Whether the files of a cluster are kept and mounted as planned: asked of the hosts themselves."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from testinfra.host import Host

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders
from infra.cluster.parts.files import options, volume

KEEPING: Final = ("glusterd.service", "underdesk-bricks.service")
MOUNTING: Final = ("underdesk-files.service",)
FILESYSTEM: Final = "fuse.glusterfs"


def checks(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    """Say what of the files is not as planned on a host."""
    if not folders.replicated(cluster):
        return
    bricks = folders.bricks(cluster)
    if name in bricks:
        yield from _running(host, KEEPING)
    if name in folders.mounting(cluster):
        yield from _running(host, MOUNTING)
        yield from _mounted(cluster, host)
    if name == next((one for one in bricks if one in cluster.answering), ""):
        yield from _volume(cluster, host)


def _running(host: Host, units: tuple[str, ...]) -> Iterator[str]:
    wanted = host.run("systemctl list-dependencies --plain multi-user.target").stdout.split()
    for unit in units:
        if host.run("systemctl is-active %s", unit).rc:
            yield f"{unit} does not run: see 'journalctl -u {unit}'"
        if unit not in wanted:
            yield f"{unit} does not come up at boot"


def _mounted(cluster: Cluster, host: Host) -> Iterator[str]:
    folder = folders.data(cluster)
    told = json.loads(host.run("findmnt --json --mountpoint %s", str(folder)).stdout or '{"filesystems": []}')["filesystems"]
    if not told or told[0]["fstype"] != FILESYSTEM or not told[0]["source"].endswith(f"/{volume(cluster)}"):
        yield f"{folder} is not the store that several hosts keep"
        return
    wanted = {str(one["path"]): f"{one['owner']} {one['group']} {one['mode'].lstrip('0')}" for one in folders.inside(cluster)}
    said = host.run(f"timeout 20 stat --format='%n %u %g %a' {' '.join(shlex.quote(path) for path in wanted)}").stdout.splitlines()
    found = dict(line.split(" ", 1) for line in said)
    for path, how in wanted.items():
        if found.get(path) != how:
            yield f"{path} {f'is {found[path]}, not {how}' if path in found else 'is not there'} (owner, group, mode)"


def _volume(cluster: Cluster, host: Host) -> Iterator[str]:
    name = volume(cluster)
    told = _asked(host, f"volume info {name}")
    if told is None or told.findtext(".//volume/statusStr") != "Started":
        yield f"{name} is not started: see 'gluster volume info'"
        return
    there = {option.findtext("name", ""): option.findtext("value", "") for option in told.iter("option")}
    yield from (f"{name}: {key} is {there.get(key, 'not set')}, not {value}" for key, value in options(cluster).items() if there.get(key) != value)
    found = [(brick.findtext("name") or "").partition(":")[0] for brick in told.iter("brick")]
    keepers = {cluster.reach[one].address: one for one in folders.bricks(cluster)}
    yield from (f"{keepers[address]} keeps no part of the files" for address in keepers.keys() - set(found))
    yield from (f"{address} keeps files and is not planned to" for address in set(found) - keepers.keys())
    yield from _parts(_asked(host, f"volume status {name}"), keepers)
    yield from _copied(_asked(host, f"volume heal {name} info summary"), keepers)


def _parts(told: "ET.Element | None", keepers: Mapping[str, str]) -> Iterator[str]:
    nodes = list(told.iter("node")) if told is not None else []
    up = {node.findtext("hostname") for node in nodes if node.findtext("status") == "1" and node.findtext("port") != "N/A"}
    yield from (f"the files' part on {keepers[address]} does not run" for address in keepers if address not in up)


def _copied(told: "ET.Element | None", keepers: Mapping[str, str]) -> Iterator[str]:
    for brick in told.iter("brick") if told is not None else ():
        where = keepers.get((brick.findtext("name") or "").partition(":")[0], "a host that is not planned")
        torn, waiting = (brick.findtext(f"numberOfEntriesIn{what}") or "" for what in ("SplitBrain", "HealPending"))
        if torn.isdigit() and int(torn):
            yield f"{torn} files are different on {where} and another host, and nobody knows which are right: see 'gluster volume heal'"
        if waiting.isdigit() and int(waiting):
            yield f"{waiting} files wait on {where} for being copied to a host that was away: it goes on by itself"


def _asked(host: Host, command: str) -> "ET.Element | None":
    done = host.run(f"gluster --mode=script {command} --xml")
    try:
        return ET.fromstring(done.stdout)  # noqa: S314 - as above
    except ET.ParseError:
        return None
