"""Killed with -9 at any of its steps, the same command completes, and no acknowledged post is lost."""

import os
import shutil
from pathlib import Path

from infra.deployment import Deployment
from infra.keep import backup, manifest
from runtime.errors import PlanError
from runtime.locks import lock
from tests.platform.conftest import NAME, Command
from tests.platform.keep.conftest import post, titles
from tests.platform.keep.interrupting import Interrupter, spread
from tests.platform.test_smoke import until

SCHEDULE = Path("/etc/cron.d") / f"underdesk-{NAME}"
SCHEDULED_S = 900.0
LAST_LINES = 2  # the end of its last step, and what to do next: it may be over before it is killed
SCHEDULE_LINES = 4  # at most: the first deploy has the schedule to write, too
MOMENTS = int(os.environ.get("UNDERDESK_MOMENTS", "1"))  # 'make prove' asks for ten


def test_a_backup(deployment: Deployment, plan: Command, folder: Path, tmp_path: Path) -> None:
    assert plan("backup", "--name", NAME).returncode == 0  # the first one has a step more: it makes the place
    command = Interrupter(["backup", "--name", NAME], folder, tmp_path / "shims")
    steps = command.steps()
    for step in spread(len(steps), max(MOMENTS, 5)):
        post(f"Before backup killed at {steps[step - 1]}")
        assert command.killed_at(step)
        completed = plan("backup", "--name", NAME)
        assert completed.returncode == 0, completed.stderr
        assert not (deployment.folder / manifest.WORK).exists()
    assert plan("backup", "--list", "--name", NAME).returncode == 0


def test_a_restore(deployment: Deployment, plan: Command, folder: Path, tmp_path: Path) -> None:
    assert plan("backup", "--name", NAME).returncode == 0
    command = Interrupter(["restore", "--yes", "--name", NAME], folder, tmp_path / "shims")
    steps = command.steps()
    for step in spread(len(steps), MOMENTS):
        acknowledged = f"Before restore killed at {step}"
        post(acknowledged)
        assert command.killed_at(step), f"it ended before step {step}: {steps[step - 1]}"
        completed = plan("restore", "--yes", "--name", NAME)
        assert completed.returncode == 0, completed.stderr
        assert acknowledged in titles()
        assert plan("status", "--check", "--name", NAME).returncode == 0
    for aside in deployment.folder.glob("data.before-*"):
        shutil.rmtree(aside)


def test_a_deploy(deployment: Deployment, plan: Command, folder: Path, tmp_path: Path) -> None:
    written, life = (folder / "plan.json").read_text(), deployment.plan.limits.pagecache.life_s

    def changed(index: int) -> Interrupter:
        name = f"changed-{index}.json"
        (folder / name).write_text(written.replace(f'"life_s": {life}', f'"life_s": {life + 1 + index}').replace('"scheduled": false', '"scheduled": true'))
        return Interrupter(["deploy", name, "--yes"], folder, tmp_path / "shims")

    lines = changed(0).lines() - LAST_LINES - SCHEDULE_LINES
    assert SCHEDULE.read_text().count("backup --scheduled") == 1
    for index, line in enumerate(spread(lines, MOMENTS), 1):
        acknowledged = f"Before deploy killed at line {line}"
        post(acknowledged)
        command = changed(index)
        assert command.killed_after_lines(line), f"it ended before line {line}"
        completed = plan(*command.arguments)
        assert completed.returncode == 0, completed.stderr
        assert acknowledged in titles()
        assert plan("status", "--check", "--name", NAME).returncode == 0
    assert plan("deploy", "--yes").returncode == 0
    assert not SCHEDULE.exists()
    until(lambda: unlocked(deployment), SCHEDULED_S)  # a backup or drill that the schedule began in the meantime goes on


def unlocked(deployment: Deployment) -> bool:
    try:
        with lock(backup.guard(deployment)):
            return True
    except PlanError:
        return False
