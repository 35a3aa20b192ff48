"""Propose, apply, record and remove a deployment: what joins Ansible's part and Pulumi's."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra import acme, certificates, credentials, history, hosts, images, live, standin, version
from infra.deployment import ROOT, Deployment
from infra.keep.let_in import let_in
from infra.reach import wait_for_pages
from infra.stack import ServiceChange, Services, wanted
from runtime import files
from runtime.errors import PlanError
from runtime.printer import quiet

SCHEMA_VERSION = 1
REMOVED = "plan.removed.json"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Proposal:
    """What a deploy would change: on the host, of the services, and what differs from the last deploy (None: nobody can tell)."""

    host: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    drift: tuple[live.Drift, ...] | None = None
    notes: tuple[str, ...] = ()
    front_door: bool = False

    @property
    def empty(self) -> bool:
        """Whether everything is already as the plan says."""
        return not (self.host or self.services or self.drift)


def propose(deployment: Deployment, say: Say) -> Proposal:
    """Return what ``apply`` would change; changes nothing.

    After a first deploy Ansible and Pulumi are asked themselves; before, there is nothing to compare with.
    """
    if not deployment.record():
        return Proposal(_first_host(deployment), _first_services(deployment))
    if not live.engine_answers():
        return Proposal(("start the container engine, which does not answer; everything else is compared then",))
    changed = tuple(live.drift(deployment))
    host = (
        _certificate(deployment)
        + _missing_images(deployment)
        + tuple(str(change) for change in hosts.converge(deployment, quiet, dry_run=True, again=deployment.interrupted))
    )
    changes = Services(deployment, say).preview(quiet)
    replaced = standin.replaced(changes, changed)
    notes = (standin.announcement(),) if replaced else ()
    return Proposal(host, tuple(str(change) for change in changes), changed, notes, front_door=replaced)


def apply(deployment: Deployment, proposal: Proposal, say: Say, why: str = "deploy") -> list[str]:
    """Bring host and services to what the plan says, wait for the first pages, record; return what changed.

    ``why`` stands in the history of versions.
    Raises PlanError where something that was changed by hand stays as it is: it must not become what counts as deployed.
    """
    interrupted = deployment.interrupted
    let_in(deployment, say)
    prepare(deployment)
    changed = [str(change) for change in hosts.converge(deployment, say, again=interrupted)]
    with _front_door_covered(deployment, proposal, say):
        changed += converge_services(Services(deployment, say), proposal.drift, say)
        acme.obtain(deployment, say)
        say("waiting for the first pages")
        wait_for_pages(deployment)
    if proposal.drift and not interrupted:  # what an interrupted deploy made differs from the record, too
        _all_mended(deployment, proposal.drift)
    record(deployment, why)
    return changed


def acknowledge(deployment: Deployment) -> None:
    """Record that ``deployment`` stands as its plan says, where a proposal found nothing to change: both tools were asked a moment ago."""
    prepare(deployment)
    wait_for_pages(deployment)
    record(deployment)


@contextmanager
def _front_door_covered(deployment: Deployment, proposal: Proposal, say: Say) -> Iterator[None]:
    """Let a stand-in take new connections while the front door is replaced; one that a killed deploy left goes in any case."""
    if proposal.front_door:
        with standin.standing_in(deployment, images.wanted(deployment)[standin.ROLE], say):
            yield
    else:
        yield
        standin.clear(deployment)


def _all_mended(deployment: Deployment, by_hand: tuple[live.Drift, ...]) -> None:
    now = live.drift(deployment)
    left = [drift for drift in by_hand if drift in now and drift.kind not in live.PASSING]
    if left:
        raise PlanError(
            f"was changed by hand and cannot be mended from here: {'; '.join(map(str, left))}",
            where=deployment.name,
            hint="undo it by hand (a service may simply be removed: 'docker service rm NAME'), then run 'plan deploy' again",
        )


def prepare(deployment: Deployment) -> None:
    """Make the folder, secrets and certificate of ``deployment``, and note the plan that is applied."""
    deployment.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    files.write(deployment.pending_file, deployment.plan.model_dump_json(indent=1))
    if deployment.to:
        version.write(deployment.folder, deployment.to)
    furnish(deployment)


def furnish(deployment: Deployment) -> None:
    """Make what is missing of secrets and certificate."""
    credentials.ensure(deployment.folder)
    credentials.passphrase_file(deployment.folder)
    certificates.ensure(deployment.folder, deployment.plan.platform)


def converge_services(services: Services, by_hand: tuple[live.Drift, ...] | None, say: Say) -> list[str]:
    """Run Pulumi; what was changed by hand is read into its state first, so that it is mended.

    Where nobody can tell what was changed (None), all of it is read.
    """
    if by_hand is None or by_hand:
        services.refresh({drift.resource for drift in by_hand or ()})
    return [str(change) for change in services.up(lambda change: say(str(change)))]


def record(deployment: Deployment, why: str = "deploy") -> None:
    """Write what stands now, for ``plan status`` and the next deploy, and keep it as a version to go back to."""
    content = {
        "schema": {"version": SCHEMA_VERSION},
        "name": deployment.name,
        "plan_digest": deployment.plan.inputs.digest,
        "applied_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "address": deployment.address,
        "urls": deployment.urls,
        "images": images.wanted(deployment),
        "packages": deployment.packages.model_dump(by_alias=True),
        "live": live.snapshot(deployment),
    }
    text = json.dumps(content, indent=1)
    files.write(deployment.folder / "deployment.json", text, files.PRIVATE)
    history.keep(deployment, why, text)
    deployment.pending_file.replace(deployment.folder / "plan.json")


def destroy(deployment: Deployment, say: Say) -> None:
    """Remove services, networks, secrets and host entries; data, secrets' files and certificates stay."""
    standin.clear(deployment)
    Services(deployment, say).destroy(lambda change: say(str(change)))
    hosts.remove(deployment, say)
    forget(deployment)


