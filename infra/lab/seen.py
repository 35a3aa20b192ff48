"""What there is: of this machine, of its engine's networks, of the containers of a lab."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import psutil

from infra import live
from infra.lab import carried, commands, subnets
from infra.lab.cuts import Port
from infra.lab.room import Machine
from runtime.errors import PlanError
from runtime.run import run

GIB = 1024**3
ROUTES = Path("/proc/net/route")
PORT = """for device in /sys/class/net/*; do
    if [ "$(cat "$device/address")" = "$0" ] && [ "$(cat "$device/iflink")" != "$(cat "$device/ifindex")" ]; then cat "$device/iflink"; fi
done"""
STATE = "timeout 5 systemctl is-system-running; timeout 5 docker version --format '{{.Server.Version}}' 2>/dev/null"
BOOTED = ("running", "degraded")
JOB = ("its number", "unit", "what", "state")
ASKING_S = 20
MAC_SINCE = (1, 44)
"""Version of the engine's interface in which a container says its hardware address for a network (Docker 25)."""


@dataclass(frozen=True)
class Container:
    """What the engine has of a lab host: ``image`` is the id of what it was made from."""

    name: str
    host: str
    image: str
    is_on: bool


@dataclass(frozen=True)
class State:
    """How a host feels that is on: ``power`` on or boots, ``engine`` the version of its own engine, "" while that does not answer."""

    power: str
    engine: str


def machine() -> Machine:
    """Return what this machine has for a lab; raises PlanError where it has no engine, or one of another machine is meant."""
    if live.elsewhere():
        raise PlanError(f"names an engine elsewhere ({live.elsewhere()}); a lab is made on this machine", where="DOCKER_HOST", hint="unset DOCKER_HOST")
    if shutil.which("docker") is None:
        raise PlanError("there is no container engine", where="docker", hint="install it: apt-get install docker.io (Debian 13: and docker-cli)")
    told = live.engine_client().info()
    folder = Path(told["DockerRootDir"])
    free = shutil.disk_usage(folder if folder.exists() else "/").free
    return Machine(int(told["NCPU"]), psutil.virtual_memory().available / GIB, free / GIB, str(folder))


def containers(lab: str) -> dict[str, Container]:
    """Return the hosts of ``lab`` that the engine has, by name."""
    ids = run(commands.hosts_of(lab)).stdout.split()
    found = _containers(json.loads(run(commands.inspect("container", ids)).stdout)) if ids else []
    return {one.host: one for one in found}


def _containers(inspected: Iterable[dict[str, Any]]) -> list[Container]:
    """Read 'docker container inspect'; what is no host (the switch's own) is left out."""
    return [
        Container(one["Name"].removeprefix("/"), one["Config"]["Labels"][commands.HOST_LABEL], one["Image"], bool(one["State"]["Running"]))
        for one in inspected
        if commands.HOST_LABEL in one["Config"]["Labels"]
    ]


def networks(lab: str) -> list[str]:
    """Return the ids of the networks of ``lab``."""
    return run(commands.networks_of(lab)).stdout.split()


def taken() -> list[tuple[IPv4Network, str]]:
    """Return every network that something on this machine has or leads to, and whose it is."""
    inspected = json.loads(run(commands.inspect("network", run(commands.networks()).stdout.split())).stdout)
    return [*subnets.engines(inspected), *subnets.routed(ROUTES.read_text(encoding="ascii")), *subnets.resolvers(carried.resolvers())]


def says_mac() -> bool:
    """Tell whether a host's hardware address must be said; engines before that could be said made it from the IP address, as ours are made."""
    major, _, minor = run(commands.api_version()).stdout.strip().partition(".")
    return (int(major), int(minor)) >= MAC_SINCE


def port(container: commands.LabHost) -> Port:
    """Return where the cable of a host meets the switch."""
    done = run(commands.execute(container, ["sh", "-c", PORT, container.mac]), check=False, timeout_s=ASKING_S)
    devices = done.stdout.split()
    return Port(container.mac, int(devices[0]) if done.returncode == 0 and devices else 0)


def state(container: commands.LabHost) -> State:
    """Ask a host that is on how far it is."""
    lines = run(commands.execute(container, ["sh", "-c", STATE]), check=False, timeout_s=ASKING_S).stdout.splitlines()
    return State("on" if lines and lines[0] in BOOTED else "boots", lines[1] if len(lines) > 1 else "")


def starting(container: commands.LabHost) -> tuple[str, ...]:
    """Return the units that a host is starting or stopping at this moment: what its boot waits for."""
    said = run(commands.execute(container, ["timeout", "5", "systemctl", "list-jobs", "--no-legend", "--plain"]), check=False, timeout_s=ASKING_S).stdout
    jobs = [line.split() for line in said.splitlines()]
    return tuple(job[1] for job in jobs if len(job) == len(JOB) and job[-1] == "running")


def host_key(container: commands.LabHost) -> str:
    """Return the public key of a host's sshd, asked at its console and not over the network."""
    return run(commands.execute(container, ["cat", "/etc/ssh/ssh_host_ed25519_key.pub"]), timeout_s=ASKING_S).stdout
