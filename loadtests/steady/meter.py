"""What the platform does meanwhile, once a second, by the clock that the requests are timed by."""

import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import fmean

from pydantic import Field

from loadtests.accounting import Account, OpenFiles, Reading, containers, whole_account
from loadtests.part import Part
from loadtests.programs.measured import Programs
from runtime.errors import PlanError

MIB = 1024 * 1024
KIB = 1024
FIND_AGAIN_S = 5.0
COUNT_AGAIN_S = 10.0
STAT = Path("/proc/stat")


class Service(Part):
    """A service over the run: one number for each second, by the seconds of ``Platform.at``; 0 where it did not run."""

    name: str
    memory_limit_mib: float = Field(description="0: none")
    cpu_cores: tuple[float, ...]
    memory_mib: tuple[float, ...] = Field(description="its own; files that the kernel caches are not counted")
    disk_read_kib: tuple[float, ...] = Field(description="per second, as the next three")
    disk_written_kib: tuple[float, ...]
    received_kib: tuple[float, ...]
    sent_kib: tuple[float, ...]
    open_files: tuple[float, ...] = Field(default=(), description="files and sockets, of its process that has most; counted in a soak alone")
    open_files_limit: int = Field(default=0, description="of that process; 0: not known")


class Platform(Part):
    """The host and its services over the run."""

    cores: int
    at: tuple[float, ...] = Field(description="unix time at the end of each second")
    host_cpu: tuple[float, ...] = Field(description="share of all cores that worked, whoever for")
    services: tuple[Service, ...]
    programs: Programs | None = Field(default=None, description="what they say of themselves; null: nothing, or by an earlier version")

    @property
    def gaps(self) -> tuple[str, ...]:
        """What programs did not tell, and why."""
        return self.programs.notes if self.programs else ()

    def used(self, since: float, until: float) -> list[float]:
        """Return the share of the cores that the platform's services used, second by second, between two moments (unix time)."""
        inside = [number for number, at in enumerate(self.at) if since <= at <= until]
        return [sum(service.cpu_cores[number] for service in self.services) / self.cores for number in inside]

    def between(self, since: float, until: float) -> "Platform":
        """Return the seconds between two moments (unix time) alone."""
        return self.inside([(since, until)])

    def inside(self, spans: Sequence[tuple[float, float]]) -> "Platform":
        """Return the seconds that end in one of ``spans`` (unix times) alone."""
        inside = [number for number, at in enumerate(self.at) if any(since <= at <= until for since, until in spans)]
        programs = self.programs.inside(spans) if self.programs else None
        return self._columns(lambda column: tuple(column[number] for number in inside)).model_copy(update={"programs": programs})

    def coarser(self, most: int) -> "Platform":
        """Return the same in at most ``most`` rows: means of as many seconds as that takes."""
        many, programs = math.ceil(len(self.at) / most), self.programs.coarser(most) if self.programs else None
        if many <= 1:
            return self.model_copy(update={"programs": programs})
        found = self._columns(lambda column: tuple(round(fmean(column[at : at + many]), 4) for at in range(0, len(column), many)))
        found = found.model_copy(update={"programs": programs})
        return found.model_copy(update={"at": tuple(self.at[min(at + many, len(self.at)) - 1] for at in range(0, len(self.at), many))})

    def _columns(self, made: Callable[[tuple[float, ...]], tuple[float, ...]]) -> "Platform":
        services = tuple(
            service.model_copy(update={name: made(column) for name, column in service if isinstance(column, tuple) and column}) for service in self.services
        )
        return self.model_copy(update={"at": made(self.at), "host_cpu": made(self.host_cpu), "services": services})

    def others(self, since: float, until: float, generator: float) -> float:
        """Return the mean share of the cores that neither the platform nor the ``generator`` (cores) used, but somebody."""
        host = [busy for at, busy in zip(self.at, self.host_cpu, strict=True) if since <= at <= until]
        own = self.used(since, until)
        return max(0.0, sum(host) / len(host) - sum(own) / len(own) - generator / self.cores) if host else 0.0


