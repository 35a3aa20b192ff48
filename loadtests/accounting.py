"""What the kernel accounts to a container's control group: CPU time, memory, disk; and its network (control groups v1 or v2)."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.run import run

MS_PER_NS = 1e-6
GROUPS = Path("/sys/fs/cgroup")
UNLIMITED_BYTES = 1 << 60
NAME = "com.docker.swarm.service.name"


@dataclass(frozen=True)
class Reading:
    """Counters of a container since it began, but memory: that is now."""

    cpu_s: float
    memory_bytes: int
    disk_read_bytes: int
    disk_written_bytes: int
    received_bytes: int
    sent_bytes: int

    def plus(self, other: "Reading") -> "Reading":
        """Return both together, as of two replicas of one service."""
        return Reading(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


@dataclass(frozen=True, order=True)
class OpenFiles:
    """Open files and sockets of a process, and how many it may have (0: without limit)."""

    open: int
    limit: int


@dataclass(frozen=True)
class Account:
    """The files in which the kernel keeps the account of one container."""

    cpu: Path
    memory: Path
    limit: Path
    disk: Path
    network: Path

    def read(self) -> Reading:
        """Return what stands in them; raises OSError where the container has ended."""
        read, written = _disk(self.disk)
        received, sent = _network(self.network)
        return Reading(cpu_ms(self.cpu) / 1000, _memory(self.memory), read, written, received, sent)

    def open_files(self, processes: Path = Path("/proc")) -> OpenFiles:
        """Return those of its process that has most; raises OSError where the container has ended."""
        found = [OpenFiles(0, 0)]
        for pid in (self.memory.parent / "cgroup.procs").read_text(encoding="ascii").split():
            with suppress(OSError):  # this process has ended meanwhile
                found.append(OpenFiles(len(list((processes / pid / "fd").iterdir())), _files_limit(processes / pid / "limits")))
        return max(found)

    @property
    def limit_bytes(self) -> int:
        """The most memory that it may have; 0: no limit."""
        text = self.limit.read_text(encoding="utf-8").strip()
        return 0 if text == "max" or int(text) >= UNLIMITED_BYTES else int(text)


def account(container: str) -> Path:
    """Return the file in which the kernel counts the CPU time of a container."""
    return whole_account(container).cpu


def whole_account(container: str) -> Account:
    """Return where the kernel keeps the account of a container; raises OSError where it has ended meanwhile."""
    process = run(["docker", "inspect", "--format", "{{.State.Pid}}", container]).stdout.strip()
    return account_of(Path(f"/proc/{process}/cgroup").read_text(encoding="utf-8"), Path(f"/proc/{process}/net/dev"))


def account_of(membership: str, network: Path, groups: Path = GROUPS) -> Account:
    """Return where the account of a process is kept whose /proc/PID/cgroup is ``membership``."""
    parts = (line.split(":", 2)[1:] for line in membership.splitlines())
    at = {name: group.lstrip("/") for controllers, group in parts for name in controllers.split(",")}
    if "cpuacct" in at:
        memory = groups / "memory" / at["memory"]
        disk = groups / "blkio" / at["blkio"] / "blkio.throttle.io_service_bytes"
        return Account(groups / "cpuacct" / at["cpuacct"] / "cpuacct.usage", memory / "memory.stat", memory / "memory.limit_in_bytes", disk, network)
    own = groups / at[""]
    return Account(own / "cpu.stat", own / "memory.stat", own / "memory.max", own / "io.stat", network)


def containers(deployment: str) -> dict[str, list[str]]:
    """Return the ids of the running containers of ``deployment`` by role; raises PlanError where no engine answers."""
    shown = run(
        [
            "docker",
            "ps",
            "--no-trunc",
            "-f",
            f"label=underdesk.deployment={deployment}",
            "-f",
            "status=running",
            "--format",
            f'{{{{.ID}}}} {{{{.Label "{NAME}"}}}}',
        ],
        timeout_s=30,
    )
    found: dict[str, list[str]] = {}
    for line in shown.stdout.splitlines():
        container, _, service = line.partition(" ")
        if service.startswith(f"{deployment}-"):
            found.setdefault(service.removeprefix(f"{deployment}-"), []).append(container)
    return found


def cpu_ms(account: Path) -> float:
    """Return the CPU ms that ``account`` holds so far."""
    text = account.read_text(encoding="utf-8")
    if account.name == "cpuacct.usage":
        return int(text) * MS_PER_NS
    return int(text.split("usage_usec ", 1)[1].split()[0]) / 1000


def _memory(stat: Path) -> int:
    """Return the bytes that are the container's own; what the kernel caches of files it gives back when it is asked."""
    counts = dict(line.split()[:2] for line in stat.read_text(encoding="utf-8").splitlines())
    own = int(counts.get("total_rss", counts.get("anon", 0)))
    return own + int(counts.get("total_shmem", counts.get("shmem", 0)))


def _files_limit(limits: Path) -> int:
    """Return the soft limit of open files in a /proc/PID/limits."""
    line = next((line for line in limits.read_text(encoding="ascii").splitlines() if line.startswith("Max open files")), "")
    soft = line.removeprefix("Max open files").split()[:1]
    return int(soft[0]) if soft and soft[0].isdigit() else 0


def _disk(path: Path) -> tuple[int, int]:
    """Return bytes read and written, all devices together; a group that never did either may have no file."""
    if not path.exists():
        return 0, 0
    read = written = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        pairs = dict(word.split("=") for word in words[1:] if "=" in word) or ({words[1].lower(): words[2]} if len(words) == 3 else {})  # noqa: PLR2004 - device, what, bytes
        read += int(pairs.get("rbytes", pairs.get("read", 0)))
        written += int(pairs.get("wbytes", pairs.get("write", 0)))
    return read, written


def _network(path: Path) -> tuple[int, int]:
    """Return bytes received and sent by every interface but the loopback."""
    lines = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines() if ":" in line)
    counts = [counts.split() for name, _, counts in lines if name.strip() != "lo"]
    return sum(int(one[0]) for one in counts), sum(int(one[8]) for one in counts)
