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
from runtime.run import run

TRIES = 20

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


@needs_restic
def test_a_place_that_cannot_be_reached_is_not_made(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "one")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "two")
    with pytest.raises(PlanError, match="connection refused"):
        replace(repository, place="s3:http://127.0.0.1:1/bucket/pilot").ensure()
