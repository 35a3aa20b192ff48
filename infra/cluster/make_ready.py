"""Make the hosts of a cluster ready: what would change, the change, whether it is in force, the record."""

import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.cluster import record
from infra.cluster.claim import claim
from infra.cluster.cluster import Cluster
from infra.cluster.playing import Change, HostsError, play
from infra.cluster.session import hang_up
from infra.cluster.verify.platform import Check, Shortfall, shortfalls
from infra.inventory.connect import Reach
from runtime.errors import PlanError
from runtime.printer import quiet
from runtime.together import together

Say = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """A deploy at work on a cluster that it holds; ``folder`` is private to it."""

    cluster: Cluster
    folder: Path

    def propose(self) -> list[Change]:
        """Return what ``apply`` would change; changes nothing."""
        return play(self.cluster, self.folder, quiet, dry_run=True)

    def apply(self, say: Say) -> list[Change]:
        """Bring the hosts to what the cluster shall be; return what changed."""
        return play(self.cluster, self.folder, lambda change: say(str(change)))

    def verify(self, more: Sequence[Check] = ()) -> None:
        """Raise HostsError naming everything that is not in force as planned; ``more`` is asked of every host, too."""
        if found := shortfalls(self.cluster, self.folder, more):
            raise HostsError(tuple(_problem(one) for one in found))

    def record(self, *, services: bool | None = None) -> bool:
        """Write down on the managers what stands, whether services run too (None: as before); return whether that was news."""
        managers = {name: self.cluster.reach[name] for name in self.cluster.managers}
        before = record.read(managers, self.folder)
        return record.write(self.cluster, self.folder, before, services=bool(before.get("services")) if services is None else services)


@contextmanager
def at_work(cluster: Cluster) -> Iterator[Work]:
    """Hold the cluster and a private folder; connections end with it."""
    with private(cluster.reach) as folder, claim(cluster):
        yield Work(cluster, folder)


@contextmanager
def private(reaches: Mapping[str, Reach]) -> Iterator[Path]:
    """Give a private folder with a short path, where connections to hosts lie; they end with it."""
    folder = Path(tempfile.mkdtemp(prefix="underdesk-"))
    try:
        yield folder
    finally:
        together([functools.partial(hang_up, reach, folder) for reach in reaches.values()])
        shutil.rmtree(folder, ignore_errors=True)


def by_host(cluster: Cluster, changes: Sequence[Change]) -> dict[str, list[str]]:
    """Return the lines of ``changes`` for each host that has any, in the order of the inventory; each line once."""
    lines = {name: list(dict.fromkeys(line for change in changes if change.host == name for line in change.lines)) for name in cluster.reach}
    return {name: said for name, said in lines.items() if said}


def parted(lines: Mapping[str, Sequence[str]], hosts: int) -> tuple[list[str], dict[str, list[str]]]:
    """Return the lines that every one of ``hosts`` hosts has, and what each has beside them."""
    if len(lines) < hosts or hosts == 1:
        return [], {name: list(said) for name, said in lines.items()}
    every = [line for line in next(iter(lines.values())) if all(line in said for said in lines.values())]
    rest = {name: [line for line in said if line not in every] for name, said in lines.items()}
    return every, {name: said for name, said in rest.items() if said}


def alike(lines: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the same lines with hosts that have equal ones named together."""
    together_at: dict[tuple[str, ...], list[str]] = {}
    for name, said in lines.items():
        together_at.setdefault(tuple(said), []).append(name)
    return {", ".join(names): list(said) for said, names in together_at.items()}


def _problem(one: Shortfall) -> PlanError:
    return PlanError(one.said, where=one.host, hint="see what changed it, then run the same command again")
