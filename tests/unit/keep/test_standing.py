"""Status says when the last backup and drill were, and does not hide that a later one failed."""

from datetime import UTC, datetime

from infra.deployment import Deployment
from infra.keep import backup, drill, key, memory
from infra.keep.standing import lines, standing

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_never_is_said(deployment: Deployment) -> None:
    assert [line.split() for line in lines(deployment, NOW)[:2]] == [["last", "backup", "never"], ["last", "drill", "never"]]


def test_the_last_that_passed_and_the_failure_after_it_are_both_said(deployment: Deployment) -> None:
    good = {"time": "2026-11-26T12:00:00+00:00", "id": "9ff5a2aa", "place": "/mnt/backups/pilot"}
    memory.succeeded(deployment.folder / backup.LAST, good)
    memory.failed(deployment.folder / backup.LAST, datetime(2026, 11, 28, 11, 30, tzinfo=UTC), "the disk is full")
    memory.succeeded(deployment.folder / drill.LAST, {"time": "2026-11-28T09:00:00+00:00", "snapshot": "9ff5a2aa", "minutes": 2.3})
    backed_up, drilled, *_ = lines(deployment, NOW)
    assert "2 days ago: 9ff5a2aa in /mnt/backups/pilot" in backed_up
    assert "FAILED 30 minutes ago: the disk is full" in backed_up
    assert "3 hours ago: backup 9ff5a2aa was serving after 2.3 minutes" in drilled


def test_a_success_forgets_the_failure_before_it(deployment: Deployment) -> None:
    memory.failed(deployment.folder / drill.LAST, NOW, "a page is missing")
    memory.succeeded(deployment.folder / drill.LAST, {"time": NOW.isoformat(), "snapshot": "9ff5a2aa", "minutes": 2.3})
    assert "FAILED" not in lines(deployment, NOW)[1]


def test_a_record_that_cannot_be_read_counts_as_none(deployment: Deployment) -> None:
    (deployment.folder / "keep").mkdir()
    (deployment.folder / drill.LAST).write_text("{")
    assert drill.last(deployment) == {}


def test_the_key_is_named_until_somebody_says_that_it_was_copied(deployment: Deployment) -> None:
    assert f"copy {deployment.folder}/secrets/backup somewhere safe" in lines(deployment, NOW)[-1]
    assert standing(deployment)["key_copied"] is False
    (deployment.folder / "keep").mkdir()
    (deployment.folder / key.COPIED).touch()
    assert not [line for line in lines(deployment, NOW) if "key" in line]
    assert standing(deployment)["key_copied"] is True


def test_what_restores_put_aside_is_named_with_its_size_until_it_is_removed(deployment: Deployment) -> None:
    left = deployment.folder / "data.before-20261128T120000"
    (left / "database").mkdir(parents=True)
    (left / "database" / "rows").write_bytes(b"x" * 3 * 1024**2)
    assert [line for line in lines(deployment, NOW) if f"{left}, 3 MiB" in line]
    assert standing(deployment)["asides"] == [{"folder": str(left), "bytes": 3 * 1024**2}]
