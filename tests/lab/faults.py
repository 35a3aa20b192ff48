"""Faults of a cluster that serves in a lab: one host at a time, by role, killed or cut off; what people saw, and what of theirs was lost."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.lab.cluster import wait_for
from tests.lab.serving import Crowd, ServingLab
from tests.lab.witness import at_once_s, watch, wrote

WELL_S, ALL_BACK_S = 400, 300
AFTER = 10
"""Posts and pages that come before a fault is mended, and before it counts as over."""
THEIRS = re.compile(r"\b50[0-9]\b")
COMPLAINTS = r"""for one in $(docker ps --all --quiet --filter label=com.docker.swarm.service.name); do
    name=$(docker inspect --format '{{{{.Name}}}}' $one)
    docker logs --since {since:.0f} $one 2>&1 | grep -E '"status":50[0-9]|\[(warn|error|crit|alert|emerg)\]' | tail -n {most} | sed "s|^|$name: |"
done"""
MOST = 12
"""Lines of each container."""
Mend = Callable[[], str]


@dataclass(frozen=True)
class Outcome:
    """What a fault did: longest time without a page and without an acknowledged post, seconds until all is whole again, posts acknowledged and lost."""

    fault: str
    host: str
    no_page_s: float
    no_post_s: float
    whole_s: float
    failed_reads: int
    failed_writes: int
    acknowledged: int
    lost: tuple[str, ...]
    writers: tuple[str, ...] = ()
    """The members that committed, one after the other."""
    at_once_s: float = 0.0
    """For how long two of them surely did at once."""
    had: tuple[str, ...] = ()
    """What the host had of what there is once only: the address that people come to, the member that is written to."""
    reads_fail_s: float = 0.0
    """From the first page that failed to the first after the last that did: others may have come between."""
    whys: Mapping[str, int] = field(default_factory=dict)
    """Why pages and posts failed, and how many."""
    complained: tuple[str, ...] = ()
    """What caches and web servers wrote of it, where somebody was answered with an error of theirs."""

    def __str__(self) -> str:
        people = f"no page for {self.no_page_s:.1f} s, no post for {self.no_post_s:.1f} s at most ({self.failed_reads} and {self.failed_writes} tries failed"
        people += f", pages within {self.reads_fail_s:.1f} s: {', '.join(f'{why} {count}' for why, count in self.whys.items()) or 'none'})"
        kept = f"{self.acknowledged} posts acknowledged, {len(self.lost)} lost, written to {' and then '.join(self.writers)}"
        said = "".join(f"\n    {line}" for line in self.complained)
        return f"{self.fault} ({' and '.join((self.host, *self.had))}): {people}; whole {self.whole_s:.0f} s after it was mended; {kept}{said}"


@dataclass(frozen=True)
class Strike:
    """A fault that was done to a host: people came from ``since`` on (Unix time, s), it struck at ``began`` (s, as the tries of people)."""

    fault: str
    host: str
    since: float
    began: float
    had: tuple[str, ...] = ()


def _killed(cluster: ServingLab, host: str) -> Mend:
    cluster.lab("kill", host)
    return lambda: cluster.lab("start", host)


def _cut(*how: str) -> "Does":
    def does(cluster: ServingLab, host: str) -> Mend:
        cluster.lab("cut", host, *how)
        return lambda: cluster.lab("heal", host)

    return does


Does = Callable[[ServingLab, str], Mend]
FAULTS: dict[str, tuple[Literal["door", "writer", "other"], Does]] = {
    "the front door's host is killed": ("door", _killed),
    "the front door's host is cut off": ("door", _cut()),
    "the writer's host is killed": ("writer", _killed),
    "the writer's host is cut off": ("writer", _cut()),
    "the writer's host hears nothing": ("writer", _cut("--one-way", "in")),
    "the writer's host is not heard": ("writer", _cut("--one-way", "out")),
    "another host is killed": ("other", _killed),
}


def suffer(cluster: ServingLab, fault: str, folder: Path, strikes: str = "") -> Outcome:
    """Let people read and write, do the fault, mend it when they go on, and return what it did when all is whole again.

    ``strikes`` is the host, where it is not the one that the fault names.
    """
    where, does = FAULTS[fault]
    wait_for(lambda: well(cluster), WELL_S, f"the cluster is not well before: {fault}")
    watch(cluster)
    since = time.time()
    with Crowd(cluster.site, folder, f"fault {uuid.uuid4().hex[:8]}") as crowd:
        host = strikes or struck(cluster, where)
        had = tuple(what for what, who in (("address", cluster.holder()), ("writer", cluster.writer())) if who == host)
        began = time.monotonic()
        mend = does(cluster, host)
        try:
            crowd.wait_for(AFTER)
        finally:
            mended = time.monotonic()
            mend()
        wait_for(lambda: well(cluster), WELL_S, f"the cluster is not well after: {fault}")
        whole = time.monotonic() - mended
        crowd.wait_for(AFTER)
    return _outcome(cluster, crowd, Strike(fault, host, since, began, had), whole)


def all_gone(cluster: ServingLab, folder: Path, first: Callable[[], None] = lambda: None) -> tuple[float, Outcome]:
    """Kill every host at once and switch them on again; return the seconds until people read and write, and what it did.

    ``first`` is what happens to them at that moment, before.
    """
    wait_for(lambda: well(cluster), WELL_S, "the cluster is not well before all hosts are killed")
    watch(cluster)
    since = time.time()
    with Crowd(cluster.site, folder, f"all {uuid.uuid4().hex[:8]}") as crowd:
        began = time.monotonic()
        first()
        cluster.lab("kill", "--all")
        on = time.monotonic()
        cluster.lab("start")
        crowd.wait_for(AFTER, ALL_BACK_S)
        seconds = time.monotonic() - on
        wait_for(lambda: well(cluster), WELL_S, "the cluster is not well after all hosts were killed")
        whole = time.monotonic() - on
    return seconds, _outcome(cluster, crowd, Strike("all hosts are killed at once", "all", since, began), whole)


def _outcome(cluster: ServingLab, crowd: Crowd, strike: Strike, whole_s: float) -> Outcome:
    reads, writes, lost = crowd.reads, crowd.writes, tuple(sorted(crowd.lost()))
    found = wrote(cluster, strike.since)
    whys = {f"{what} {why}": count for what, seen in (("page", reads), ("post", writes)) for why, count in seen.whys.items()}
    return Outcome(
        strike.fault,
        strike.host,
        no_page_s=reads.longest_s(strike.began),
        no_post_s=writes.longest_s(strike.began),
        whole_s=whole_s,
        failed_reads=reads.failures,
        failed_writes=writes.failures,
        acknowledged=len(crowd.acknowledged),
        lost=lost,
        writers=tuple(one.member for one in found),
        at_once_s=at_once_s(found),
        had=strike.had,
        reads_fail_s=reads.failed_s(strike.began),
        whys=whys,
        complained=complaints(cluster, strike.since) if any(map(THEIRS.search, whys)) else (),
    )


def complaints(cluster: ServingLab, since: float) -> tuple[str, ...]:
    """Return the last that each container of each host wrote of answers that it could not give since ``since`` (Unix time, s), also of those that ended."""
    script = COMPLAINTS.format(since=since, most=MOST)
    return tuple(f"{host} {line[:400]}" for host in cluster.hosts for line in cluster.role(host, script).splitlines())


def struck(cluster: ServingLab, where: Literal["door", "writer", "other"]) -> str:
    """Return the host that a fault strikes."""
    if where == "door":
        return cluster.holder()
    if where == "writer":
        return cluster.writer()
    busy = {cluster.holder(), cluster.writer()}
    return next(host for host in reversed(cluster.hosts) if host not in busy)


def well(cluster: ServingLab) -> bool:
    """Tell whether every member of a cluster of databases has everything, every task runs and every host is a node that is up."""
    for host in cluster.cluster.placement.hosts("database"):
        if cluster.cluster.placement.galera and not cluster.synced(host):
            return False
    manager = cluster.cluster.managers[0]
    tasks = cluster.role(manager, "docker service ls --format '{{.Replicas}}'").split()
    nodes = cluster.role(manager, "docker node ls --format '{{.Status}}'").split()
    return nodes == ["Ready"] * len(cluster.hosts) and bool(tasks) and all(_all_run(one) for one in tasks)


def _all_run(replicas: str) -> bool:
    running, _, wanted = replicas.partition("/")
    return running == wanted
