"""What is changed by hand is found by ``status --check`` and mended by the next deploy."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import live
from infra.deployment import Deployment
from tests.platform.conftest import Command

NO = 3


def engine(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True)


def test_a_second_deploy_changes_nothing_and_says_so(deployment: Deployment, plan: Command) -> None:
    before = live.snapshot(deployment)
    again = plan("deploy", "--yes")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("no changes")
    assert live.snapshot(deployment) == before


def test_an_untouched_deployment_passes_the_check(deployment: Deployment, plan: Command) -> None:
    checked = plan("status", "--check", "--name", deployment.name)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def a_changed_limit(deployment: Deployment) -> None:
    engine("service", "update", "--detach", "--limit-memory", "777m", deployment.service("pagecache"))


def a_stopped_service(deployment: Deployment) -> None:
    engine("service", "scale", "--detach", f"{deployment.service('mail')}=0")


def a_removed_service(deployment: Deployment) -> None:
    engine("service", "rm", deployment.service("objectcache"))


def an_edited_file(deployment: Deployment) -> None:
    path = deployment.folder / "frontdoor" / "haproxy.cfg"
    path.write_text(path.read_text() + "# by hand\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (a_changed_limit, "Resources.Limits.MemoryBytes"),
        (a_stopped_service, "Replicas"),
        (a_removed_service, "is gone"),
        (an_edited_file, "haproxy.cfg"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_drift_is_found_said_and_mended(change: Callable[[Deployment], None], said: str, deployment: Deployment, plan: Command) -> None:
    change(deployment)
    found = plan("status", "--check", "--name", deployment.name)
    assert found.returncode == NO, found.stdout
    assert said in found.stdout
    mended = plan("deploy", "--yes")
    assert mended.returncode == 0, mended.stderr
    assert "differs from the last deploy" in mended.stderr
    after = plan("status", "--check", "--name", deployment.name)
    assert after.returncode == 0, after.stdout


def test_a_removed_network_is_found_and_made_again(deployment: Deployment, plan: Command) -> None:
    for role in ("frontdoor", "pagecache", "blogs", "blogs-jobs", "wiki", "wiki-jobs"):
        engine("service", "rm", deployment.service(role))
    wait_until_removable(f"{deployment.name}-front")
    found = plan("status", "--check", "--name", deployment.name)
    assert found.returncode == NO
    assert "network front: is gone" in found.stdout
    mended = plan("deploy", "--yes")
    assert mended.returncode == 0, mended.stderr
    assert plan("status", "--check", "--name", deployment.name).returncode == 0


def wait_until_removable(network: str) -> None:
    """The engine refuses while a task is still leaving the network."""
    deadline = time.monotonic() + 300
    while (removed := subprocess.run(["docker", "network", "rm", network], capture_output=True, check=False)).returncode:
        assert time.monotonic() < deadline, removed.stderr
        time.sleep(0.5)


def test_what_was_added_by_hand_is_refused_with_the_mend_and_not_taken_over(deployment: Deployment, plan: Command) -> None:
    stray = deployment.folder / "frontdoor" / "stray.cfg"
    stray.write_text("# by hand\n")
    refused = plan("deploy", "--yes")
    assert refused.returncode == 1
    assert "stray.cfg" in refused.stderr
    assert "undo it by hand" in refused.stderr
    stray.unlink()
    assert plan("deploy", "--yes").returncode == 0
    assert plan("status", "--check", "--name", deployment.name).returncode == 0


def test_a_damaged_record_is_written_anew_by_the_next_deploy(deployment: Deployment, plan: Command) -> None:
    (deployment.folder / "deployment.json").write_text("{")
    assert plan("status", "--check", "--name", deployment.name).returncode == NO
    assert plan("deploy", "--yes").returncode == 0
    assert plan("status", "--check", "--name", deployment.name).returncode == 0


@pytest.mark.usefixtures("deployment")
def test_a_plan_that_changes_the_front_door_is_applied_and_not_taken_for_a_change_by_hand(plan: Command, folder: Path) -> None:
    other = json.loads((folder / "plan.json").read_text())
    other["limits"]["frontdoor"]["max_connections"] += 10
    (folder / "door.json").write_text(json.dumps(other))
    for wanted in ("door.json", "plan.json"):
        applied = plan("deploy", wanted, "--yes")
        assert applied.returncode == 0, applied.stderr
        assert "haproxy.cfg" in applied.stderr
