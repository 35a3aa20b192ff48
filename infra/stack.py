"""Services: the Pulumi engine, driven through its Automation API against a deployment's own state."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pulumi import automation
from pulumi.automation import errors as automation_errors
from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from infra import backend, credentials, images, orphans
from infra.deployment import Deployment
from infra.engine import Engine, ensure_engine, ensure_provider
from infra.program import program
from infra.state import PROJECT, forget, keep, make_sound
from infra.topology import Topology, topology
from runtime.errors import PlanError
from runtime.printer import quiet

SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
SILENT = {OpType.SAME, OpType.READ, OpType.REFRESH, OpType.DISCARD}
SPOKEN = {OpType.CREATE_REPLACEMENT: "replace", OpType.DELETE_REPLACED: "delete"}
ONE_BY_ONE = 1
LOCKED = "the stack is currently locked by"
BACKEND_HINT = (
    "the company's backend for the state: is it there, and may you use it? Credentials come from the environment, as Pulumi takes them "
    "(docs/how-to/cluster.md#where-the-state-is-kept)"
)
PROVIDER = "pulumi:providers:docker"
SERVICE = "docker:index/service:Service"


Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ServiceChange:
    """Something that Pulumi changes: what it does (create, update, replace, delete) to which resource."""

    operation: str
    kind: str
    name: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} {self.name}" + (f" ({', '.join(self.details)})" if self.details else "")


def wanted(deployment: Deployment) -> Topology:
    """Return the topology that ``deployment`` shall have."""
    return topology(deployment, images.wanted(deployment))


class Services:
    """The services of one deployment, as Pulumi sees them: ``services``, those of a desk without them."""

    def __init__(self, deployment: Deployment, say: Callable[[str], None], services: Topology | None = None) -> None:
        self.deployment = deployment
        self.topology = services
        self.engine: Engine = ensure_engine(say)
        self.home = deployment.folder / "pulumi-home"
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.provider = ensure_provider(self.home)
        self._stack: automation.Stack | None = None

    def preview(self, on_change: Callable[[ServiceChange], None]) -> list[ServiceChange]:
        """Return what an ``up`` would change."""
        seen = _Events(on_change)
        self._run(lambda: self.stack.preview(on_event=seen.event), seen)
        return seen.changes

    def up(self, on_change: Callable[[ServiceChange], None]) -> list[ServiceChange]:
        """Make the services what the topology says; return what changed.

        Where people are served, one service after the other: whoever is replaced needs the others, and all at once need all processors.
        """
        seen, at_once = _Events(on_change), ONE_BY_ONE if self.deployment.record() else None
        self._change(lambda: self.stack.up(on_event=seen.event, parallel=at_once), seen)
        return seen.changes

    def refresh(self, names: Iterable[str] = ()) -> None:
        """Read live values into the state, so that the next ``up`` mends what was changed by hand.

        ``names`` are the resources that drifted; all without them.
        """
        wanted_names = set(names)
        self._point()
        targets = [urn for urn in self._urns() if not wanted_names or urn.rsplit("::", 1)[-1] in wanted_names]
        seen = _Events(quiet)
        if targets:
            self._change(lambda: self.stack.refresh(target=targets, on_event=seen.event), seen)

    def destroy(self, on_change: Callable[[ServiceChange], None]) -> list[ServiceChange]:
        """Remove every service, network, config and secret, also what a killed run made and could not note."""
        seen, name = _Events(on_change), self.deployment.name
        self._point()
        orphans.remove_services(name, (urn.rsplit("::", 1)[-1] for urn in self._urns() if SERVICE in urn), self.deployment.engine)
        self._change(lambda: self.stack.destroy(on_event=seen.event), seen)
        orphans.remove_rest(name, self.deployment.engine)
        return seen.changes

    def refuse_unusable(self, url: str) -> None:
        """Raise PlanError where the company's backend ``url`` cannot be read, or has not got what the folder says; changes nothing of it."""
        folder = self.deployment.folder
        there = self._has_stack(url)
        if there and url not in {backend.company(folder), backend.moving(folder)}:
            hint = f"another cluster may have its state there: name a folder of its own in state.backend ({url.partition('?')[0]}/NAME), or remove that stack"
            raise PlanError(f"has a state of {self.deployment.name} already, which is not this deployment's", where=url, hint=hint)
        if not there and url == backend.company(folder) and self.deployment.record():
            hint = "bring it back there from its own backup (.pulumi); what runs goes on meanwhile"
            raise PlanError(f"has not got the state of {self.deployment.name} any more", where=url, hint=hint)

    def move(self, to: str, noted: Callable[[], None]) -> None:
        """Bring the state to the company's backend ``to``, or ("") into the folder.

        ``noted`` is called when the folder says something that must not be lost: that it begins, and that the new place has all of it,
        before it goes from the old one.
        """
        folder, name = self.deployment.folder, self.deployment.name
        before = backend.company(folder)
        if to:
            self.refuse_unusable(to)
            backend.announce(folder, to)
            noted()
        held = self._told(self.stack.export_stack, before) if self._has_stack(before) else None
        after = self._open(to)
        if held:
            self._told(lambda: after.import_stack(held), to, after)
        backend.note(folder, to)
        noted()
        if held:
            self._told(lambda: self.stack.workspace.remove_stack(name, force=True, preserve_config=True), before)
        if to:
            forget(self.deployment)
        self._stack = after

    @property
    def stack(self) -> automation.Stack:
        """The stack, opened (and its lock of a killed run removed) on first use."""
        if self._stack is None:
            url = backend.company(self.deployment.folder)
            if url:
                self.refuse_unusable(url)
            self._stack = self._open(url)
        return self._stack

    def _open(self, url: str) -> automation.Stack:
        """Return the stack in the company's backend ``url``, or ("") in the folder."""
        make_sound(self.deployment)
        secrets = credentials.ensure(self.deployment.folder)
        options = self._options(url)
        declare = program(self.topology or wanted(self.deployment), secrets, self.deployment.engine or SOCKET)

        def opened() -> automation.Stack:
            stack = automation.create_or_select_stack(self.deployment.name, project_name=PROJECT, program=declare, opts=options)
            if not url:
                self._unlock(stack)
            return stack

        return self._told(opened, url)

    def _has_stack(self, url: str) -> bool:
        there = self._told(lambda: automation.LocalWorkspace(**vars(self._options(url))).list_stacks(), url)
        return any(one.name == self.deployment.name for one in there)

    def _told(self, action: Callable[[], Answer], url: str, stack: automation.Stack | None = None, failure: Callable[[], str] = str) -> Answer:
        """Return what ``action`` does at the place ``url``, or raise PlanError with the engine's reason; a lock that a killed change left there goes."""
        try:
            try:
                return action()
            except automation_errors.CommandError as problem:
                locked = stack or self._stack
                if not (url and locked and LOCKED in str(problem) and backend.left_behind(self.deployment.folder, backend.holders(str(problem)))):
                    raise
                locked.cancel()
                return action()
        except automation_errors.CommandError as problem:
            raise self._readable(problem, failure(), url) from problem

    def _options(self, company: str) -> automation.LocalWorkspaceOptions:
        folder = self.deployment.folder
        state, work = folder / "pulumi", folder / "pulumi-work"
        state.mkdir(mode=0o700, exist_ok=True)
        work.mkdir(mode=0o700, exist_ok=True)
        os.environ.pop("PULUMI_CONFIG_PASSPHRASE", None)  # it would count more than the file
        url = company or f"file://{state}"
        return automation.LocalWorkspaceOptions(
            work_dir=str(work),
            pulumi_home=str(self.home),
            pulumi_command=automation.PulumiCommand(root=str(self.engine.root), skip_version_check=True),
            env_vars={
                "PULUMI_BACKEND_URL": url,
                "PULUMI_CONFIG_PASSPHRASE_FILE": str(credentials.passphrase_file(folder)),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            },
            project_settings=automation.ProjectSettings(name=PROJECT, runtime="python", backend=automation.ProjectBackend(url=url)),
        )

    def _unlock(self, stack: automation.Stack) -> None:
        """Remove the engine's lock in the folder: we hold the deployment's own lock, so its holder was killed."""
        if any((self.deployment.folder / "pulumi" / ".pulumi" / "locks").rglob("*.json")):
            stack.cancel()

    def _point(self) -> None:
        """Note in the state where the engine is now: what reads and removes takes it from there, and of a cluster each command reaches it by another socket."""
        exported, url = self.stack.export_stack(), backend.company(self.deployment.folder)
        if pointed_at(exported.deployment or {}, self.deployment.engine or SOCKET):
            self._told(lambda: self.stack.import_stack(exported), url)

    def _urns(self) -> list[str]:
        deployed = self.stack.export_stack().deployment or {}
        return [resource["urn"] for resource in deployed.get("resources", []) if resource["type"].startswith("docker:")]

    def _change(self, action: Callable[[], object], seen: "_Events") -> None:
        make_sound(self.deployment)
        keep(self.deployment)
        self._run(action, seen)

    def _run(self, action: Callable[[], object], seen: "_Events") -> None:
        self._told(action, backend.company(self.deployment.folder), failure=lambda: seen.failure)

    def _readable(self, problem: automation_errors.CommandError, failure: str, company: str) -> PlanError:
        text = str(problem)
        folder = self.deployment.folder
        if "incorrect passphrase" in text:
            return PlanError("the passphrase does not fit the state", where=str(folder / "passphrase"), hint=credentials.FROM_BACKUP)
        if "no space left on device" in text or self.deployment.disk_full:
            return PlanError("no space is left on the disk", where=str(folder / "pulumi"), hint="free some space there, then run the same command again")
        if failure:
            return PlanError(failure, where=self.deployment.name, hint="see 'docker service ps' of that service; then run the same command again")
        lines = [line for line in (text.partition("stderr: ")[2] or text).splitlines() if line.strip()]
        if LOCKED in text:
            held = " | ".join(line.strip() for line in lines if backend.HELD_BY.search(line))
            hint = "wait until that ends; where nobody works on it with Pulumi any more, remove that lock; then run the same command again"
            return PlanError(f"the state of the services is locked: {held}", where=company or self.deployment.name, hint=hint)
        hint = BACKEND_HINT if company else f"state is in {folder / 'pulumi'}; run 'plan doctor'"
        return PlanError(" | ".join(lines[-6:])[-800:], where=company or "pulumi", hint=hint)


