"""How a host of the inventory is reached by SSH, as argv; nothing here runs anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.inventory.model import ClusterHost, GeneratorHost, Inventory

LOST: Final = 255
"""Exit code of ssh itself: what was to run there did not, or its answer was lost."""
CONNECT_S: Final = 10
ALIVE_S, ALIVE_TIMES = 5, 4
"""A host that has gone away during a session is known after their product."""


@dataclass(frozen=True)
class Reach:
    """A host and how it is reached: what the inventory says of all, and of this one."""

    name: str
    address: str
    user: str
    key: str
    port: int
    known_hosts: str

    @property
    def marked(self) -> str:
        """What ``known_hosts`` calls it."""
        return self.address if self.port == 22 else f"[{self.address}]:{self.port}"  # noqa: PLR2004 - SSH's own


def reaches(inventory: Inventory) -> tuple[Reach, ...]:
    """Return how each host is reached, in the order of the inventory."""
    return _reaches(inventory, inventory.hosts)


def driving(inventory: Inventory) -> tuple[Reach, ...]:
    """Return how each host is reached that only drives load."""
    return _reaches(inventory, inventory.generators)


def _reaches(inventory: Inventory, hosts: Sequence[ClusterHost | GeneratorHost]) -> tuple[Reach, ...]:
    ssh = inventory.ssh
    return tuple(
        Reach(host.name, host.address, host.ssh.user or ssh.user, host.ssh.key or ssh.key, host.ssh.port or ssh.port, ssh.known_hosts) for host in hosts
    )


def options(reach: Reach) -> list[str]:
    """Return the options of ssh, scp and sftp for a host: its key alone, nothing asked, no host that is not known, nothing of own settings."""
    settings = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "PreferredAuthentications": "publickey",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": f'"{reach.known_hosts}"',
        "GlobalKnownHostsFile": "/dev/null",
        "CheckHostIP": "no",
        "UpdateHostKeys": "no",
        "ControlPath": "none",
        "ConnectTimeout": CONNECT_S,
        "ConnectionAttempts": 1,
        "ServerAliveInterval": ALIVE_S,
        "ServerAliveCountMax": ALIVE_TIMES,
        "ForwardAgent": "no",
        "LogLevel": "ERROR",
    }
    return ["-F", "none", "-i", reach.key, *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]


def ssh(reach: Reach, command: Sequence[str]) -> list[str]:
    """Return the command that runs ``command`` (words without a meaning to a shell) on a host."""
    return ["ssh", *options(reach), "-p", str(reach.port), "-l", reach.user, "--", reach.address, *command]
