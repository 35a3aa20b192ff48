"""What was backed up comes back: at a moment, as late as possible, on a bare machine; and a damaged backup never half."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import Deployment
from infra.keep import backup, database, drill
from runtime.locks import lock
from runtime.run import run
from tests.platform.conftest import NAME, PLAN, Command
from tests.platform.keep.conftest import post, titles

HARM = """DELETE FROM blogs.wp_{0}_posts WHERE post_type = 'post' AND post_status = 'publish' LIMIT 1;
UPDATE blogs.wp_{0}_options SET option_value = 'Another blog' WHERE option_name = 'blogname'"""
PICTURE = bytes(range(256)) * 400


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of another disk, as far as the command can tell."""
    return tmp_path_factory.mktemp("backups")


@pytest.fixture(scope="module")
def key(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy of the key that its owner keeps elsewhere."""
    kept = tmp_path_factory.mktemp("safe") / "key"
    shutil.copy(deployment.folder / "secrets" / "backup", kept)
    return kept


def answer(plan: Command, *arguments: str) -> dict[str, Any]:
    done = plan(*arguments, "--json", "--name", NAME)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_a_moment_between_two_backups_comes_back_and_what_was_there_is_kept(
    deployment: Deployment, plan: Command, upload: Callable[[str, bytes], Path]
) -> None:
    post("Before the backup")
    picture = upload("keep-picture.bin", PICTURE)
    first = answer(plan, "backup")
    assert first["counts"]["files"] >= 1
    post("After the backup")
    moment = run(["docker", "exec", deployment.container("database"), "date", "-u", "+%Y-%m-%dT%H:%M:%S+00:00"]).stdout.strip()
    while datetime.now(UTC) < datetime.fromisoformat(moment) or int(datetime.now(UTC).timestamp()) == int(datetime.fromisoformat(moment).timestamp()):
        pass
    post("By mistake")
    picture.write_bytes(b"overwritten")
    report = answer(plan, "restore", "--at", moment, "--yes")
    there = titles()
    assert "Before the backup" in there
    assert "After the backup" in there
    assert "By mistake" not in there
    assert picture.read_bytes() == PICTURE
    assert (Path(report["aside"]) / "uploads" / "keep-picture.bin").read_bytes() == b"overwritten"
    assert plan("status", "--check", "--name", NAME).returncode == 0
    shutil.rmtree(report["aside"])


@pytest.mark.usefixtures("deployment")
def test_as_late_as_possible_loses_nothing(plan: Command) -> None:
    answer(plan, "backup")
    post("A minute after the backup")
    report = answer(plan, "restore", "--yes")
    assert "A minute after the backup" in titles()
    assert report["replayed"]
    shutil.rmtree(report["aside"])


def test_a_drill_fails_where_a_row_is_missing_or_a_page_is_another(deployment: Deployment, plan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(plan, "backup")
    count = database.Server.counts

    def damaged(restored: database.Server) -> dict[str, int]:
        """Damage what was just restored, before anything of it is counted or runs."""
        restored.ask(HARM.format(restored.ask("SELECT blog_id FROM blogs.wp_blogs WHERE path = '/news/'")))
        return count(restored)

    monkeypatch.setattr(database.Server, "counts", damaged)
    proof = drill.drill(deployment, print, lambda _beside: ())
    missing, other = proof.wrong
    assert missing.startswith("posts: ")
    assert other == f"{deployment.urls['internal']}news/: is not the page of 'Lab news'"
    assert not (deployment.folder / "drill").exists()


def test_a_drill_proves_the_newest_backup_and_leaves_nothing(deployment: Deployment, plan: Command) -> None:
    before = titles()
    answer(plan, "backup")
    proof = answer(plan, "drill")
    assert proof["passed"], proof["wrong"]
    assert proof["minutes"] > 0
    assert not (deployment.folder / "drill").exists()
    assert f"{NAME}-drill" not in run(["docker", "service", "ls", "--format", "{{.Name}}"]).stdout
    assert titles() == before
    assert "drill" in plan("status", "--name", NAME).stdout


@pytest.mark.parametrize("harm", ["flipped", "cut off"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(deployment: Deployment, plan: Command, tmp_path: Path, harm: str) -> None:
    made = plan("backup", "--to", str(tmp_path), "--name", NAME)
    assert made.returncode == 0, made.stderr
    for pack in (tmp_path / NAME / "data").rglob("*"):
        if pack.is_file():
            content = bytearray(pack.read_bytes())
            for place in range(0, len(content), 512):  # whatever of it is needed
                content[place] ^= 0xFF
            pack.chmod(0o600)
            pack.write_bytes(content if harm == "flipped" else content[: len(content) // 20])
    shutil.rmtree(deployment.folder / "keep" / "cache")
    before = titles()
    refused = plan("restore", "--from", str(tmp_path), "--yes", "--name", NAME)
    assert refused.returncode == 1
    assert "hint:" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert titles() == before


def test_a_backup_of_a_newer_version_is_refused(deployment: Deployment, plan: Command, tmp_path: Path) -> None:
    assert plan("backup", "--to", str(tmp_path), "--name", NAME).returncode == 0
    newer = tmp_path / "newer" / "keep" / "work"
    newer.mkdir(parents=True)
    (newer / "manifest.json").write_text(json.dumps({"version": 99, "name": NAME}))
    environment = {"RESTIC_REPOSITORY": str(tmp_path / NAME), "RESTIC_PASSWORD_FILE": str(deployment.folder / "secrets" / "backup")}
    run(["restic", "backup", "keep/work/manifest.json"], env=environment, cwd=tmp_path / "newer")
    refused = plan("restore", "--from", str(tmp_path), "--at", datetime.now(UTC).isoformat(timespec="seconds"), "--yes", "--name", NAME)
    assert refused.returncode == 1
    assert "newer Underdesk" in refused.stderr


def test_a_wrong_key_is_named(plan: Command, tmp_path: Path, place: Path) -> None:
    assert plan("backup", "--to", str(place), "--name", NAME).returncode == 0
    (tmp_path / "key").write_text("guessed")
    refused = plan("restore", "--from", str(place), "--key", str(tmp_path / "key"), "--name", NAME, "--yes")
    assert refused.returncode == 1
    assert "the key does not open it" in refused.stderr


@pytest.mark.parametrize("to", ["/nowhere/at/all", "sftp:x", "relative:thing"])
def test_a_place_that_is_none_is_refused(plan: Command, to: str) -> None:
    refused = plan("backup", "--to", to, "--name", NAME)
    assert refused.returncode == 1
    assert "hint:" in refused.stderr


def test_a_full_disk_is_said_and_the_backup_completes_when_there_is_space(plan: Command, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(small)])
    try:
        full = plan("backup", "--to", str(small), "--name", NAME)
        assert full.returncode == 1
        assert "the disk is full" in full.stderr
        assert "Traceback" not in full.stderr
        run(["mount", "-o", "remount,size=200m", str(small)])
        assert plan("backup", "--to", str(small), "--name", NAME).returncode == 0
    finally:
        run(["umount", str(small)])


def test_secrets_in_a_backup_are_not_readable_without_the_key(deployment: Deployment, place: Path) -> None:
    secret = (deployment.folder / "secrets" / "database-blogs").read_text().strip()
    found = subprocess.run(["grep", "-r", "-a", "-l", secret, str(place)], capture_output=True, check=False)
    assert found.returncode == 1


def beside() -> list[str]:
    """Return the services of a drill."""
    return run(["docker", "service", "ls", "--quiet", "--filter", f"name={NAME}-drill-"]).stdout.split()


def kill_a_drill(deployment: Deployment) -> None:
    """Begin a drill and kill it as soon as a service of it is there."""
    drilling = subprocess.Popen([PLAN, "drill", "--name", NAME], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 900
    while not beside() and time.monotonic() < until:
        assert drilling.poll() is None, "the drill ended by itself"
        time.sleep(0.2)
    os.killpg(drilling.pid, signal.SIGKILL)
    drilling.wait()
    assert beside()
    assert (deployment.folder / drill.WORK).is_dir()


def test_a_machine_that_has_nothing_of_it_gets_the_whole_platform_back(deployment: Deployment, plan: Command, place: Path, key: Path) -> None:
    post("On the old machine")
    assert plan("backup", "--to", str(place), "--name", NAME).returncode == 0
    assert plan("backup", "--name", NAME).returncode == 0
    kill_a_drill(deployment)
    with lock(backup.guard(deployment)):
        refused = plan("destroy", "--yes", "--delete-data", NAME)
    assert (refused.returncode, "another command works on this deployment" in refused.stderr) == (1, True)
    assert plan("destroy", "--yes", "--delete-data", NAME).returncode == 0
    assert not deployment.folder.exists()
    assert not beside()
    restored = plan("restore", "--from", str(place), "--key", str(key))
    assert restored.returncode == 0, restored.stderr
    assert "On the old machine" in titles()
    assert (deployment.folder / "data" / "uploads" / "keep-picture.bin").read_bytes() == PICTURE
    assert plan("status", "--check", "--name", NAME).returncode == 0
    assert plan("test", "smoke", "--name", NAME).returncode == 0
