"""Whether what is in force on the hosts is what was planned: asked of the hosts themselves, by testinfra over SSH."""

import functools
import json
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from testinfra.host import Host

from infra.cluster.cluster import LABELS, Cluster
from infra.cluster.session import testinfra
from infra.inventory.ports import SWARM
from runtime.together import together

SSHD: Final = {
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitrootlogin": "no",
    "pubkeyauthentication": "yes",
    "authenticationmethods": "publickey",
    "permitemptypasswords": "no",
    "allowtcpforwarding": "no",
    "x11forwarding": "no",
}
ENGINE: Final = '{"swarm": {{json .Swarm}}, "security": {{json .SecurityOptions}}, "version": {{json .ServerVersion}}}'
TELLS: Final = 23
"""Engines from this version on say whether containers may gain privileges; of older ones their settings do."""
CLOSED_S: Final = 1.5
SHOWN: Final = re.compile(r"command=b['\"](?P<command>.*?)['\"], .*_stderr=['\"](?P<stderr>.*)['\"]\)", re.DOTALL)


Check = Callable[[Cluster, str, Host], Iterator[str]]
"""What is asked of a host; it says what is amiss."""


@dataclass(frozen=True)
class Shortfall:
    """Something on a host that is not as planned."""

    host: str
    said: str

    def __str__(self) -> str:
        return f"{self.host}: {self.said}"


def shortfalls(cluster: Cluster, folder: Path, more: Sequence[Check] = ()) -> list[Shortfall]:
    """Return everything that is in force and was not planned, or planned and not in force.

    All hosts that are not lost are asked at once, ``more`` than what every host has.
    """
    asked = [functools.partial(_on, cluster, name, folder, more) for name in cluster.answering]
    return [found for of_host in together(asked) for found in of_host] + list(_nodes(cluster, folder))


def _on(cluster: Cluster, name: str, folder: Path, more: Sequence[Check]) -> list[Shortfall]:
    checks: tuple[Check, ...] = (_ssh, _guessing, _firewall, _engine, _names, _updates, _finished, *more)
    try:
        with testinfra(cluster.reach[name], folder) as host:
            found = [said for check in checks for said in check(cluster, name, host)]
    except (AssertionError, ValueError) as problem:  # what testinfra says of a command that failed, and of an answer that is none
        found = [f"does not answer as it should: {_plain(str(problem))[:200]}"]
    return [Shortfall(name, said) for said in (*found, *_closed(cluster, name))]


def _plain(said: str) -> str:
    """Return what a command complained of, without how testinfra shows it."""
    shown = SHOWN.search(said)
    return " ".join((f"{shown['command']}: {shown['stderr']}" if shown else said).replace("\\n", " ").split())


def _ssh(_cluster: Cluster, _name: str, host: Host) -> Iterator[str]:
    said = dict(line.partition(" ")[::2] for line in host.check_output("sshd -T").splitlines())
    for key, wanted in SSHD.items():
        if said.get(key) != wanted:
            yield f"sshd's {key} is {said.get(key, 'not known')}, not {wanted}: a file in /etc/ssh/sshd_config.d that sorts before 01-underdesk.conf?"


def _guessing(_cluster: Cluster, _name: str, host: Host) -> Iterator[str]:
    if host.run("systemctl is-active fail2ban.service").rc:
        yield "who guesses over SSH is not made to wait: fail2ban does not run; there: sudo systemctl enable --now fail2ban"


def _firewall(_cluster: Cluster, _name: str, host: Host) -> Iterator[str]:
    if host.run("underdesk-firewall check").rc:
        yield "the firewall's rules in force are not those of the plan"
    if host.run("systemctl list-dependencies --plain sysinit.target | grep -q underdesk-firewall.service").rc:
        yield "the firewall does not come up at boot"


