"""What is asked of a cluster to know how it is, all at once: its services, what somebody changed on hosts, and what is in force there."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from docker.errors import DockerException

from infra import live
from infra.cluster import platform, settle
from infra.cluster.carry.engines import engines
from infra.cluster.parts.services import EVERYWHERE, on_cluster
from infra.cluster.playing import Change
from infra.cluster.seen import told
from infra.cluster.settle import Count
from infra.cluster.standing import Standing
from infra.cluster.verify.platform import Shortfall, shortfalls
from infra.deployment import Deployment
from infra.stack import wanted
from infra.topology import Service
from runtime.errors import PlanError
from runtime.together import together

OF_HOSTS, OF_SERVICES, IN_FORCE = "what was changed on hosts", "the services", "what is in force on hosts"
TASK: Final = "task"
ELECTION_S: Final = 10
"""A swarm that has just lost its leader has another one after this."""


@dataclass(frozen=True)
class Running:
    """Of a service: how many tasks run of how many that should, on which hosts, and what keeps the others."""

    running: int
    wanted: int
    hosts: tuple[str, ...] = ()
    said: str = ""

    @property
    def well(self) -> bool:
        """Whether all of them run."""
        return self.running >= self.wanted and not self.said


@dataclass(frozen=True)
class Looked:
    """What was found; ``unseen`` is what could not be looked at, with the reason."""

    services: Mapping[str, Running] = field(default_factory=dict)
    drift: Sequence[live.Drift] = ()
    hosts: Sequence[Change] = ()
    short: Sequence[Shortfall] = ()
    unseen: Sequence[str] = ()

    def __add__(self, other: "Looked") -> "Looked":
        """Return both."""
        return Looked(
            {**self.services, **other.services},
            [*self.drift, *other.drift],
            [*self.hosts, *other.hosts],
            [*self.short, *other.short],
            [*self.unseen, *other.unseen],
        )


def look(there: Standing) -> Looked:
    """Return what is found, whoever is lost."""
    looks = (_services, _settings, _in_force)
    found = together([functools.partial(_tried, one, there) for one in looks])
    return functools.reduce(Looked.__add__, found)


def declared(there: Standing) -> tuple[Service, ...]:
    """Return the services that shall run."""
    return on_cluster(wanted(there.deployment), there.cluster).services


def _tried(one: Callable[[Standing], Looked], there: Standing) -> Looked:
    try:
        return one(there)
    except (PlanError, DockerException, OSError) as problem:
        said = " ".join(str(problem).split())[:300]
    return Looked(unseen=[f"{_NAMES[one]}: {said}"])


def _services(there: Standing) -> Looked:
    if not (there.manager or there.most):
        return Looked(_seen_on_hosts(there), unseen=[f"{OF_SERVICES}: no manager of the swarm answers, or most of them are lost; what runs is what hosts say"])
    with _asked(there) as deployment:
        counts = settle.counts(live.engine_client(deployment.engine), deployment.name)
        drift = [one for one in live.drift(deployment) if one.kind != TASK]
        return Looked({service.role: _running(there, service, counts.get(service.role, Count(0, 0))) for service in declared(there)}, drift)


@contextmanager
def _asked(there: Standing) -> Iterator[Deployment]:
    with engines(there.cluster, there.folder) as found:
        yield replace(there.deployment, engine=found.socket(there.manager or found.manager(ELECTION_S)))


def _running(there: Standing, service: Service, count: Count) -> Running:
    """Return how a service stands; on hosts that are lost it is wanted, too, and does not run, though the swarm may not know that yet."""
    hosts = tuple(name for name in count.hosts if name not in there.cluster.lost)
    running = count.running if hosts == count.hosts else min(count.running, len(hosts))
    wanted_tasks = max(count.wanted, len(there.cluster.placement.running(service.role)) if service.role in EVERYWHERE else service.replicas)
    missing = running < wanted_tasks or (count.taken_back and there.deployment.interrupted)
    return Running(running, wanted_tasks, hosts, count.said if missing else "")


def _seen_on_hosts(there: Standing) -> dict[str, Running]:
    """Return what runs as the hosts themselves say it."""
    found = {}
    for service in declared(there):
        name = there.deployment.service(service.role)
        tasks = {host: (one.tasks or {}).get(name, 0) for host, one in there.tells.told.items()}
        wanted_tasks = len(there.cluster.placement.running(service.role)) if service.role in EVERYWHERE else service.replicas
        found[service.role] = Running(sum(tasks.values()), wanted_tasks, tuple(host for host, count in tasks.items() if count))
    return found


def _settings(there: Standing) -> Looked:
    found, unseen = told.differences(there.cluster, there.folder)
    away = [f"compared when {', '.join(sorted(there.cluster.lost))} answers again"] if there.cluster.lost else []
    return Looked(hosts=found, unseen=[f"{OF_HOSTS}: {said}" for said in (*away, *unseen)])


def _in_force(there: Standing) -> Looked:
    found = shortfalls(there.cluster, there.folder, platform.checks(there.cluster, there.folder, there.deployment))
    return Looked(short=[one for one in found if one.host not in there.cluster.lost])


_NAMES: Final[Mapping[Callable[[Standing], Looked], str]] = {_services: OF_SERVICES, _settings: OF_HOSTS, _in_force: IN_FORCE}
