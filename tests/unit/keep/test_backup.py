"""What is recorded of a backup is recorded where it went, and the schedule and the key go by the plan's own place."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra import credentials
from infra.deployment import Deployment
from infra.keep import backup, due, manifest, places
from infra.keep.manifest import Manifest, Position
from runtime.errors import PlanError

pytestmark = pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def written(ended: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Give a deployment whose database needs no server."""
    credentials.ensure(ended.folder)

    def contents(_: Deployment, __: Path, why: str, ___: object) -> Manifest:
        start = Position(timeline="ours", file="binlog.000001", offset=4)
        now = datetime.now(UTC)
        return Manifest(name="pilot", taken=now, why=why, underdesk="0", database="11.8", dump_sha256="", dump_bytes=0, position=start, counts={})

    monkeypatch.setattr(backup, "_contents", contents)
    monkeypatch.setattr(manifest, "content", lambda *_: ["secrets"])
    return ended


def test_a_backup_elsewhere_is_not_the_scheduled_one_and_its_failure_no_failure_of_it(written: Deployment, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    stick = str(tmp_path / "stick")
    made = backup.take(written, quiet, to=stick)
    assert backup.last(written) == {}
    assert due.backup_due(written, datetime.now(UTC))
    assert backup.last(written, places.repository(written, stick))["id"] == made.id
    own = backup.take(written, quiet)
    (tmp_path / "stick").rename(tmp_path / "away")
    with pytest.raises(PlanError, match="no such folder"):
        backup.take(written, quiet, to=stick)
    assert (backup.last(written)["id"], "failed_at" in backup.last(written)) == (own.id, False)


def test_on_a_disk_that_is_not_mounted_no_new_repository_is_made(written: Deployment, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    stick = str(tmp_path / "stick")
    backup.take(written, quiet, to=stick)
    (tmp_path / "stick").rename(tmp_path / "away")
    (tmp_path / "stick").mkdir()
    with pytest.raises(PlanError, match="are gone") as caught:
        backup.take(written, quiet, to=stick)
    assert "is the disk mounted?" in caught.value.hint
    assert not list((tmp_path / "stick").iterdir())


def test_after_a_restore_whose_backup_failed_one_is_due_and_its_place_is_known(written: Deployment) -> None:
    backup.take(written, quiet)
    (written.folder / "backups").rename(written.folder.parent / "away")
    backup.follow(written, quiet)
    assert due.backup_due(written, datetime.now(UTC))
    assert backup.last(written)["place"] == str(written.folder / "backups")
    assert not (written.folder / "backups").exists()
