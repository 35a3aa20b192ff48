"""A repository of backups, by the real restic: what a kill or a power cut leaves locks nobody out."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.keep.repository import Policy, Repository, Snapshot
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
            with pytest.raises(Exception, match="another machine works on these backups"):
                filled.check()
        finally:
            process.kill()
