"""Backups of a cluster on three real hosts: taken, proved, brought back, and brought back again after they were stopped in between."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.lab.cluster import standing, wait_for
from tests.lab.keeping import LAST, Kept

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
WELL_S = 300


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with standing(Kept(f"k{SLOT}eep", 3, tmp_path_factory.mktemp("keep"))) as made:
        yield made


@pytest.fixture(scope="module")
def backup(cluster: Kept, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a backup that holds a post and a file."""
    cluster.write(tmp_path_factory.mktemp("before"), "kept: before")
    cluster.root(cluster.hosts[0], "echo kept >/var/lib/underdesk/sample/data/uploads/kept.txt")
    return str(cluster.plan("backup", "--json").answer["id"])


def test_every_row_and_file_of_it_is_there_and_nothing_of_the_drill_stays(cluster: Kept, backup: str) -> None:
    proof = cluster.plan("drill", "--json").answer
    assert (proof["passed"], proof["snapshot"]) == (True, backup)
    print(f"drill: {60 * proof['minutes']:.0f} s")  # noqa: T201 - the figure
    for host in cluster.hosts:
        assert cluster.role(host, "ls -d /var/lib/underdesk/sample/keep/drill* 2>/dev/null; systemctl is-active underdesk-drill") == "inactive"


def test_a_restore_that_is_stopped_is_completed_by_the_same_command_and_no_deploy_opens_half_of_it(cluster: Kept, backup: str, tmp_path: Path) -> None:
    for name in ("later", "before", "after"):
        (tmp_path / name).mkdir()
    cluster.write(tmp_path / "later", "kept: later")
    assert "something was written" in cluster.plan("restore", "--yes", code=1).said
    cluster.stopped("loading the database", "restore", "--backup", backup, "--yes")
    assert "has not ended" in cluster.deploy().said
    report = cluster.plan("restore", "--backup", backup, "--yes", "--json").answer
    print(f"restored, killed once before: {report['seconds']:.0f} s")  # noqa: T201 - the figure
    assert cluster.titles(tmp_path / "after", "kept") == {"kept: before"}
    for host in cluster.hosts:
        assert cluster.root(host, "cat /var/lib/underdesk/sample/data/uploads/kept.txt") == "kept"
    assert cluster.root(cluster.hosts[0], f"ls {report['aside']}").split() == ["database.sql", "mail-queue", "sink", "uploads", "wiki-images"]


def test_it_comes_back_as_it_was_at_a_moment_after_the_backup(cluster: Kept, backup: str, tmp_path: Path) -> None:
    for name in ("wanted", "unwanted", "after"):
        (tmp_path / name).mkdir()
    cluster.write(tmp_path / "wanted", "kept: wanted")
    time.sleep(2)  # the log counts in seconds
    at = datetime.now(UTC).isoformat(timespec="seconds")
    time.sleep(2)
    cluster.write(tmp_path / "unwanted", "kept: unwanted")
    report = cluster.plan("restore", "--at", at, "--yes", "--json").answer
    assert (report["snapshot"], report["at"]) == (backup, at)
    assert cluster.titles(tmp_path / "after", "kept") == {"kept: before", "kept: wanted"}
    print(f"restored up to a moment in {report['seconds']:.0f} s")  # noqa: T201 - the figure


def test_a_backup_is_taken_with_a_host_lost(cluster: Kept, backup: str) -> None:
    cluster.lab("kill", cluster.hosts[0])
    try:
        made = cluster.plan("backup", "--json").answer
    finally:
        cluster.lab("start", cluster.hosts[0])
    assert made["host"] != cluster.hosts[0]
    assert made["id"] != backup
    states = "mariadb -N -e \"SHOW STATUS LIKE 'wsrep_local_state_comment'\""
    wait_for(lambda: all("Synced" in cluster.role(host, states) for host in cluster.hosts), WELL_S, "the cluster is not well again")


def test_managers_back_up_by_themselves_once_and_one_that_is_lost_does_not_stop_it(cluster: Kept, backup: str) -> None:
    cluster.schedule()
    before = {one["id"] for one in cluster.kept()[1]}
    assert backup in before
    cluster.due(cluster.hosts)
    keep, there = cluster.kept()
    made = [one for one in there if one["id"] not in before]
    assert [one["why"] for one in made] == ["scheduled"]
    assert (keep["backup"]["id"], keep["backup"].get("problem")) == (made[0]["id"], None)
    assert keep["drill"]["snapshot"] == made[0]["id"], keep
    print(f"by {keep['backup']['host']} in {keep['backup']['seconds']:.0f} s, proved in {60 * keep['drill']['minutes']:.0f} s")  # noqa: T201 - the figure
    gone = keep["backup"]["host"]
    rest = [host for host in cluster.hosts if host != gone]
    cluster.root(gone, f"setsid --fork flock {Path(LAST).with_name('lock')} sleep 900 </dev/null >/dev/null 2>&1")  # it is lost while it works
    cluster.due(rest[:1])
    assert json.loads(cluster.role(rest[0], f"cat {LAST}"))["id"] == made[0]["id"]
    cluster.lab("kill", gone)
    try:
        wait_for(lambda: cluster.role(rest[0], f"flock --nonblock {Path(LAST).with_name('lock')} true && echo free") == "free", WELL_S, "it holds the lock")
        cluster.due(rest)
        said = cluster.role(rest[0], f"cat {LAST}")
    finally:
        cluster.lab("start", gone)
    assert json.loads(said)["host"] in rest
    assert json.loads(said)["id"] not in before | {made[0]["id"]}
