"""What is asked of the outer engine for a lab host, as argv; nothing here runs anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LABEL = "underdesk.lab"
HANDOVER = "/handover"
# All that the engine of this machine can give and a booting host with an engine of its own needs; ``--privileged`` asks for more than
# some machines have (CAP_SYS_RESOURCE).
CAPABILITIES = (
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
)
# A host gives its own people rights (sudo), whatever the outer engine says of containers.
UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined", "no-new-privileges=false")
MEMORY_FOLDERS = ("/run", "/run/lock", "/tmp")  # noqa: S108 - inside the lab host


@dataclass(frozen=True)
class LabHost:
    """A lab host: a container of ``name`` at ``address`` of ``network``; ``handover`` is seen in it, read-only.

    ``cpus`` and ``memory_gib`` act as its size; 0 is the whole machine.
    """

    name: str
    network: str
    subnet: str
    address: str
    handover: Path
    cpus: float = 0
    memory_gib: float = 0


def network(host: LabHost) -> list[str]:
    """Make the network that the host is plugged into."""
    return ["docker", "network", "create", "--label", LABEL, "--subnet", host.subnet, host.network]


def create(host: LabHost, image: str) -> list[str]:
    """Create and boot the host."""
    size = [*(["--cpus", f"{host.cpus:g}"] if host.cpus else []), *(["--memory", f"{host.memory_gib:g}g"] if host.memory_gib else [])]
    return [
        *("docker", "run", "--detach", "--name", host.name, "--hostname", host.name, "--label", LABEL),
        *("--network", host.network, "--ip", host.address),
        *_each("--cap-add", CAPABILITIES),
        *_each("--security-opt", UNCONFINED),
        *("--device-cgroup-rule", "a *:* rwm", "--cgroupns", "private"),
        *_each("--tmpfs", MEMORY_FOLDERS),
        *("--volume", "/var/lib/docker", "--volume", f"{host.handover}:{HANDOVER}:ro"),
        *size,
        image,
    ]


def execute(host: LabHost, argv: Sequence[str], environment: Sequence[str] = (), folder: str = "/root") -> list[str]:
    """Run ``argv`` in the host; of ``environment`` only names stand here, the values come from the caller's own."""
    return ["docker", "exec", "--interactive", "--workdir", folder, *_each("--env", environment), host.name, *argv]


def cut_power(host: LabHost) -> list[str]:
    """End every process of the host at once."""
    return ["docker", "kill", "--signal", "KILL", host.name]


def switch_on(host: LabHost) -> list[str]:
    """Boot a host that is off."""
    return ["docker", "start", host.name]


def unplug(host: LabHost) -> list[str]:
    """Take the host off its network: its address is free again."""
    return ["docker", "network", "disconnect", "--force", host.network, host.name]


def plug(host: LabHost) -> list[str]:
    """Plug the host in at its address."""
    return ["docker", "network", "connect", "--ip", host.address, host.network, host.name]


def remove(host: LabHost) -> list[str]:
    """Remove the host with its disks."""
    return ["docker", "rm", "--force", "--volumes", host.name]


def remove_network(host: LabHost) -> list[str]:
    """Remove the host's network."""
    return ["docker", "network", "rm", host.network]


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [part for value in values for part in (option, value)]
