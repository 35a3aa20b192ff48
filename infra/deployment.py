"""A deployment: its folder on this machine and what stands in it."""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra import version
from runtime import files
from runtime.errors import PlanError
from runtime.run import run
from sizing.plan import Plan, Schema
from sizing.reading import dotted

ROOT = Path(os.environ.get("UNDERDESK_HOME", "/var/lib/underdesk"))
LOOPBACK = "127.0.0.1"
MOST_PLAN_BYTES = 8_000_000
LEAST_FREE_BYTES = 16 * 1024 * 1024
PLANS = ("plan.json", "plan.pending.json")  # the one that is in force, and the one being applied
RECORDED = ("services", "networks", "configs", "secrets", "files")


@dataclass(frozen=True)
class Deployment:
    """Where a deployment keeps what, and how to reach it. ``address`` is the one load may go to."""

    plan: Plan
    folder: Path
    address: str = LOOPBACK
    published: tuple[int, int] | None = None  # a drill stands beside the platform: other ports, the same addresses in its pages
    to: version.Version | None = None  # the packages to go to; None: those in force
    on_hosts: Path | None = None  # of a cluster: where each of its hosts keeps data and the front door's files; ``folder`` is on this machine then
    engine: str = ""  # of a cluster: the socket of a manager's engine; "": this machine's own

    @property
    def name(self) -> str:
        """The prefix of everything that was made."""
        return self.plan.platform.name

    @property
    def place(self) -> Path:
        """Where data and the front door's files lie, on the host that runs a service."""
        return self.on_hosts or self.folder

    @property
    def packages(self) -> version.Version:
        """Which packages its images shall hold."""
        return self.to or version.read(self.folder)

    @property
    def ca_file(self) -> Path:
        """The certificate that a client must trust."""
        return self.folder / "tls" / ("trusted.pem" if self.plan.platform.tls.acme else "ca.pem")

    @property
    def password_file(self) -> Path:
        """The administrator's first password."""
        return self.folder / "secrets" / "administrator"

    @property
    def lock_file(self) -> Path:
        """Held by the command that works on this deployment."""
        return self.folder.parent / f"{self.name}.lock"

    @property
    def ports(self) -> tuple[int, int]:
        """The published ports: HTTP, HTTPS."""
        return self.published or (self.plan.platform.ports.http, self.plan.platform.ports.https)

    @property
    def urls(self) -> dict[str, str]:
        """The addresses that a person opens: internal, external, wiki."""
        port = self.plan.platform.ports.https
        suffix = "" if port == 443 else f":{port}"  # noqa: PLR2004 - HTTPS, as the scheme says
        hosts = self.plan.platform.hosts
        return {role: f"https://{host}{suffix}/" for role, host in hosts.model_dump().items()}

    @property
    def pending_file(self) -> Path:
        """The plan that a deploy applies; it becomes plan.json when all of it is recorded."""
        return self.folder / "plan.pending.json"

    @property
    def interrupted(self) -> bool:
        """Whether the last deploy did not come to its end."""
        return self.pending_file.exists()

    @property
    def disk_full(self) -> bool:
        """Whether next to nothing is free where the deployment is kept: whatever failed, that comes first."""
        return disk_full(self.folder)

    def service(self, role: str) -> str:
        """Return the name of the Swarm service of ``role``."""
        return f"{self.name}-{role}"

    def container(self, role: str) -> str:
        """Return the id of a running container of ``role``; raises PlanError where none runs."""
        label = f"label=com.docker.swarm.service.name={self.service(role)}"
        ids = run(["docker", "ps", "-q", "--no-trunc", "-f", label, "-f", "status=running"], timeout_s=30).stdout.split()
        if not ids:
            raise PlanError("no container runs", where=self.service(role), hint="see 'plan status', then run 'plan deploy'")
        return ids[0]

    def exec(self, role: str, argv: list[str], stdin: str = "", timeout_s: float = 120) -> str:
        """Run ``argv`` in the container of ``role`` and return its stdout."""
        return run(["docker", "exec", "-i", self.container(role), *argv], stdin=stdin, timeout_s=timeout_s).stdout

    def record(self) -> dict[str, Any]:
        """Return what the last deploy recorded; {} before the first has ended, or where the record is damaged."""
        path = self.folder / "deployment.json"
        try:
            recorded = json.loads(path.read_bytes()) if path.exists() else {}
        except (ValueError, RecursionError):
            return {}
        live = recorded.get("live") if isinstance(recorded, dict) else None
        return recorded if isinstance(live, dict) and all(isinstance(live.get(kind), dict) for kind in RECORDED) else {}