def pointed_at(deployed: Mapping[str, Any], socket: str) -> bool:
    """Make ``socket`` the engine that the provider of a state speaks to; return whether it was another."""
    changed = False
    for resource in deployed.get("resources", []):
        for values in (resource.get("inputs", {}), resource.get("outputs", {})) if resource["type"] == PROVIDER else ():
            changed |= values.get("host", socket) != socket
            values["host"] = socket
    return changed


class _Events:
    """Collects what the engine reports."""

    def __init__(self, on_change: Callable[[ServiceChange], None]) -> None:
        self.on_change = on_change
        self.changes: list[ServiceChange] = []
        self.failure = ""

    def event(self, event: EngineEvent) -> None:
        """Take one engine event."""
        diagnostic = event.diagnostic_event
        if diagnostic and diagnostic.severity == "error" and diagnostic.urn and not self.failure:
            self.failure = f"{diagnostic.urn.rsplit('::', 1)[-1]}: {_plain(diagnostic.message)}"
        if event.resource_pre_event:
            self._step(event.resource_pre_event.metadata)

    def _step(self, step: StepEventMetadata) -> None:
        operation = OpType(step.op)
        if operation in SILENT or not step.type.startswith("docker:"):
            return
        details = tuple(sorted(step.detailed_diff or {})) if operation is OpType.UPDATE else ()
        change = ServiceChange(SPOKEN.get(operation, operation.value), step.type.rsplit(":", 1)[-1].lower(), step.urn.rsplit("::", 1)[-1], details)
        if change not in self.changes:
            self.changes.append(change)
            self.on_change(change)


def _plain(message: str) -> str:
    """Return a diagnostic without the engine's colour marks."""
    return " ".join(re.sub(r"<\{%[^%]*%\}>", "", message).split())