def forget(deployment: Deployment) -> None:
    """Note that ``deployment`` was removed: nothing is in force any more, what its data needs stays."""
    (deployment.folder / "deployment.json").unlink(missing_ok=True)
    files.write(deployment.folder / REMOVED, deployment.plan.model_dump_json(indent=1))
    for plan in (deployment.folder / "plan.json", deployment.pending_file):
        plan.unlink(missing_ok=True)


def has_left_data(name: str) -> bool:
    """Tell whether a destroyed deployment's data is still here, or half deleted."""
    return (ROOT / name / REMOVED).exists() or _doomed(name).exists()


def delete_data(name: str) -> None:
    """Delete the folder of a deployment that was destroyed: data, secrets, state. Moved away first, so that no half of it counts as one."""
    if has_left_data(name) and (ROOT / name).exists():
        (ROOT / name).rename(_doomed(name))
    shutil.rmtree(_doomed(name))


def _doomed(name: str) -> Path:
    return ROOT / f".{name}.deleting"


def _first_host(deployment: Deployment) -> tuple[str, ...]:
    hardening = (f"harden this host (to leave it alone: mkdir -p {hosts.LEFT_ALONE.parent} && touch {hosts.LEFT_ALONE})",) if hosts.hardens() else ()
    files_there = (f"make folders in {deployment.folder}", "write the front door's configuration", *hardening)
    if live.engine_answers():
        return (*_certificate(deployment), *_missing_images(deployment), *files_there)
    engine = "start the container engine" if shutil.which("dockerd") else "install and start the container engine"
    return (engine, *_certificate(deployment), "make the images that are missing", *files_there)


def _certificate(deployment: Deployment) -> tuple[str, ...]:
    said = certificates.renews(deployment.folder, deployment.plan.platform)
    return (*((said,) if said else ()), *acme.proposed(deployment))


def _missing_images(deployment: Deployment) -> tuple[str, ...]:
    registry = deployment.plan.platform.registry
    here = images.here()
    missing = [image for image in images.of(deployment) if image.reference not in here]
    return tuple(f"{'pull' if registry else 'build'} image {image.name}" for image in missing)


def _first_services(deployment: Deployment) -> tuple[str, ...]:
    topology = wanted(deployment)
    networks = tuple(str(ServiceChange("create", "network", short)) for short in topology.networks)
    return networks + tuple(str(ServiceChange("create", "service", service.role)) for service in topology.services)
