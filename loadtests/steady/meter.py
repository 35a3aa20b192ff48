"""What the platform does meanwhile, once a second, by the clock that the requests are timed by."""

import os
import time
from contextlib import suppress
from pathlib import Path

from pydantic import Field

from loadtests.accounting import Account, Reading, containers, whole_account
from loadtests.part import Part
from runtime.errors import PlanError

MIB = 1024 * 1024
KIB = 1024
FIND_AGAIN_S = 5.0
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


class Platform(Part):
    """The host and its services over the run."""

    cores: int
    at: tuple[float, ...] = Field(description="unix time at the end of each second")
    host_cpu: tuple[float, ...] = Field(description="share of all cores that worked, whoever for")
    services: tuple[Service, ...]

    def used(self, since: float, until: float) -> list[float]:
        """Return the share of the cores that the platform's services used, second by second, between two moments (unix time)."""
        inside = [number for number, at in enumerate(self.at) if since <= at <= until]
        return [sum(service.cpu_cores[number] for service in self.services) / self.cores for number in inside]

    def between(self, since: float, until: float) -> "Platform":
        """Return the seconds between two moments (unix time) alone."""
        inside = [number for number, at in enumerate(self.at) if since <= at <= until]

        def cut(column: tuple[float, ...]) -> tuple[float, ...]:
            return tuple(column[number] for number in inside)

        services = tuple(service.model_copy(update={name: cut(column) for name, column in service if isinstance(column, tuple)}) for service in self.services)
        return self.model_copy(update={"at": cut(self.at), "host_cpu": cut(self.host_cpu), "services": services})

    def others(self, since: float, until: float, generator: float) -> float:
        """Return the mean share of the cores that neither the platform nor the ``generator`` (cores) used, but somebody."""
        host = [busy for at, busy in zip(self.at, self.host_cpu, strict=True) if since <= at <= until]
        own = self.used(since, until)
        return max(0.0, sum(host) / len(host) - sum(own) / len(own) - generator / self.cores) if host else 0.0


class Meter:
    """Reads the kernel's accounts of all containers of a deployment."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._accounts: dict[str, dict[str, Account]] = {}
        self._rows: list[tuple[float, float, dict[str, tuple[float, ...]]]] = []
        self._limits: dict[str, int] = {}
        self._before: dict[str, Reading] = {}
        self._host = _host()
        self._at = time.time()
        self._found = 0.0
        self.sample()
        self._rows.clear()

    def sample(self) -> None:
        """Take one row: what happened since the last one."""
        now, host = time.time(), _host()
        seconds, readings = max(1e-3, now - self._at), self._read()
        row = {role: _row(self._before.get(role, reading), reading, seconds) for role, reading in readings.items()}
        busy, whole = host[0] - self._host[0], max(1, host[1] - self._host[1])
        self._rows.append((now, busy / whole, row))
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
            cores=os.cpu_count() or 1,
            at=tuple(round(at, 3) for at, _, _ in self._rows),
            host_cpu=tuple(round(busy, 3) for _, busy, _ in self._rows),
            services=tuple(self._service(role) for role in sorted({role for _, _, row in self._rows for role in row})),
        )

    def _service(self, role: str) -> Service:
        columns = list(zip(*(row.get(role, (0.0,) * 6) for _, _, row in self._rows), strict=True))
        names = ("cpu_cores", "memory_mib", "disk_read_kib", "disk_written_kib", "received_kib", "sent_kib")
        limit = round(self._limits.get(role, 0) / MIB, 1)
        return Service(name=role, memory_limit_mib=limit, **{name: tuple(column) for name, column in zip(names, columns, strict=True)})


def _row(before: Reading, now: Reading, seconds: float) -> tuple[float, ...]:
    def rate(name: str, unit: float) -> float:
        counted = float(getattr(now, name)) - float(getattr(before, name))
        return round(max(0.0, counted / seconds / unit), 4)

    disk = rate("disk_read_bytes", KIB), rate("disk_written_bytes", KIB)
    return rate("cpu_s", 1), round(now.memory_bytes / MIB, 1), *disk, rate("received_bytes", KIB), rate("sent_bytes", KIB)


def _host() -> tuple[int, int]:
    """Return the ticks that the host's cores worked, and all of them, since it started (proc(5): user nice system idle iowait irq softirq steal)."""
    counts = [int(word) for word in STAT.read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    return sum(counts) - counts[3] - counts[4], sum(counts)
