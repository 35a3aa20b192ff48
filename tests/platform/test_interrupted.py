"""A deploy that is killed at any step is completed by the same command."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from infra.deployment import Deployment
from tests.platform.conftest import PLAN, Command


@pytest.fixture
def other(folder: Path) -> str:
    """A plan with another limit, so that a deploy has something to do."""
    plan = json.loads((folder / "plan.json").read_text())
    plan["limits"]["pagecache"]["life_s"] += 7
    (folder / "other.json").write_text(json.dumps(plan))
    return "other.json"


def killed_when(said: str, arguments: list[str], folder: Path) -> None:
    """Start the command and kill it, children and all, as soon as it says ``said`` while it applies."""
    with subprocess.Popen([PLAN, *arguments], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True) as running:
        assert running.stderr
        applying = False  # what is proposed is said in the same words before
        for line in running.stderr:
            applying = applying or "Converging" in line
            if applying and said in line:
                os.kill(running.pid, signal.SIGKILL)
                return
        pytest.fail(f"it never said {said!r}")


@pytest.mark.parametrize("said", ["create serviceconfig", "update service"])
def test_a_deploy_killed_at_this_step_is_completed_by_the_same_command(said: str, deployment: Deployment, plan: Command, folder: Path, other: str) -> None:
    killed_when(said, ["deploy", other, "--yes"], folder)
    unfinished = plan("status", "--check", "--name", deployment.name)
    assert unfinished.returncode == 3
    assert "did not end" in unfinished.stdout
    completed = plan("deploy", other, "--yes")
    assert completed.returncode == 0, completed.stderr
    assert plan("status", "--check", "--name", deployment.name).returncode == 0
    restored = plan("deploy", "--yes")
    assert restored.returncode == 0, restored.stderr