def _engine(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    if host.run("systemctl is-active docker.service").rc:
        yield "the container engine does not run; there: sudo systemctl enable --now docker"
        return
    if host.run("systemctl is-enabled docker.service").rc:
        yield "the container engine does not start at boot; there: sudo systemctl enable docker"
    if host.check_output("cat /proc/sys/net/ipv4/ip_forward") != "1":
        yield "the kernel forwards nothing: containers reach nobody"
    told: dict[str, Any] = json.loads(host.check_output("docker info --format %s", ENGINE))
    swarm = told["swarm"]
    if swarm["LocalNodeState"] != "active":
        yield f"is not in the swarm ({swarm['LocalNodeState']})"
    if swarm["NodeAddr"] != cluster.reach[name].address:
        yield f"calls itself {swarm['NodeAddr']} in the swarm, not {cluster.reach[name].address}"
    tells = int(told["version"].partition(".")[0]) >= TELLS
    if not ("name=no-new-privileges" in told["security"] if tells else _is_set(host.check_output("cat /etc/docker/daemon.json"))):
        yield "containers may gain privileges (no-new-privileges in /etc/docker/daemon.json)"


def _is_set(settings: str) -> bool:
    return bool(json.loads(settings or "{}").get("no-new-privileges"))


def _names(cluster: Cluster, _name: str, host: Host) -> Iterator[str]:
    text = host.check_output("cat /etc/hosts")
    for one in cluster.inventory.hosts:
        if not re.search(rf"^{re.escape(one.address)}\s(.*\s)?{re.escape(one.name)}(\s|$)", text, re.MULTILINE):
            yield f"/etc/hosts does not name {one.name} as {one.address}"


def _updates(_cluster: Cluster, _name: str, host: Host) -> Iterator[str]:
    said = host.check_output("apt-config dump")
    if 'APT::Periodic::Unattended-Upgrade "1";' not in said:
        yield "security updates are not taken by themselves"
    if '"^docker\\\\.io"' not in said and '"^docker\\.io"' not in said:
        yield "nightly updates would restart every engine in one night"


def _finished(_cluster: Cluster, _name: str, host: Host) -> Iterator[str]:
    left = host.run("ls -A /var/lib/underdesk/guarded /var/lib/underdesk/unfinished 2>/dev/null | grep -v -e '^/' -e '^$'").stdout.split()
    if left:
        yield f"was begun and is not in use: {', '.join(left)}"


def _closed(cluster: Cluster, name: str) -> Iterator[str]:
    """Knock from outside: a port between hosts must not open for this machine, unless it is one of them."""
    own = {address.address for addresses in psutil.net_if_addrs().values() for address in addresses}
    if own & {reach.address for reach in cluster.reach.values()}:
        return
    try:
        socket.create_connection((cluster.reach[name].address, SWARM), CLOSED_S).close()
    except OSError:
        return
    yield f"port {SWARM} opens for this machine, which is no host of the cluster"


def _nodes(cluster: Cluster, folder: Path) -> Iterator[Shortfall]:
    manager = next((name for name in cluster.managers if name in cluster.answering), "")
    if not manager:
        return
    with testinfra(cluster.reach[manager], folder) as host:
        said = host.run("docker node inspect $(docker node ls --quiet)")
    if said.rc:
        yield Shortfall(manager, f"the swarm does not answer: {said.stderr.strip()[-200:]}")
        return
    nodes = {node["Description"]["Hostname"].split(".")[0]: node for node in json.loads(said.stdout)}
    for name in cluster.reach:
        yield from (Shortfall(name, what) for what in _node(cluster, name, nodes.get(name)))
    for name in sorted(nodes.keys() - cluster.reach.keys()):
        if nodes[name]["Spec"]["Availability"] != "drain":
            yield Shortfall(manager, f"the swarm has a node {name}, which the inventory has not")


def _node(cluster: Cluster, name: str, node: dict[str, Any] | None) -> Iterator[str]:
    if node is None:
        yield "is no node of the swarm"
        return
    wanted = "manager" if name in cluster.managers else "worker"
    if node["Spec"]["Role"] != wanted:
        yield f"is a {node['Spec']['Role']} of the swarm, not a {wanted}"
    if node["Status"]["State"] != "ready":
        yield f"is {node['Status']['State']} in the swarm"
    ours = {key: value for key, value in (node["Spec"].get("Labels") or {}).items() if key.startswith(LABELS)}
    if ours != cluster.labels(name):
        yield f"has the labels {', '.join(sorted(ours)) or 'none'}, not {', '.join(sorted(cluster.labels(name)))}"