class Meter:
    """Reads the kernel's accounts of all containers of a deployment; with ``count_files`` open files now and then, too.

    ``programs`` returns what the programs in them said so far. ``cores`` are those that the platform is kept to, the only ones that are
    looked at; none: all of the host.
    """

    def __init__(self, name: str, *, count_files: bool = False, cores: tuple[int, ...] = (), programs: Callable[[], Programs | None] = lambda: None) -> None:
        self.name, self.count_files, self.cores, self.programs = name, count_files, cores, programs
        self._files: list[dict[str, OpenFiles]] = []
        self._counted = -math.inf
        self._accounts: dict[str, dict[str, Account]] = {}
        self._rows: list[tuple[float, float, dict[str, tuple[float, ...]]]] = []
        self._limits: dict[str, int] = {}
        self._before: dict[str, Reading] = {}
        self._host = _host(self.cores)
        self._at = time.time()
        self._found = 0.0
        self.sample()
        self._rows.clear()
        self._files.clear()

    def sample(self) -> None:
        """Take one row: what happened since the last one."""
        now, host = time.time(), _host(self.cores)
        seconds, readings = max(1e-3, now - self._at), self._read()
        row = {role: _row(self._before.get(role, reading), reading, seconds) for role, reading in readings.items()}
        busy, whole = host[0] - self._host[0], max(1, host[1] - self._host[1])
        self._rows.append((now, busy / whole, row))
        if self.count_files:
            self._files.append(self._open_files())
        self._at, self._host, self._before = now, host, readings

    def _read(self) -> dict[str, Reading]:
        """Return the reading of each service, replicas together; containers that ended are looked for anew, now and then."""
        found: dict[str, Reading] = {}
        lost = not self._accounts
        for role, accounts in self._accounts.items():
            for account in accounts.values():
                try:
                    reading = account.read()
                except (OSError, ValueError):
                    lost = True
                    continue
                found[role] = found[role].plus(reading) if role in found else reading
        if lost and time.monotonic() - self._found > FIND_AGAIN_S:
            self._find()
        return found

    def _open_files(self) -> dict[str, OpenFiles]:
        """Return the open files of each service, counted anew every few seconds."""
        if self._files and time.monotonic() - self._counted < COUNT_AGAIN_S:
            return self._files[-1]
        self._counted = time.monotonic()
        found: dict[str, OpenFiles] = {}
        for role, accounts in self._accounts.items():
            for account in accounts.values():
                with suppress(OSError, ValueError):
                    found[role] = max(account.open_files(), found.get(role, OpenFiles(0, 0)))
        return found

    def _find(self) -> None:
        self._found = time.monotonic()
        with suppress(PlanError):
            there = containers(self.name)
            self._accounts = {role: self._opened(ids) for role, ids in there.items()}
            self._limits |= {role: sum(account.limit_bytes for account in accounts.values()) for role, accounts in self._accounts.items()}
            self._before = {}

    def _opened(self, ids: list[str]) -> dict[str, Account]:
        known = {container: account for accounts in self._accounts.values() for container, account in accounts.items()}
        found: dict[str, Account] = {}
        for container in ids:
            with suppress(OSError, KeyError, PlanError):
                found[container] = known.get(container) or whole_account(container)
                _ = found[container].limit_bytes
        return found

    def platform(self) -> Platform:
        """Return what was seen so far."""
        return Platform(
            cores=len(self.cores) or os.cpu_count() or 1,
            at=tuple(round(at, 3) for at, _, _ in self._rows),
            host_cpu=tuple(round(busy, 3) for _, busy, _ in self._rows),
            services=tuple(self._service(role) for role in sorted({role for _, _, row in self._rows for role in row})),
            programs=self.programs(),
        )

    def _service(self, role: str) -> Service:
        columns = list(zip(*(row.get(role, (0.0,) * 6) for _, _, row in self._rows), strict=True))
        names = ("cpu_cores", "memory_mib", "disk_read_kib", "disk_written_kib", "received_kib", "sent_kib")
        limit = round(self._limits.get(role, 0) / MIB, 1)
        found = Service(name=role, memory_limit_mib=limit, **{name: tuple(column) for name, column in zip(names, columns, strict=True)})
        if not self.count_files:
            return found
        opened = [row.get(role, OpenFiles(0, 0)) for row in self._files]
        return found.model_copy(update={"open_files": tuple(float(one.open) for one in opened), "open_files_limit": max(one.limit for one in opened)})


def _row(before: Reading, now: Reading, seconds: float) -> tuple[float, ...]:
    def rate(name: str, unit: float) -> float:
        counted = float(getattr(now, name)) - float(getattr(before, name))
        return round(max(0.0, counted / seconds / unit), 4)

    disk = rate("disk_read_bytes", KIB), rate("disk_written_bytes", KIB)
    return rate("cpu_s", 1), round(now.memory_bytes / MIB, 1), *disk, rate("received_bytes", KIB), rate("sent_bytes", KIB)


def _host(cores: tuple[int, ...] = ()) -> tuple[int, int]:
    """Return the ticks that the host's cores worked, and all of them, since it started (proc(5): user nice system idle iowait irq softirq steal).

    With ``cores`` of these alone.
    """
    wanted = {f"cpu{core}" for core in cores} or {"cpu"}
    lines = (line.split() for line in STAT.read_text(encoding="ascii").splitlines())
    counts = [sum(column) for column in zip(*(map(int, words[1:9]) for words in lines if words[0] in wanted), strict=True)]
    return sum(counts) - counts[3] - counts[4], sum(counts)
