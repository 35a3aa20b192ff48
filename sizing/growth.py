"""Month by month: how full the servers are, when they stop holding, and what gives first."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sizing.capacity import Case
from sizing.evidence import Array
from sizing.limits import memory
from sizing.network import Layout

NEVER = 10**6
CROWD = "the crowd after a mail to everyone"


@dataclass(frozen=True)
class Outlook:
    """A layout over the months of the outlook; ``capacities`` are factors of people (S,) by moment, as the horizon's content leaves them."""

    case: Case
    layout: Layout
    capacities: tuple[Array, ...]
    months: int

    @cached_property
    def load(self) -> Array:
        """Load of the worst ordinary hour over that of the horizon (S, months + 1)."""
        whole, month = self.case.workload, self.case.workload.moments[0].month
        course = whole.adoption * whole.growth
        return np.asarray(course / np.maximum(course[:, month], 1e-12)[:, None])

    @cached_property
    def reasons(self) -> dict[str, NDArray[np.bool_]]:
        """What fails, by month (S, months + 1): the load of an ordinary hour, a mail's crowd, memory, disk."""
        moments = self.case.workload.moments
        found = {"the ordinary peak": self.load > self.capacities[0][:, None]}
        for moment, capacity in zip(moments[1:], self.capacities[1:], strict=True):
            mailed = np.zeros(self.months + 1, dtype=bool)
            mailed[self.case.workload.line.mails(moment.mail, self.months)] = True
            fails = (np.maximum(self.load / np.maximum(self.load[:, moment.month], 1e-12)[:, None], 1.0) > capacity[:, None]) & mailed[None, :]
            found[CROWD] = found.get(CROWD, False) | fails
        if not self.layout.by_role:
            found |= self._room()
        return found

    def _room(self) -> dict[str, NDArray[np.bool_]]:
        values, host = self.case.values, self.layout.host
        disk, short = [], []
        for month in range(self.months + 1):
            content = self.case.content(month)
            disk.append((values["system_disk"] + content.live_gib) / host.disk_gib > values["disk_limit"])
            visits = self.case.workload.moments[0].visits * self.load[:, month]
            shares = memory(host.cores, host.memory_gib, visits, content, values)
            short.append(shares.needed > shares.total)
        return {"the disk": np.stack(disk, axis=1), "the memory": np.stack(short, axis=1)}

    def holds_but_for_mails(self, month: int) -> float:
        """Return the probability that nothing but a mail's crowd fails until the end of ``month``."""
        fails = np.any(np.stack([found for reason, found in self.reasons.items() if reason != CROWD]), axis=0)
        return float(np.mean(~fails[1:, : month + 1].any(axis=1)))

    @cached_property
    def outgrown(self) -> NDArray[np.intp]:
        """First month (S,) in which something fails; NEVER where nothing does."""
        fails = np.any(np.stack(list(self.reasons.values())), axis=0)
        return np.where(fails.any(axis=1), np.argmax(fails, axis=1), NEVER)

    def holds(self, month: int) -> float:
        """Return the probability that nothing fails until the end of ``month``; the medians' own scenario is left out."""
        return float(np.mean(self.outgrown[1:] > month))

    def outgrown_with(self, probability: float) -> int | None:
        """Return the first month by which the layout is outgrown with more than ``probability``; None where not in these months."""
        return next((month for month in range(self.months + 1) if 1 - self.holds(month) > probability), None)

    def because(self) -> str:
        """Return what fails first in most of the draws that fail; the medians' peak where none does."""
        failed = self.outgrown[1:] < NEVER
        if not failed.any():
            return "nothing in these months"
        at = np.flatnonzero(failed) + 1
        counts = {reason: int(np.sum(fails[at, self.outgrown[at]])) for reason, fails in self.reasons.items()}
        return max(counts, key=lambda reason: counts[reason])
