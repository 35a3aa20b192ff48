"""Backups of a cluster on three real hosts: taken, proved, brought back, and brought back again after they were stopped in between."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cluster import PLAN, standing, wait_for
from tests.lab.serving import ServingLab
from tests.lab.writing import Author

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
LIMIT_S = 900
WELL_S = 300


class Kept(ServingLab):
    """A lab that serves, whose backups are at work."""

    def plan(self, command: str, *more: str, code: int = 0) -> str:
        """Run a command of the cluster and return its answer; it ends with ``code``."""
        argv = [str(PLAN), command, "--inventory", str(self.inventory), *more]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=LIMIT_S, env=self._environment())
        assert done.returncode == code, f"{done.stdout} {done.stderr}"
        return done.stdout if code == 0 else done.stderr

    def stopped(self, when: str, command: str, *more: str) -> None:
        """Begin a command and kill it, its children untold, when it says ``when``."""
        argv = [str(PLAN), command, "--inventory", str(self.inventory), *more]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self._environment())
        assert process.stderr
        heard = next((line for line in process.stderr if when in line), "")
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process.stderr.close()
        assert heard, f"it never said {when}"

    def titles(self, folder: Path, mark: str) -> set[str]:
        reader = Author(self.site, folder)
        try:
            return set(reader.titles(mark))
        finally:
            reader.close()

    def write(self, folder: Path, title: str) -> None:
        author = Author(self.site, folder)
        try:
            assert author.write(title)
        finally:
            author.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with standing(Kept(f"k{SLOT}eep", 3, tmp_path_factory.mktemp("keep"))) as made:
        yield made


@pytest.fixture(scope="module")
def backup(cluster: Kept, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a backup that holds a post and a file."""
    cluster.write(tmp_path_factory.mktemp("before"), "kept: before")
    cluster.root(cluster.hosts[0], "echo kept >/var/lib/underdesk/sample/data/uploads/kept.txt")
    return str(json.loads(cluster.plan("backup", "--json"))["id"])


def test_every_row_and_file_of_it_is_there_and_nothing_of_the_drill_stays(cluster: Kept, backup: str) -> None:
    proof = json.loads(cluster.plan("drill", "--json"))
    assert (proof["passed"], proof["snapshot"]) == (True, backup)
    for host in cluster.hosts:
        assert cluster.role(host, "ls -d /var/lib/underdesk/sample/keep/drill* 2>/dev/null; systemctl is-active underdesk-drill") == "inactive"


def test_a_restore_that_is_stopped_is_completed_by_the_same_command_and_no_deploy_opens_half_of_it(cluster: Kept, backup: str, tmp_path: Path) -> None:
    for name in ("later", "before", "after"):
        (tmp_path / name).mkdir()
    cluster.write(tmp_path / "later", "kept: later")
    assert "something was written" in cluster.plan("restore", "--yes", code=1)
    cluster.stopped("loading the database", "restore", "--backup", backup, "--yes")
    assert "has not ended" in cluster.deploy().said
    report = json.loads(cluster.plan("restore", "--backup", backup, "--yes", "--json"))
    assert cluster.titles(tmp_path / "after", "kept") == {"kept: before"}
    for host in cluster.hosts:
        assert cluster.root(host, "cat /var/lib/underdesk/sample/data/uploads/kept.txt") == "kept"
    assert cluster.root(cluster.hosts[0], f"ls {report['aside']}").split() == ["database.sql", "mail-queue", "sink", "uploads", "wiki-images"]


def test_a_backup_is_taken_with_a_host_lost(cluster: Kept, backup: str) -> None:
    cluster.lab("kill", cluster.hosts[0])
    try:
        made = json.loads(cluster.plan("backup", "--json"))
    finally:
        cluster.lab("start", cluster.hosts[0])
    assert made["host"] != cluster.hosts[0]
    assert made["id"] != backup
    states = "mariadb -N -e \"SHOW STATUS LIKE 'wsrep_local_state_comment'\""
    wait_for(lambda: all("Synced" in cluster.role(host, states) for host in cluster.hosts), WELL_S, "the cluster is not well again")
