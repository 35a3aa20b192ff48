"""What is asked of the outer engine for a lab host, as argv; nothing here runs anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LABEL = "underdesk.lab"
"""Its value is the lab's name; a host on its own has none."""
HOST_LABEL = f"{LABEL}.host"
HANDOVER = "/handover"
# All that the engine of this machine can give and a booting host with an engine of its own needs, but for setting the clock, which all
# hosts share with this machine. ``--privileged`` asks for more than
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
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
)
# A host gives its own people rights (sudo), whatever the outer engine says of containers.
UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined", "no-new-privileges=false")
MEMORY_FOLDERS = ("/run", "/run/lock", "/tmp")  # noqa: S108 - inside the lab host


@dataclass(frozen=True)
class LabHost:
    """A lab host: a container of ``name`` at ``address`` of ``network``; ``handover`` is seen in it, read-only.

    ``cpus`` and ``memory_gib`` act as its size; 0 is the whole machine. ``hostname`` is what it calls itself, where that is not ``name``;
    ``mac`` stays the same through every boot; ``lab`` is the lab that it belongs to, "" for a host on its own.
    """

    name: str
    network: str
    subnet: str
    address: str
    handover: Path
    cpus: float = 0
    memory_gib: float = 0
    hostname: str = ""
    mac: str = ""
    lab: str = ""


def network(host: LabHost) -> list[str]:
    """Make the network that the host is plugged into."""
    return ["docker", "network", "create", "--label", f"{LABEL}={host.lab}", "--subnet", host.subnet, host.network]


def create(host: LabHost, image: str, *, says_mac: bool = False) -> list[str]:
    """Create and boot the host; ``says_mac``: its hardware address must be said, the engine would make another one at each boot."""
    called = host.hostname or host.name
    size = [*(["--cpus", f"{host.cpus:g}"] if host.cpus else []), *(["--memory", f"{host.memory_gib:g}g"] if host.memory_gib else [])]
    return [
        *("docker", "run", "--detach", "--name", host.name, "--hostname", called, "--label", f"{LABEL}={host.lab}", "--label", f"{HOST_LABEL}={called}"),
        *("--network", host.network, "--ip", host.address, *(["--mac-address", host.mac] if says_mac else [])),
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


def cut_power(*hosts: LabHost) -> list[str]:
    """End every process of the hosts at once."""
    return ["docker", "kill", "--signal", "KILL", *(host.name for host in hosts)]


def switch_on(*hosts: LabHost) -> list[str]:
    """Boot hosts that are off."""
    return ["docker", "start", *(host.name for host in hosts)]


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


def api_version() -> list[str]:
    """Tell which version of its interface the engine speaks."""
    return ["docker", "version", "--format", "{{.Server.APIVersion}}"]


def all_of(lab: str) -> list[str]:
    """List the ids of every container of ``lab``, whether it runs or not."""
    return ["docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}={lab}"]


def hosts_of(lab: str) -> list[str]:
    """List the ids of the hosts of ``lab`` alone: the switch's own containers come and go."""
    return [*all_of(lab), "--filter", f"label={HOST_LABEL}"]


def networks_of(lab: str) -> list[str]:
    """List the ids of the networks of ``lab``."""
    return ["docker", "network", "ls", "--quiet", "--no-trunc", "--filter", f"label={LABEL}={lab}"]


def networks() -> list[str]:
    """List the ids of every network of this machine's engine."""
    return ["docker", "network", "ls", "--quiet", "--no-trunc"]


def inspect(kind: str, ids: Sequence[str]) -> list[str]:
    """Tell everything of containers or networks, as JSON."""
    return ["docker", kind, "inspect", *ids]


def remove_all(kind: str, ids: Sequence[str]) -> list[str]:
    """Remove containers with their disks, or networks."""
    return ["docker", kind, "rm", *(["--force", "--volumes"] if kind == "container" else []), *ids]


def switch(image: str, lab: str, argv: Sequence[str]) -> list[str]:
    """Run nft where this machine's bridges are; its rules come by stdin."""
    return [
        *("docker", "run", "--rm", "--interactive", "--label", f"{LABEL}={lab}", "--network", "host"),
        *("--cap-drop", "ALL", "--cap-add", "NET_ADMIN", "--entrypoint", "nft", image, *argv),
    ]


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [part for value in values for part in (option, value)]
