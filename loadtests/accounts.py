"""What the kernel accounts to a container's control group, or to a process, and to the whole machine (control groups v1 or v2).

Runs also on a host of a cluster, by its own Python 3 and nothing else: ``serve`` answers there, a line of JSON for each line.
"""

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MS_PER_NS = 1e-6
KIB = 1024
GROUPS = Path("/sys/fs/cgroup")
PROCESSES = Path("/proc")
UNLIMITED_BYTES = 1 << 60


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

    def open_files(self, processes: Path = PROCESSES) -> OpenFiles:
        """Return those of its process that has most; raises OSError where the container has ended."""
        found = [OpenFiles(0, 0)]
        for pid in (self.memory.parent / "cgroup.procs").read_text(encoding="ascii").split():
            with suppress(OSError):  # this process has ended meanwhile
                found.append(_opened_by(processes / pid))
        return max(found)

    @property
    def limit_bytes(self) -> int:
        """The most memory that it may have; 0: no limit."""
        text = self.limit.read_text(encoding="utf-8").strip()
        return 0 if text == "max" or int(text) >= UNLIMITED_BYTES else int(text)


@dataclass(frozen=True)
class Process:
    """The account of one process that is in no container; its network is the whole machine's, and not told."""

    folder: Path
    limit_bytes: int = 0

    def read(self) -> Reading:
        """Return what stands there (proc(5)); raises OSError where it has ended."""
        ticks = (self.folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        status = _pairs(self.folder / "status")
        disk = _pairs(self.folder / "io")
        memory = sum(int(status.get(name, "0 kB").split()[0]) for name in ("RssAnon", "RssShmem")) * KIB
        cpu_s = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
        return Reading(cpu_s, memory, int(disk["read_bytes"]), int(disk["write_bytes"]), 0, 0)

    def open_files(self) -> OpenFiles:
        """Return its own."""
        return _opened_by(self.folder)


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


def cpu_ms(account: Path) -> float:
    """Return the CPU ms that ``account`` holds so far."""
    text = account.read_text(encoding="utf-8")
    if account.name == "cpuacct.usage":
        return int(text) * MS_PER_NS
    return int(text.split("usage_usec ", 1)[1].split()[0]) / 1000


def ticks(cores: tuple[int, ...] = ()) -> tuple[int, int]:
    """Return the ticks that the machine's cores worked, and all of them, since it started (proc(5): user nice system idle iowait irq softirq steal).

    With ``cores`` of these alone.
    """
    wanted = {f"cpu{core}" for core in cores} or {"cpu"}
    lines = (line.split() for line in (PROCESSES / "stat").read_text(encoding="ascii").splitlines())
    counts = [sum(column) for column in zip(*(map(int, words[1:9]) for words in lines if words[0] in wanted), strict=True)]
    return sum(counts) - counts[3] - counts[4], sum(counts)


def whole_account_of(pid: int) -> Account:
    """Return where the account of the container is kept that a process is in; raises OSError where it has ended meanwhile."""
    own = PROCESSES / str(pid)
    return account_of((own / "cgroup").read_text(encoding="utf-8"), own / "net" / "dev")


class Accounts:
    """Accounts of this machine by name: those that are asked for are looked up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Any] = {}
        self._limits: dict[str, int] = {}

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return counters of ``containers`` and ``processes`` (each a process by name), and of the machine; who has ended is missing."""
        found: dict[str, Any] = {"ticks": ticks(), "cores": os.cpu_count() or 1, "machine": _machine(), "readings": {}, "limits": {}, "files": {}}
        for kind, opened in (("containers", whole_account_of), ("processes", lambda pid: Process(PROCESSES / str(pid)))):
            for name, pid in question.get(kind, {}).items():
                with suppress(OSError, ValueError, KeyError, IndexError):
                    account = self._known.get((name, pid)) or opened(pid)
                    found["readings"][name] = list(vars(account.read()).values())
                    found["limits"][name] = account.limit_bytes
                    if question.get("files"):
                        files = account.open_files()
                        found["files"][name] = [files.open, files.limit]
                    self._known[name, pid] = account
        return found


def serve() -> None:
    """Answer each line until there are no more."""
    accounts = Accounts()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(accounts.answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _machine() -> str:
    """Return what only this kernel, since it started, calls itself: containers that pretend to be hosts share it."""
    with suppress(OSError):
        return (PROCESSES / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _pairs(path: Path) -> dict[str, str]:
    return dict(line.split(":", 1) for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if ":" in line)


def _memory(stat: Path) -> int:
    """Return the bytes that are the container's own; what the kernel caches of files it gives back when it is asked."""
    counts = dict(line.split()[:2] for line in stat.read_text(encoding="utf-8").splitlines())
    own = int(counts.get("total_rss", counts.get("anon", 0)))
    return own + int(counts.get("total_shmem", counts.get("shmem", 0)))


def _opened_by(process: Path) -> OpenFiles:
    return OpenFiles(len(list((process / "fd").iterdir())), _files_limit(process / "limits"))


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
