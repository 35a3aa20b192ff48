"""What the platform does meanwhile, once a second, by the clock that the requests are timed by."""

import math
import time
from collections.abc import Callable, Sequence
from statistics import fmean

from pydantic import Field

from loadtests.accounts import OpenFiles, Reading
from loadtests.part import Part
from loadtests.programs.measured import Programs
from loadtests.steady.eyes import ON, Eyes, Seen

MIB = 1024 * 1024
KIB = 1024


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
    host: str = Field(default="", description="of a cluster: where it runs; its name ends with it")


class Host(Part):
    """A host of a cluster over the run."""

    name: str
    cores: int
    machine: int = Field(description="hosts with the same number share one kernel, and its cores: a lab")
    cpu: tuple[float, ...] = Field(description="share of its cores that worked, by the seconds of ``Platform.at``; 0 where it did not say")


class Platform(Part):
    """The host and its services over the run."""

    cores: int
    at: tuple[float, ...] = Field(description="unix time at the end of each second")
    host_cpu: tuple[float, ...] = Field(description="share of all cores that worked, whoever for")
    services: tuple[Service, ...]
    hosts: tuple[Host, ...] = Field(default=(), description="of a cluster; empty: one machine")
    programs: Programs | None = Field(default=None, description="what they say of themselves; null: nothing, or by an earlier version")

    @property
    def shared(self) -> bool:
        """Whether hosts share a kernel and its cores, as in a lab: how long anything takes there says nothing of real ones."""
        return len({host.machine for host in self.hosts}) < len(self.hosts)

    def of_host(self, host: Host, since: float, until: float) -> list[float]:
        """Return the share of a host's cores that the platform's services on it used, second by second, between two moments (unix time)."""
        mine = [service for service in self.services if service.host == host.name]
        inside = [number for number, at in enumerate(self.at) if since <= at <= until]
        return [sum(service.cpu_cores[number] for service in mine) / host.cores for number in inside]

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
        hosts = tuple(host.model_copy(update={"cpu": made(host.cpu)}) for host in self.hosts)
        return self.model_copy(update={"at": made(self.at), "host_cpu": made(self.host_cpu), "services": services, "hosts": hosts})

    def others(self, since: float, until: float, generator: float) -> float:
        """Return the mean share of the cores that neither the platform nor the ``generator`` (cores) used, but somebody."""
        host = [busy for at, busy in zip(self.at, self.host_cpu, strict=True) if since <= at <= until]
        own = self.used(since, until)
        return max(0.0, sum(host) / len(host) - sum(own) / len(own) - generator / self.cores) if host else 0.0


class Meter:
    """Takes a row of everything that ``eyes`` see; with ``count_files`` open files now and then, too. ``programs`` returns what programs said so far."""

    def __init__(self, eyes: Eyes, *, count_files: bool = False, programs: Callable[[], Programs | None] = lambda: None) -> None:
        self.eyes, self.count_files, self.programs = eyes, count_files, programs
        self._rows: list[tuple[float, Seen, dict[str, tuple[float, ...]]]] = []
        self._limits: dict[str, int] = {}
        self._at = time.time()
        self._before = self._first = eyes.see(count_files=False)

    def sample(self) -> None:
        """Take one row: what happened since the last one."""
        now, seen = time.time(), self.eyes.see(count_files=self.count_files)
        seconds = max(1e-3, now - self._at)
        row = {name: _row(self._before.of(name, reading, seen), reading, seconds) for name, reading in seen.readings.items()}
        self._rows.append((now, seen.since(self._before), row))
        self._limits |= seen.limits
        self._at, self._before = now, seen.after(self._before)

    def platform(self) -> Platform:
        """Return what was seen so far."""
        machines = {machine: number for number, machine in enumerate(dict.fromkeys(one.machine for one in self._before.machines.values()), 1)}
        return Platform(
            cores=self._before.cores or self._first.cores or 1,
            at=tuple(round(at, 3) for at, _, _ in self._rows),
            host_cpu=tuple(round(seen.busy(), 3) for _, seen, _ in self._rows),
            services=tuple(self._service(name) for name in sorted({name for _, _, row in self._rows for name in row})),
            hosts=tuple(
                Host(name=name, cores=one.cores, machine=machines[one.machine], cpu=tuple(round(seen.busy(name), 3) for _, seen, _ in self._rows))
                for name, one in self._before.machines.items()
                if name
            ),
            programs=self.programs(),
        )

    def _service(self, name: str) -> Service:
        columns = list(zip(*(row.get(name, (0.0,) * 6) for _, _, row in self._rows), strict=True))
        names = ("cpu_cores", "memory_mib", "disk_read_kib", "disk_written_kib", "received_kib", "sent_kib")
        limit = round(self._limits.get(name, 0) / MIB, 1)
        found = Service(
            name=name,
            memory_limit_mib=limit,
            host=name.partition(ON)[2],
            **{column: tuple(values) for column, values in zip(names, columns, strict=True)},
        )
        if not self.count_files:
            return found
        opened = [seen.files.get(name, OpenFiles(0, 0)) for _, seen, _ in self._rows]
        return found.model_copy(update={"open_files": tuple(float(one.open) for one in opened), "open_files_limit": max(one.limit for one in opened)})


def _row(before: Reading, now: Reading, seconds: float) -> tuple[float, ...]:
    def rate(name: str, unit: float) -> float:
        counted = float(getattr(now, name)) - float(getattr(before, name))
        return round(max(0.0, counted / seconds / unit), 4)

    disk = rate("disk_read_bytes", KIB), rate("disk_written_bytes", KIB)
    return rate("cpu_s", 1), round(now.memory_bytes / MIB, 1), *disk, rate("received_bytes", KIB), rate("sent_bytes", KIB)
