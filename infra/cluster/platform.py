"""The platform on a cluster: what a deploy would change on hosts and of services, the change, whether it is in force, the record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from infra import backend, credentials, deploy, history, images, live, reach, standin
from infra.cluster import certificate, settle
from infra.cluster.carry import kept, spread
from infra.cluster.carry.engines import Engines, engines
from infra.cluster.cluster import Cluster
from infra.cluster.keep.restoring import ended, refuse_half
from infra.cluster.make_ready import Work
from infra.cluster.parts import addresses, database, doors, files, folders, metrics, schedule
from infra.cluster.parts.services import door, on_cluster
from infra.cluster.playing import Change, Part, play
from infra.cluster.seen import told
from infra.cluster.standin import Doors
from infra.cluster.upgrade import renewal
from infra.cluster.upgrade.switches import switches
from infra.cluster.verify import addresses as verify_addresses
from infra.cluster.verify import database as verify_database
from infra.cluster.verify import files as verify_files
from infra.cluster.verify import metrics as verify_metrics
from infra.cluster.verify import schedule as verify_schedule
from infra.cluster.verify import services as verify_services
from infra.cluster.verify.platform import Check
from infra.deployment import Deployment
from infra.inventory.check import check
from infra.inventory.model import Inventory
from infra.keep import bucket
from infra.stack import ServiceChange, Services, wanted
from infra.topology import Topology
from infra.upgrade import writes
from runtime.errors import PlanError
from runtime.printer import quiet
from sizing.plan import Plan

Say = Callable[[str], None]
PAGES_S: Final = 240
"""On the first deploy the wiki's and the blogs' tables are made meanwhile, while all processors are wanted."""
ANSWERS: Final = (*reach.PAGES, "403")
"""The engineer's machine may be outside the company's networks: the front door then says no, by itself. Each service is asked (``verify``)."""
PLATFORM: Final = "platform.yml"
PSEUDONYMS: Final = "pseudonyms"
NOT_COPIED: Final = (
    "the binary log of a cluster is not copied to {place} (infrastructure.backup.changes_to) by this version: "
    "what is lost with all hosts reaches back to the last backup"
)


@dataclass(frozen=True)
class Proposal:
    """What a deploy would change: on hosts, images that are missing on them, of services, what somebody changed by hand, in words what nobody can tell yet."""

    hosts: tuple[Change, ...] = ()
    images: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    drift: tuple[live.Drift, ...] = ()
    first: tuple[str, ...] = ()
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    front_door: bool = False

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
    """A deploy at work on a cluster that it holds, with the deployment's folder as the managers keep it.

    ``interrupted``: the last deploy did not come to its end.
    """

    work: Work
    deployment: Deployment
    engines: Engines
    held: "Held"
    interrupted: bool = False

    @property
    def topology(self) -> Topology:
        """The services that the cluster shall run."""
        return on_cluster(wanted(self.deployment), self.work.cluster)

    def propose(self, say: Say) -> Proposal:
        """Return what ``apply`` would change; changes nothing on hosts and of services.

        Where something was deployed, or begun, hosts and services are asked; before that there is nothing to compare with.
        """
        refuse_half(self.deployment.folder)
        self.refuse_state(say)
        found = self._compared(say)
        changes = self.work.cluster.plan.platform.backup.changes_to
        return replace(found, notes=(*found.notes, NOT_COPIED.format(place=changes))) if changes else found

    def _compared(self, say: Say) -> Proposal:
        hosts = tuple(self.work.propose())
        known = bool(self.deployment.record())
        if not (known or self.interrupted or self._was_removed):
            return Proposal(hosts, first=self._first())
        deploy.furnish(self.deployment)
        changed = (*hosts, *play(self.work.cluster, self.work.folder, quiet, dry_run=True, part=self._part(again=False)))
        changed = changed or tuple(told.stale(self.work.cluster, self.work.folder))
        there = self.reached() if known else self._reached_if_there()
        if there is None:
            return Proposal(changed, first=self._first_services(), interrupted=self.interrupted)
        lack = spread.lacking(self.load)
        missing = tuple(f"{host}: {len(found)} images" for host, found in lack.by_host.items())
        services = there.compare_services(say)
        drift = tuple(live.drift(there.deployment)) if known else ()
        replaced = standin.replaced(services, drift)
        notes = (standin.said(possible=there.doors.possible()),) if replaced else ()
        return Proposal(changed, missing, (*self._moving, *map(str, services)), drift, interrupted=self.interrupted, notes=notes, front_door=replaced)

    def compare_services(self, say: Say) -> list[ServiceChange]:
        """Return what Pulumi would change; of services that the swarm took back, what runs is read first: the state says what was meant."""
        services = self.services(say)
        counts = settle.counts(live.engine_client(self.deployment.engine), self.deployment.name)
        if back := {role for role, count in counts.items() if count.taken_back}:
            services.refresh(back)
        return services.preview(quiet)

    def apply(self, proposal: Proposal, say: Say) -> Done:
        """Bring hosts, data, services and front door to what the plan says, and return what changed."""
        cluster, folder = self.work.cluster, self.work.folder
        deploy.prepare(self.deployment)
        part = self._part(again=self.interrupted)
        self.held.store(say)  # what a host learns of secrets must not be lost with us
        self._move(say)
        changed = self.work.apply(say)
        there = self.reached()

        def data() -> None:
            changed.extend(play(cluster, folder, lambda change: say(str(change)), part=part))

        if proposal.first:
            lack = spread.bring(self.load, say, beside=data)
        else:  # people are served by the same processors
            lack = spread.bring(self.load, say)
            data()
        services = [f"brought {len(found)} images to {host}" for host, found in lack.by_host.items()]
        with there.covered(proposal, say):
            services += there.serve(proposal.drift, say)
            certificate.obtain(cluster, folder, self.deployment, say)
            say("waiting for the first pages")
            reach.wait_for_pages(there.deployment, PAGES_S, ANSWERS)
        return Done(tuple(changed), tuple(services))

    def services_anew(self, why: str, say: Say) -> None:
        """Bring the services alone to what the deployment's folder says now (other secrets), and keep that as the version in force."""
        deploy.prepare(self.deployment)
        self.held.store(say)
        there = self.reached()
        there.serve((), say)
        there.record(why)

    def serve(self, by_hand: tuple[live.Drift, ...], say: Say) -> list[str]:
        """Bring the services, of a platform that has the engine of a manager, to what they shall be; return what changed when all run."""
        before = settle.counts(live.engine_client(self.deployment.engine), self.deployment.name)
        with self.held.stored_after(say):
            changed = deploy.converge_services(self.services(say), by_hand, say)
        settle.wait(self.deployment, say, before=before)
        return changed

    def verify(self) -> None:
        """Raise HostsError naming everything on hosts that is not in force as planned."""
        self.work.verify(checks(self.work.cluster, self.work.folder, self.deployment))

    def record(self, why: str = "deploy", *, passed: bool = False, upgrading: bool = False) -> None:
        """Keep what stands now as the version in force, on the managers; ``passed``: a smoke test has passed this version before.

        An upgrade that has not ended is over with it, but where this is a step of it (``upgrading``).
        """
        deploy.prepare(self.deployment)
        if self.deployment.plan.platform.backup.to.startswith("s3:"):
            bucket.keep(self.deployment.folder / "secrets")
        deploy.record(self.reached().deployment, why)
        if passed:
            history.judge(self.deployment, "passed")
        ended(self.deployment.folder)
        if not upgrading:
            self.end_upgrade()
        self.held.store(quiet)
        self.work.record(services=True)
        spread.tidy(self.load, quiet)

    def end_upgrade(self, *reasons: str) -> None:
        """Let people write again where an upgrade keeps them from it, and forget it; the folder is to be stored. ``reasons``: why it was dropped.

        That nothing is left to take back is with the managers before the first may write.
        """
        if renewal.refusing(self.deployment.folder):
            renewal.over(self.deployment.folder, reasons)
            self.held.store(quiet)
            writes.allow(switches(self.work.cluster, self.work.folder, self.deployment))
        renewal.ended(self.deployment.folder)

    @property
    def load(self) -> spread.Load:
        """The images, as they are brought to hosts."""
        return spread.Load(self.work.cluster, self.work.folder, self.deployment, images.of(self.deployment))

    @property
    def _was_removed(self) -> bool:
        return (self.deployment.folder / deploy.REMOVED).exists()

    def reached(self) -> "Platform":
        """Return the same with the engine of a manager; raises PlanError where none answers."""
        if self.deployment.engine:
            return self
        return replace(self, deployment=replace(self.deployment, engine=self.engines.socket(self.engines.manager())))

    def toward(self, cluster: Cluster, deployment: Deployment) -> "Platform":
        """Return the same for another plan: the hosts as it divides them, and the deployment as it shall be."""
        self.held.work = Work(cluster, self.work.folder)
        return replace(self, work=self.held.work, deployment=replace(deployment, engine=""))

    @property
    def doors(self) -> Doors:
        """The front doors, of a platform that has the engine of a manager."""
        return Doors(self.work.cluster, self.work.folder, self.engines, self.deployment)

    @contextmanager
    def covered(self, proposal: Proposal, say: Say) -> Iterator[None]:
        """Let stand-ins take new connections while front doors are replaced; those that a killed deploy left go in any case."""
        if proposal.front_door:
            with self.doors.covered(images.wanted(self.deployment)[standin.ROLE], say):
                yield
        else:
            yield
            self.doors.clear()

    def services(self, say: Say) -> Services:
        """Return the services as Pulumi sees them."""
        return Services(self.deployment, say, self.topology)

    def refuse_state(self, say: Say) -> None:
        """Raise PlanError where the company's backend that has the state, or shall have it, cannot be used: before anything is changed."""
        for place in dict.fromkeys((backend.company(self.deployment.folder), self._state)):
            if place:
                deploy.furnish(self.deployment)
                self.services(say).refuse_unusable(place)

    @property
    def _state(self) -> str:
        """The company's backend that shall have the state; "": the managers."""
        return self.work.cluster.inventory.state.backend or ""

    @property
    def _moving(self) -> tuple[str, ...]:
        """What becomes of the state where it is not at the place that the inventory names, as a line for a person; nothing where it is there."""
        place = backend.company(self.deployment.folder)
        return () if place == self._state else (f"move the state of the services from {backend.named(place)} to {backend.named(self._state)}",)

    def _move(self, say: Say) -> None:
        for line in self._moving:
            say(line)
            self.services(say).move(self._state, lambda: self.held.store(quiet))
            self.held.store(say)

    def _reached_if_there(self) -> "Platform | None":
        """Return the same where a swarm is there already; a first deploy may have ended before."""
        with suppress(PlanError):
            return replace(self, deployment=replace(self.deployment, engine=self.engines.socket(self.engines.manager(patience_s=0))))
        return None

    def _part(self, *, again: bool) -> Part:
        return part(self.work.cluster, self.deployment, again=again)

    def _first(self) -> tuple[str, ...]:
        placement = self.work.cluster.placement
        members = placement.hosts("database")
        kind = "database cluster, exactly one writer" if placement.galera else "database" if len(members) == 1 else "database and its copy"
        lines = [f"make the {kind}, on {', '.join(members)}", f"make the store of files, on {', '.join(placement.hosts('files'))}"]
        lines += [f"configure the front doors, on {', '.join(placement.hosts('frontdoor'))}, found at {door(self.work.cluster)}"]
        return (*lines, *self._moving, *self._first_services())

    def _first_services(self) -> tuple[str, ...]:
        topology = self.topology
        networks = [str(ServiceChange("create", "network", short)) for short in topology.networks]
        return ("bring the images to every host", *networks, *(str(ServiceChange("create", "service", service.role)) for service in topology.services))


