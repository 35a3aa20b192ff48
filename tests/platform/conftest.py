"""One real deployment for all platform tests: made by the command, removed with its data at the end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

from infra.deployment import Deployment, load, names

HERE = Path(__file__).parent
PLAN = str(Path(sys.executable).with_name("plan"))
SLOT = int(os.environ.get("UNDERDESK_TEST_SLOT", "0"))  # several people may test on one machine: each a platform of its own
NAME = f"test-desk-{SLOT}" if SLOT else "test-desk"
CHANGES = Path(tempfile.gettempdir()) / f"{NAME}-changes"  # the second disk: the same folder in every run, or the plan would change
LIMIT_S = 3600  # of one command: the first deploy builds all images, from a mirror that may be slow
KEEP = "UNDERDESK_KEEP"  # set it to keep the deployment between runs while developing

Command = Callable[..., subprocess.CompletedProcess[str]]
Inspect = Callable[[str], dict[str, Any]]


def run_plan(*arguments: str, cwd: Path, timeout: float = LIMIT_S) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}
    return subprocess.run([PLAN, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put last what changes every service: nobody after it needs them back as they were."""
    items.sort(key=lambda item: HERE / "rolling" in item.path.parents)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("desk")
    brief = (HERE / "brief.yaml").read_text()
    brief = brief.replace("name: test-desk", f"name: {NAME}").replace("18080", str(18080 + SLOT)).replace("18443", str(18443 + SLOT))
    brief = brief.replace(".desk.test", f".desk-{SLOT}.test") if SLOT else brief  # two platforms may not share host names either
    CHANGES.mkdir(mode=0o700, exist_ok=True)
    (made / "brief.yaml").write_text(brief.replace("backup: {scheduled: false", f"backup: {{changes_to: {CHANGES}, scheduled: false"))
    return made


@pytest.fixture(scope="session")
def plan(folder: Path) -> Command:
    """Run the command as a user would, in a folder of its own."""

    def call(*arguments: str, timeout: float = LIMIT_S) -> subprocess.CompletedProcess[str]:
        return run_plan(*arguments, cwd=folder, timeout=timeout)

    return call


@pytest.fixture(scope="session")
def deployment(plan: Command) -> Iterator[Deployment]:
    """The deployed platform of brief.yaml."""
    sized = plan("size")
    assert sized.returncode == 0, sized.stderr
    deployed = plan("deploy", "--yes")
    print(deployed.stderr)  # noqa: T201 - shown where it fails
    assert deployed.returncode == 0, deployed.stderr
    yield load(NAME)
    if not os.environ.get(KEEP) and NAME in names():
        removed = plan("destroy", "--yes", "--delete-data", NAME)
        assert removed.returncode == 0, removed.stderr
        shutil.rmtree(CHANGES)


@pytest.fixture(scope="session")
def inside(deployment: Deployment) -> Callable[[str], Host]:
    """A testinfra host inside the container of a role."""
    return lambda role: testinfra.get_host(f"docker://{deployment.container(role)}")


@pytest.fixture(scope="session")
def inspect(deployment: Deployment) -> Inspect:
    """What the engine says of the container of a role."""

    def ask(role: str) -> dict[str, Any]:
        shown = subprocess.run(["docker", "inspect", deployment.container(role)], capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(shown.stdout)[0]
        return found

    return ask
