"""The platform on a cluster: what a deploy would change on hosts and of services, the change, whether it is in force, the record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from infra import credentials, deploy, images, live, reach
from infra.cluster import addresses, database, doors, files, folders, kept, settle, spread, verify_addresses, verify_database, verify_files
from infra.cluster.cluster import HOME
from infra.cluster.engines import Engines, engines
from infra.cluster.make_ready import Work
from infra.cluster.playing import Change, Part, play
from infra.cluster.services import door, on_cluster
from infra.deployment import Deployment
from infra.stack import ServiceChange, Services, wanted
from infra.topology import Topology
from runtime.printer import quiet

Say = Callable[[str], None]
PAGES_S: Final = 240
"""On the first deploy the wiki's and the blogs' tables are made meanwhile, while all processors are wanted."""
ANSWERS: Final = (*reach.PAGES, "403")
"""The engineer's machine may be outside the company's networks: the front door then says no, by itself; that services can serve, their health checks say."""
PLATFORM: Final = "platform.yml"
PSEUDONYMS: Final = "pseudonyms"


@dataclass(frozen=True)
class Proposal:
    """What a deploy would change: on hosts, images that are missing on them, of services, what somebody changed by hand, in words what nobody can tell yet."""

    hosts: tuple[Change, ...] = ()
    images: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    drift: tuple[live.Drift, ...] | None = ()
    first: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def empty(self) -> bool:
        """Whether everything is already as the plan says."""
        return not (self.hosts or self.images or self.services or self.drift or self.first or self.interrupted)


@dataclass(frozen=True)
class Done:
    """What a deploy changed: on hosts by Ansible, then images and services."""

    hosts: tuple[Change, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many changes."""
        return len(self.hosts) + len(self.services)


@dataclass(frozen=True)
class Platform:
    """A deploy at work on a cluster that it holds, with the deployment's folder as the managers keep it."""

    work: Work
    deployment: Deployment
    engines: Engines
    held: "Held"

    @property
    def topology(self) -> Topology:
        """The services that the cluster shall run."""
        return on_cluster(wanted(self.deployment), self.work.cluster)

    def propose(self, say: Say) -> Proposal:
        """Return what ``apply`` would change; changes nothing on hosts and of services."""
        hosts = tuple(self.work.propose())
        if not self.deployment.record():
            return Proposal(hosts, first=self._first())
        deploy.prepare(self.deployment)
        there = self._reached()
        changed = (*hosts, *play(self.work.cluster, self.work.folder, quiet, dry_run=True, part=self._part(again=False)))
        lack = spread.lacking(self._load)
        missing = tuple(f"{host}: {len(found)} images" for host, found in lack.by_host.items())
        services = there._services(say).preview(quiet)  # noqa: SLF001 - the same class
        drift = tuple(live.drift(there.deployment))
        return Proposal(changed, missing, tuple(map(str, services)), drift, interrupted=self.deployment.interrupted)

    def apply(self, proposal: Proposal, say: Say) -> Done:
        """Bring hosts, data, services and front door to what the plan says, and return what changed."""
        cluster, folder = self.work.cluster, self.work.folder
        interrupted = self.deployment.interrupted
        deploy.prepare(self.deployment)
        self.held.store(say)  # what a host learns of secrets must not be lost with us
        changed = self.work.apply(say)
        there = self._reached()
        lack = spread.bring(self._load, say)
        services = [f"brought {len(found)} images to {host}" for host, found in lack.by_host.items()]
        changed += play(cluster, folder, lambda change: say(str(change)), part=self._part(again=interrupted))
        try:
            services += there._converge(proposal.drift, say)  # noqa: SLF001 - the same class
        finally:
            self.held.store(say)
        settle.wait(there.deployment, say)
        say("waiting for the first pages")
        reach.wait_for_pages(there.deployment, PAGES_S, ANSWERS)
        return Done(tuple(changed), tuple(services))

    def verify(self) -> None:
        """Raise HostsError naming everything on hosts that is not in force as planned."""
        self.work.verify((verify_database.checks, verify_files.checks, verify_addresses.checks, spread.checks(self._load.recorded)))

    def record(self, why: str = "deploy") -> None:
        """Keep what stands now as the version in force, on the managers."""
        deploy.record(self._reached().deployment, why)
        self.work.record(services=True)
        self.held.store(quiet)

    @property
    def _load(self) -> spread.Load:
        return spread.Load(self.work.cluster, self.work.folder, self.deployment, images.of(self.deployment))

    def _reached(self) -> "Platform":
        """Return the same with the engine of a manager."""
        if self.deployment.engine:
            return self
        return replace(self, deployment=replace(self.deployment, engine=self.engines.socket(self.engines.manager())))

    def _services(self, say: Say) -> Services:
        return Services(self.deployment, say, self.topology)

    def _converge(self, by_hand: tuple[live.Drift, ...] | None, say: Say) -> list[str]:
        services = self._services(say)
        if by_hand:
            services.refresh({drift.resource for drift in by_hand})
        return [str(change) for change in services.up(lambda change: say(str(change)))]

    def _part(self, *, again: bool) -> Part:
        return Part(PLATFORM, self._variables(again=again))

    def _variables(self, *, again: bool) -> dict[str, Any]:
        cluster, secrets = self.work.cluster, credentials.ensure(self.deployment.folder)
        pseudonyms = credentials.one(self.deployment.folder, PSEUDONYMS)
        return {
            **database.variables(cluster, secrets),
            **folders.variables(cluster),
            **files.variables(cluster),
            **addresses.variables(cluster),
            **doors.variables(cluster, self.deployment, pseudonyms, again=again),
        }

    def _first(self) -> tuple[str, ...]:
        placement = self.work.cluster.placement
        members, topology = placement.hosts("database"), self.topology
        kind = "database cluster, exactly one writer" if placement.galera else "database" if len(members) == 1 else "database and its copy"
        lines = [f"make the {kind}, on {', '.join(members)}", f"make the store of files, on {', '.join(placement.hosts('files'))}"]
        lines += [f"configure the front doors, on {', '.join(placement.hosts('frontdoor'))}, found at {door(self.work.cluster)}"]
        lines += ["bring the images to every host"]
        lines += [str(ServiceChange("create", "network", short)) for short in topology.networks]
        return (*lines, *(str(ServiceChange("create", "service", service.role)) for service in topology.services))


class Held:
    """The deployment's folder as the managers keep it, and what was stored of it last."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.kept = kept.fetch(work.cluster, work.folder)

    def store(self, say: Say) -> None:
        """Keep the folder as it is now."""
        stored = kept.store(self.work.cluster, self.work.folder, self.kept)
        self.kept = stored.kept
        for without in stored.without:
            say(without)


@contextmanager
def opened(work: Work) -> Iterator[Platform]:
    """Fetch the deployment's folder from the managers, and give what a deploy works with."""
    held = Held(work)
    with engines(work.cluster, work.folder) as found:
        deployment = Deployment(work.cluster.plan, held.kept.folder, address=door(work.cluster), on_hosts=HOME / work.cluster.plan.platform.name)
        yield Platform(work, deployment, found, held)
