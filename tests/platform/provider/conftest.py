"""A real Pulumi engine, a real swarm and whichever Docker provider is present."""

# ruff: noqa: ANN401 - recorded JSON and Docker answers have any shape

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import docker
import pytest
from pulumi import automation

from infra.engine import ensure_engine, ensure_provider

PASSPHRASE = "conformance"  # noqa: S105 - of a state that lives for one test
LABEL = "underdesk.conformance"
SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


class Stand:
    """One stack with its own state; each program declares resources named ``self.name-…``."""

    def __init__(self, folder: Path, client: docker.APIClient, image: str) -> None:
        self.name = f"conformance-{secrets.token_hex(3)}"
        self.client: Any = client
        self.image = image
        self.home = folder / "home"
        self.folder = folder
        self.engine = ensure_engine(print)
        self.provider = ensure_provider(self.home)
        self.logs: list[str] = []

    def stack(self, program: Callable[[], None]) -> automation.Stack:
        options = automation.LocalWorkspaceOptions(
            work_dir=str(self.folder),
            pulumi_home=str(self.home),
            pulumi_command=automation.PulumiCommand(root=str(self.engine.root)),
            env_vars={"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            project_settings=automation.ProjectSettings(name="conformance", runtime="python", backend=automation.ProjectBackend(url=f"file://{self.folder}")),
        )
        return automation.create_or_select_stack(self.name, project_name="conformance", program=program, opts=options)

    def up(self, program: Callable[[], None]) -> dict[str, int]:
        """Make it so; return how many resources had which operation."""
        return _counted(self.stack(program).up(on_output=self.logs.append).summary.resource_changes)

    def preview(self, program: Callable[[], None]) -> dict[str, int]:
        found = self.stack(program).preview(on_output=self.logs.append).change_summary
        return _counted({getattr(operation, "value", operation): count for operation, count in found.items()})

    def refresh(self, program: Callable[[], None]) -> dict[str, int]:
        return _counted(self.stack(program).refresh(on_output=self.logs.append).summary.resource_changes)

    def service(self, short: str = "web") -> dict[str, Any]:
        found: dict[str, Any] = self.client.inspect_service(f"{self.name}-{short}")
        return found

    def container_spec(self, short: str = "web") -> dict[str, Any]:
        found: dict[str, Any] = self.service(short)["Spec"]["TaskTemplate"]["ContainerSpec"]
        return found

    def networks(self) -> list[dict[str, Any]]:
        """Return our networks; Docker's own filter knows a swarm's networks by their whole name only."""
        return [network for network in self.client.networks() if network["Name"].startswith(self.name)]

    def change_by_hand(self, change: Callable[[dict[str, Any]], None], short: str = "web") -> None:
        """Post the live spec of a service with ``change`` made to it, as an administrator would."""
        until(lambda: self._changed(change, short), 60)

    def _changed(self, change: Callable[[dict[str, Any]], None], short: str) -> bool:
        """Return whether the engine took it: not, where it counts another version of the service meanwhile (the end of an update)."""
        service = self.service(short)
        spec = service["Spec"]
        change(spec)
        try:
            self.client.update_service(
                service["ID"],
                service["Version"]["Index"],
                task_template=spec["TaskTemplate"],
                name=spec["Name"],
                labels=spec.get("Labels"),
                mode=spec["Mode"],
                update_config=spec.get("UpdateConfig"),
                rollback_config=spec.get("RollbackConfig"),
                endpoint_spec=spec.get("EndpointSpec"),
            )
        except docker.errors.APIError as refused:
            if "out of sequence" not in str(refused):
                raise
            return False
        return True

    def clean(self) -> None:
        """Remove what is left, however the test ended."""
        for service in self.client.services(filters={"name": self.name}):
            self.client.remove_service(service["ID"])
        until(lambda: not self.client.containers(filters={"label": f"{LABEL}={self.name}"}), 180)
        for config in self.client.configs(filters={"name": self.name}):
            self.client.remove_config(config["ID"])
        for secret in self.client.secrets(filters={"name": self.name}):
            self.client.remove_secret(secret["ID"])
        for network in self.networks():
            until(partial(_removed, self.client, network["Id"]), 120)


def until(condition: Callable[[], object], limit_s: float) -> None:
    """Return once ``condition`` holds; fail the test after ``limit_s``."""
    deadline, never = monotonic() + limit_s, Event()
    while not condition():
        if monotonic() > deadline:
            pytest.fail(f"not within {limit_s} s: {condition}")
        never.wait(0.2)


def _counted(changes: Mapping[Any, int] | None) -> dict[str, int]:
    return {operation: count for operation, count in (changes or {}).items() if operation != "same" and count}


def _removed(client: Any, identifier: str) -> bool:
    try:
        client.remove_network(identifier)
    except docker.errors.NotFound:
        return True
    except docker.errors.APIError:
        return False
    return True


@pytest.fixture(scope="session")
def client() -> Any:
    """Docker's API, on a swarm of at least this node."""
    found: Any = docker.APIClient(base_url=SOCKET, version="auto")
    if found.info()["Swarm"]["LocalNodeState"] != "active":
        found.init_swarm(advertise_addr="127.0.0.1")
    return found


@pytest.fixture(scope="session")
def image(client: Any) -> str:
    """The newest base image."""
    found = sorted(client.images("underdesk/base"), key=lambda one: one["Created"])
    assert found, "there is no underdesk/base image: run 'plan deploy' or 'make test' first"
    return str(found[-1]["RepoTags"][0])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, client: Any, image: str) -> Iterator[Stand]:
    """Yield a stack for tests that begin by making it what they start from."""
    made = Stand(tmp_path_factory.mktemp("shared"), client, image)
    yield made
    made.clean()


@pytest.fixture
def stand(tmp_path: Path, client: Any, image: str) -> Iterator[Stand]:
    """Yield a stack of its own; nothing of it is left afterwards."""
    made = Stand(tmp_path, client, image)
    yield made
    made.clean()
