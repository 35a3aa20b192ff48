"""What runs by itself: the line that a deploy installs, run as cron runs it, and by cron."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.deployment import Deployment
from infra.keep import backup, drill
from tests.platform.binlog_writer import until
from tests.platform.conftest import NAME, Command
from tests.platform.keep.conftest import post, titles

FILE = Path("/etc/cron.d") / f"underdesk-{NAME}"
PID = Path("/run/crond.pid")
FIELDS = 6  # minute, hour, day, month, weekday, user
LINE_S, CRON_S = 1200, 180


@dataclass(frozen=True)
class Schedule:
    """The content of the file in /etc/cron.d."""

    content: str

    @property
    def settings(self) -> list[str]:
        return [line for line in self.content.splitlines() if "=" in line.split(" ")[0]]

    @property
    def command(self) -> str:
        *_, user, command = self._line.split(maxsplit=FIELDS)
        assert user == "root"
        assert "%" not in command, "cron makes a new line of it"
        return command

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the line as cron does: its shell, the settings of the file, and hardly anything else."""
        assert "SHELL=/bin/sh" in self.settings
        bare = ["env", "-i", "HOME=/root", "LOGNAME=root", *self.settings, "/bin/sh", "-c", self.command]
        return subprocess.run(bare, cwd="/root", capture_output=True, text=True, timeout=LINE_S, check=False, stdin=subprocess.DEVNULL)

    @property
    def _line(self) -> str:
        (line,) = [line for line in self.content.splitlines() if "backup --scheduled" in line]
        return line


@pytest.fixture(scope="module")
def schedule(deployment: Deployment, plan: Command, folder: Path) -> Iterator[Schedule]:
    """What a deploy installs where the plan has things run by themselves; taken away again at once: only the test runs it."""
    ran_before = cron_runs()
    (folder / "scheduled.json").write_text((folder / "plan.json").read_text().replace('"scheduled": false', '"scheduled": true'))
    deployed = plan("deploy", "scheduled.json", "--yes")
    assert deployed.returncode == 0, deployed.stderr
    content, mode = FILE.read_text(), FILE.stat().st_mode
    FILE.unlink()
    try:
        assert mode & 0o777 == 0o644, "cron passes over a file that others may write"
        assert cron_runs(), "nobody runs what is due"
        assert plan("backup", "--name", deployment.name).returncode == 0
        yield Schedule(content)
    finally:
        FILE.unlink(missing_ok=True)
        if not ran_before:
            with suppress(ProcessLookupError):
                os.kill(int(PID.read_text()), signal.SIGTERM)
        assert plan("deploy", "--yes").returncode == 0


def cron_runs() -> bool:
    return any(process.info["name"] == "cron" for process in psutil.process_iter(["name"]))


def ago(deployment: Deployment, file: str, since: timedelta) -> None:
    """Let the last success that is recorded in ``file`` be so long ago."""
    path = deployment.folder / file
    recorded: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    recorded.pop("failed_at", None)
    path.write_text(json.dumps({**recorded, "time": (datetime.now(UTC) - since).isoformat(timespec="seconds")}))


def age(last: dict[str, Any]) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(last["time"])


def log(deployment: Deployment) -> str:
    path = deployment.folder / "keep" / "scheduled.log"
    return path.read_text() if path.exists() else ""


def test_a_month_after_the_last_drill_the_line_runs_one_and_then_no_other(schedule: Schedule, deployment: Deployment) -> None:
    post("Before the drill")
    before = titles()
    ago(deployment, drill.LAST, timedelta(days=40))
    done = schedule.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), log(deployment)
    last = drill.last(deployment)
    assert age(last) < timedelta(minutes=5), log(deployment)
    assert "failed_at" not in last
    assert last["minutes"] > 0
    assert any("test users signed in" in line for line in last["shown"])
    assert not (deployment.folder / drill.WORK).exists()
    assert titles() == before
    said = log(deployment)
    assert "Drill: restoring the newest backup" in said
    assert schedule.run().returncode == 0
    assert log(deployment) == said, "nothing is due, and something was done"


def test_when_a_backup_is_due_the_line_takes_one(schedule: Schedule, deployment: Deployment) -> None:
    ago(deployment, drill.LAST, timedelta(days=1))
    ago(deployment, backup.LAST, timedelta(days=2))
    done = schedule.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), log(deployment)
    last = backup.last(deployment)
    assert age(last) < timedelta(minutes=5)
    assert last["why"] == "scheduled"


def test_cron_itself_takes_the_file(schedule: Schedule, deployment: Deployment) -> None:
    ago(deployment, drill.LAST, timedelta(days=1))
    ago(deployment, backup.LAST, timedelta(days=2))
    each_minute = schedule.content.replace("*/10 * * * *", "* * * * *")
    assert each_minute != schedule.content
    FILE.write_text(each_minute)
    until(lambda: age(backup.last(deployment)) < timedelta(days=1), CRON_S, log(deployment))
    FILE.unlink()
    assert backup.last(deployment)["why"] == "scheduled"
