"""Propose, apply, record and remove a deployment: what joins Ansible's part and Pulumi's."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from infra import certificates, credentials, hosts, images, live
from infra.deployment import ROOT, Deployment
from infra.reach import wait_for_pages
from infra.stack import ServiceChange, Services, wanted
from runtime import files
from runtime.errors import PlanError
from runtime.run import run

SCHEMA_VERSION = 1
Say = Callable[[str], None]


@dataclass(frozen=True)
class Proposal:
    """What a deploy would change: on the host, of the services, and what was changed by hand since."""

    host: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    drift: tuple[live.Drift, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether everything is already as the plan says."""
        return not (self.host or self.services or self.drift)


def plan_digest(deployment: Deployment) -> str:
    """Return the digest of the plan that ``deployment`` shall have."""
    return files.digest(deployment.plan.model_dump_json())


def propose(deployment: Deployment, say: Say) -> Proposal:
    """Return what ``apply`` would change; changes nothing.

    After a first deploy Ansible and Pulumi are asked themselves; before, there is nothing to compare with.
    """
    if not deployment.record():
        return Proposal(_first_host(deployment), _first_services(deployment))
    if not live.engine_answers():
        return Proposal(("start the container engine, which does not answer; everything else is compared then",))
    changed = tuple(live.drift(deployment))
    host = tuple(str(change) for change in hosts.converge(deployment, _quiet, dry_run=True, again=deployment.interrupted))
    services = tuple(str(change) for change in Services(deployment, say).preview(lambda _change: None))
    return Proposal(host, services, changed)


def apply(deployment: Deployment, say: Say) -> list[str]:
    """Bring host and services to what the plan says, wait for the first pages, record; return what changed."""
    interrupted = deployment.interrupted
    prepare(deployment)
    changed = [str(change) for change in hosts.converge(deployment, say, again=interrupted)]
    changed += converge_services(deployment, say)
    wait_for_pages(deployment)
    record(deployment)
    deployment.converging_file.unlink()
    return changed


def prepare(deployment: Deployment) -> None:
    """Make the folder, secrets and certificate of ``deployment``, and note its plan."""
    deployment.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    files.write(deployment.folder / "plan.json", deployment.plan.model_dump_json(indent=1))
    files.write(deployment.converging_file, "this deploy has not ended\n")
    credentials.ensure(deployment.folder)
    credentials.passphrase_file(deployment.folder)
    certificates.ensure(deployment.folder, deployment.plan.platform)


def converge_services(deployment: Deployment, say: Say) -> list[str]:
    """Run Pulumi; what was changed by hand is read into its state first, so that it is mended."""
    services = Services(deployment, say)
    drifted = {drift.resource for drift in live.drift(deployment)} if deployment.record() else set()
    if drifted:
        services.refresh(drifted)
    return [str(change) for change in services.up(lambda change: say(str(change)))]


def record(deployment: Deployment) -> None:
    """Write what stands now, for ``plan status`` and the next deploy."""
    content = {
        "schema": {"version": SCHEMA_VERSION},
        "name": deployment.name,
        "plan_digest": plan_digest(deployment),
        "applied_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "address": deployment.address,
        "urls": deployment.urls,
        "images": images.references(deployment.plan.platform.registry),
        "live": live.snapshot(deployment),
    }
    files.write(deployment.folder / "deployment.json", json.dumps(content, indent=1), files.PRIVATE)


def destroy(deployment: Deployment, say: Say) -> None:
    """Remove services, networks, secrets and host entries; data, secrets' files and certificates stay."""
    Services(deployment, say).destroy(lambda change: say(str(change)))
    hosts.remove(deployment, say)
    (deployment.folder / "deployment.json").unlink(missing_ok=True)
    (deployment.folder / "plan.json").replace(deployment.folder / "plan.removed.json")


def delete_data(name: str) -> None:
    """Delete the folder of a deployment that was destroyed: data, secrets, state."""
    folder = ROOT / name
    if (folder / "plan.json").exists():
        raise PlanError("still deployed", where=name, hint="this is a bug: destroy comes first", exit_code=2)
    shutil.rmtree(folder)


def _first_host(deployment: Deployment) -> tuple[str, ...]:
    there = run(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"], check=False).stdout.split() if shutil.which("docker") else []
    missing = [image.name for image in images.images(deployment.plan.platform.registry) if image.reference not in there]
    verb = "pull" if deployment.plan.platform.registry else "build"
    engine = () if shutil.which("dockerd") else ("install and start the container engine",)
    return (*engine, *(f"{verb} image {name}" for name in missing), f"make folders in {deployment.folder}", "write the front door's configuration")


def _first_services(deployment: Deployment) -> tuple[str, ...]:
    topology = wanted(deployment)
    networks = tuple(str(ServiceChange("create", "network", short)) for short in topology.networks)
    return networks + tuple(str(ServiceChange("create", "service", service.role)) for service in topology.services)


def _quiet(_line: str) -> None:
    pass
