"""Who looks at the kernel's accounts of a deployment's services: on this machine, or on the hosts of a cluster."""

import math
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from loadtests.accounting import containers, whole_account
from loadtests.accounts import Account, OpenFiles, Reading, ticks
from runtime.errors import PlanError

FIND_AGAIN_S = 5.0
COUNT_AGAIN_S = 10.0
ON: Final = " on "
"""Between a service's name and its host's."""


@dataclass(frozen=True)
class Machine:
    """A machine's cores, and the ticks that they worked, and all of them; ``machine`` is the same where a kernel is shared."""

    machine: str
    cores: int
    worked: int
    whole: int


@dataclass(frozen=True)
class Seen:
    """What is seen at one moment: counters of services by name, and of machines by host ("" of this one)."""

    machines: Mapping[str, Machine]
    readings: Mapping[str, Reading] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, OpenFiles] = field(default_factory=dict)
    made_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The containers and processes of each service."""

    @property
    def cores(self) -> int:
        """The cores of all machines, those of a shared kernel once."""
        return sum({one.machine: one.cores for one in self.machines.values()}.values())

    def of(self, name: str, reading: Reading, now: "Seen") -> Reading:
        """Return the reading that a later one (``reading``, of ``now``) is counted from: that one itself where other containers are counted."""
        same = self.made_of.get(name) == now.made_of.get(name)
        return self.readings.get(name, reading) if same else reading

    def since(self, before: "Seen") -> "Seen":
        """Return the same with what machines did since ``before``; who did not say anything in between did nothing."""
        return replace(self, machines={name: _since(before.machines.get(name, one), one) for name, one in self.machines.items()})

    def after(self, before: "Seen") -> "Seen":
        """Return the same with what ``before`` had of machines that do not say anything now."""
        return replace(self, machines={**before.machines, **self.machines})

    def busy(self, host: str | None = None) -> float:
        """Return the share of the cores that worked: of ``host``, or of all."""
        mine = [one for name, one in self.machines.items() if host in {None, name}]
        each = {one.machine: one for one in mine}.values()
        whole = sum(one.whole for one in each)
        return sum(one.worked for one in each) / whole if whole else 0.0


def _since(before: Machine, now: Machine) -> Machine:
    return replace(now, worked=max(0, now.worked - before.worked), whole=max(0, now.whole - before.whole))


class Eyes(Protocol):
    """Whoever looks."""

    def see(self, *, count_files: bool) -> Seen:
        """Return what there is now."""

    def close(self) -> None:
        """Look no more."""


class Here:
    """Looks at the containers of the deployment ``name`` on this machine. ``cores`` are those that it is kept to; none: all."""

    def __init__(self, name: str, cores: tuple[int, ...] = ()) -> None:
        self.name, self.cores = name, cores
        self._accounts: dict[str, dict[str, Account]] = {}
        self._limits: dict[str, int] = {}
        self._files: dict[str, OpenFiles] = {}
        self._counted = -math.inf
        self._found = 0.0

    def see(self, *, count_files: bool) -> Seen:
        """Return what there is now, replicas together; containers that ended are looked for anew, now and then."""
        readings: dict[str, Reading] = {}
        lost, made_of = not self._accounts, {role: frozenset(accounts) for role, accounts in self._accounts.items()}
        for role, accounts in self._accounts.items():
            for account in accounts.values():
                try:
                    reading = account.read()
                except (OSError, ValueError):
                    lost = True
                    continue
                readings[role] = readings[role].plus(reading) if role in readings else reading
        if count_files:
            self._count()
        seen = Seen({"": self._machine()}, readings, dict(self._limits), dict(self._files) if count_files else {}, made_of)
        if lost and time.monotonic() - self._found > FIND_AGAIN_S:
            self.find()
        return seen

    def close(self) -> None:
        """Nothing is open."""

    def _machine(self) -> Machine:
        return Machine("", len(self.cores) or os.cpu_count() or 1, *ticks(self.cores))

    def _count(self) -> None:
        """Count the open files of each service anew, every few seconds."""
        if time.monotonic() - self._counted < COUNT_AGAIN_S:
            return
        self._counted = time.monotonic()
        self._files = {}
        for role, accounts in self._accounts.items():
            for account in accounts.values():
                with suppress(OSError, ValueError):
                    self._files[role] = max(account.open_files(), self._files.get(role, OpenFiles(0, 0)))

    def find(self) -> None:
        """Look which containers there are."""
        self._found = time.monotonic()
        with suppress(PlanError):
            there = containers(self.name)
            self._accounts = {role: self._opened(ids) for role, ids in there.items()}
            self._limits |= {role: sum(account.limit_bytes for account in accounts.values()) for role, accounts in self._accounts.items()}

    def _opened(self, ids: list[str]) -> dict[str, Account]:
        known = {container: account for accounts in self._accounts.values() for container, account in accounts.items()}
        found: dict[str, Account] = {}
        for container in ids:
            with suppress(OSError, KeyError, PlanError):
                found[container] = known.get(container) or whole_account(container)
                _ = found[container].limit_bytes
        return found