def disk_full(folder: Path) -> bool:
    """Tell whether next to nothing is free where ``folder`` lies."""
    return shutil.disk_usage(folder).free < LEAST_FREE_BYTES


def read_plan(path: Path) -> Plan:
    """Read and validate a ``plan.json``; raises PlanError naming the path in the file."""
    files.refuse_special(path)
    text = files.read(path, hint="run 'plan size BRIEF' first: it writes plan.json", most_bytes=MOST_PLAN_BYTES)
    try:
        return Plan.model_validate_json(text)
    except ValidationError as problem:
        raise _no_plan(problem, path) from problem


def _no_plan(problem: ValidationError, path: Path) -> PlanError:
    first = problem.errors(include_url=False)[0]
    version = first["input"] if first["loc"] == ("schema", "version") else None
    if isinstance(version, int) and version > Schema().version:
        said = f"is a plan of version {version}, written by a newer Underdesk; this one reads version {Schema().version}"
        return PlanError(said, where=str(path), hint="update Underdesk, or let this one write it anew with 'plan size'")
    hint = "a plan is not mended by hand: 'plan size' writes it anew, then 'plan deploy'"
    if first["type"] == "json_invalid":
        return PlanError(f"is no plan: {first['ctx']['error']}", where=str(path), hint=hint)
    return PlanError(" ".join(first["msg"].split()), where=f"{path}: {dotted(first['loc'])}".removesuffix(": "), hint=hint)


def of(plan: Plan) -> Deployment:
    """Return the deployment of ``plan`` (which may not be there yet)."""
    return Deployment(plan, ROOT / plan.platform.name)


def names() -> list[str]:
    """Return the names of the deployments on this machine, those being made included; a folder that was moved aside is none."""
    found = [folder.name for folder in ROOT.iterdir() if _is_deployment(folder)] if ROOT.is_dir() else []
    return sorted(name for name in found if not name.startswith("."))


def _is_deployment(folder: Path) -> bool:
    """Tell whether a plan of that name is in ``folder``; its own folder may be closed to whoever is not the administrator, the plan is not."""
    with suppress(PermissionError):
        plan = plan_file(folder)
        return plan.exists() and _named(plan) in {"", folder.name}
    return False


def plan_file(folder: Path) -> Path:
    """Return the plan that is in force in a deployment's ``folder``, else the one being applied, which need not be there."""
    return next((folder / plan for plan in PLANS if (folder / plan).exists()), folder / PLANS[-1])


def _named(plan: Path) -> str:
    """Return which deployment ``plan`` is of; "" where it is damaged: whoever loads it is told."""
    with suppress(PlanError):
        return read_plan(plan).platform.name
    return ""


def load(name: str = "") -> Deployment:
    """Return the deployment called ``name``; without a name the only one there is."""
    there = names()
    if not there:
        raise PlanError("nothing is deployed on this machine", hint="run 'plan deploy' first")
    if not name and len(there) > 1:
        raise PlanError(f"several deployments are here: {', '.join(there)}", hint="choose one with --name")
    if name and name not in there:
        raise PlanError(f"no deployment is called {name}", hint=f"there is: {', '.join(there)}")
    folder = ROOT / (name or there[0])
    return Deployment(read_plan(plan_file(folder)), folder)
