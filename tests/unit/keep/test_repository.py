"""A repository of backups, by the real restic: what a kill or a power cut leaves locks nobody out."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.keep.repository import Policy, Repository, Snapshot
from runtime.errors import PlanError
from runtime.run import Completed, run

TRIES = 20
S3, SFTP = "s3:https://s3.test/bucket/pilot", "sftp:keep@vault:/srv/pilot"
AFTER = "Is there a repository at the following location?"
SAID = [
    (S3, f"unable to open config file: Stat: dial tcp 127.0.0.1:1: connect: connection refused\n{AFTER}", "refused", "infrastructure.backup.to"),
    (S3, f"unable to open config file: Stat: dial tcp: lookup s3.test: no such host\n{AFTER}", "no such host", "infrastructure.backup.to"),
    (S3, f"unable to open config file: Stat: dial tcp 192.0.2.1:443: i/o timeout\n{AFTER}", "does not answer", "can be reached"),
    (S3, f"unable to open config file: Stat: Access Denied.\n{AFTER}", "refuses these credentials", "secrets/s3"),
    (S3, f"unable to open config file: Stat: 403 Forbidden\n{AFTER}", "refuses these credentials", "secrets/s3"),
    (S3, f"unable to open config file: Stat: The Access Key Id you provided does not exist in our records.\n{AFTER}", "credentials", "secrets/s3"),
    (S3, f"The request signature we calculated does not match the signature you provided.\n{AFTER}", "refuses these credentials", "secrets/s3"),
    (S3, f"unable to open config file: Stat: The specified key does not exist.\n{AFTER}", "there is no backup", "plan backup"),
    (SFTP, "subprocess ssh: ssh: Could not resolve hostname vault: Name or service not known\nFatal: EOF", "no such host", "infrastructure.backup.to"),
    (SFTP, "subprocess ssh: keep@vault: Permission denied (publickey).\nFatal: unable to start the sftp session", "by SSH", "'ssh keep@vault'"),
    (SFTP, "subprocess ssh: Host key verification failed.\nFatal: unable to start the sftp session", "SSH knows", "'ssh keep@vault'"),
    (SFTP, "Fatal: unable to open repository: unable to start the sftp session, error: EOF", "cannot be reached by SSH", "'ssh keep@vault'"),
    (SFTP, f"unable to open config file: Lstat: file does not exist\n{AFTER}", "there is no backup", "plan backup"),
]

needs_restic = pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
ONE = Snapshot("", datetime(2026, 11, 28, 12, tzinfo=UTC), "pilot", "by hand", "")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    key = tmp_path / "secrets" / "backup"
    key.parent.mkdir()
    key.write_text("secret")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "post").write_text("hello")
    return Repository(str(tmp_path / "backups" / "pilot"), key, tmp_path / "cache")


@pytest.fixture
def filled(repository: Repository) -> Repository:
    Path(repository.place).parent.mkdir()
    repository.ensure()
    take(repository)
    return repository


def take(repository: Repository) -> str:
    return repository.take(repository.key_file.parents[1] / "content", ["post"], ONE, lambda _: None)


def locks(repository: Repository) -> list[dict[str, Any]]:
    """Return the locks that are there, opened."""
    listed = run(["restic", "list", "locks", "--no-lock"], env=repository._environment()).stdout.split()
    return [json.loads(run(["restic", "cat", "lock", one, "--no-lock"], env=repository._environment()).stdout) for one in listed]


def die_while_checking(repository: Repository) -> None:
    """Kill restic -9 while it holds the exclusive lock."""
    folder = Path(repository.place) / "locks"
    for _ in range(TRIES):
        with subprocess.Popen(["restic", "check", "-r", repository.place, "-p", str(repository.key_file)], stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not any("tmp" not in path.name for path in folder.iterdir()):
                pass
            process.kill()
        if any(lock.get("exclusive") for lock in locks(repository)):
            return
    pytest.fail("no lock was left")


@needs_restic
def test_after_a_kill_with_an_exclusive_lock_all_works_by_itself(filled: Repository, tmp_path: Path) -> None:
    die_while_checking(filled)
    assert not filled.ensure()
    newest = filled.snapshots()[-1].id
    assert [entry["path"] for entry in filled.files(newest) if entry["type"] == "file"] == ["/post"]
    filled.restore(newest, tmp_path / "back", verify=True)
    assert (tmp_path / "back" / "post").read_text() == filled.text(newest, "post") == "hello"
    take(filled)
    die_while_checking(filled)
    filled.forget(Policy(7, 5, 12))


@needs_restic
def test_the_lock_of_a_process_that_lives_is_heeded(filled: Repository) -> None:
    arguments = ["-r", filled.place, "-p", str(filled.key_file)]
    with subprocess.Popen(["restic", "backup", "--stdin", *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        try:
            while not locks(filled):
                assert process.poll() is None
            with pytest.raises(PlanError, match="another machine works on these backups"):
                filled.check()
        finally:
            process.kill()


@needs_restic
def test_where_backups_were_no_empty_repository_takes_their_place(filled: Repository, tmp_path: Path) -> None:
    record = tmp_path / "last-backup.json"
    assert not filled.ensure(known=record)
    mounted = Path(filled.place)
    mounted.rename(tmp_path / "unmounted")
    with pytest.raises(PlanError, match="are gone") as caught:
        filled.ensure(known=record)
    assert "is the disk mounted?" in caught.value.hint
    assert not mounted.exists()


@pytest.mark.parametrize(("place", "restic_said", "said", "mend"), SAID)
def test_the_cause_is_said_and_not_that_there_is_no_backup(repository: Repository, place: str, restic_said: str, said: str, mend: str) -> None:
    problem = replace(repository, place=place).readable(Completed(1, "", restic_said))
    assert said in problem.message
    assert mend in problem.hint


@needs_restic
def test_a_place_that_cannot_be_reached_is_not_made(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "one")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "two")
    with pytest.raises(PlanError, match="connection is refused"):
        replace(repository, place="s3:http://127.0.0.1:1/bucket/pilot").ensure()