def part(cluster: Cluster, deployment: Deployment, *, again: bool) -> Part:
    """Return what of data and front doors Ansible brings to what it shall be; secrets that are missing are made in the deployment's folder."""
    secrets = credentials.ensure(deployment.folder)
    pseudonyms = credentials.one(deployment.folder, PSEUDONYMS)
    variables = {
        **database.variables(cluster, secrets),
        **folders.variables(cluster),
        **files.variables(cluster),
        **addresses.variables(cluster),
        **metrics.variables(cluster),
        **schedule.variables(cluster),
        **doors.variables(cluster, deployment, pseudonyms, again=again),
    }
    return Part(PLATFORM, variables)


def checks(cluster: Cluster, folder: Path, deployment: Deployment) -> tuple[Check, ...]:
    """Return what is asked of hosts with a platform, beside what every host is asked."""
    load = spread.Load(cluster, folder, deployment, images.of(deployment))
    passwords = verify_database.passwords(credentials.ensure(deployment.folder))
    return (
        verify_database.checks,
        passwords,
        verify_files.checks,
        verify_addresses.checks,
        verify_metrics.checks,
        verify_schedule.checks,
        verify_services.checks,
        spread.checks(load.recorded),
    )


def checked(inventory: Inventory, plan: Plan, name: str) -> Cluster:
    """Return the cluster that the hosts of ``inventory`` shall be, each looked at; raises InventoryError with everything that must be mended."""
    found = check(inventory, plan, name)
    found.refuse()
    if found.placement is None:  # pragma: no cover - there is a plan
        raise AssertionError
    return Cluster(plan, inventory, found.placement)


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
    def stored_after(self, say: Say) -> Iterator[None]:
        """Keep the folder after what is done here, also where that fails, and then say that rather than what kept it from being kept."""
        if backend.begin(self.kept.folder):
            self.store(say)
        try:
            yield
        except BaseException:  # a lock may be left: the note that it would be ours stays
            with suppress(PlanError):
                self.store(say)
            raise
        backend.end(self.kept.folder)
        self.store(say)


@contextmanager
def opened(work: Work) -> Iterator[Platform]:
    """Fetch the deployment's folder from the managers, and give what a deploy works with."""
    held = Held(work)
    with engines(work.cluster, work.folder) as found:
        deployment = of(work.cluster, held.kept.folder)
        yield Platform(work, deployment, found, held, deployment.interrupted)


def of(cluster: Cluster, folder: Path) -> Deployment:
    """Return the deployment on a cluster whose folder was fetched into ``folder``."""
    return Deployment(cluster.plan, folder, address=door(cluster), on_hosts=folders.folder(cluster))
