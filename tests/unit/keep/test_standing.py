"""Status says when the last backup and drill were, and does not hide that a later one failed."""

from datetime import UTC, datetime

from infra.deployment import Deployment
from infra.keep import backup, drill, memory
from infra.keep.standing import lines

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_never_is_said(deployment: Deployment) -> None:
    assert [line.split() for line in lines(deployment, NOW)] == [["last", "backup", "never"], ["last", "drill", "never"]]


def test_the_last_that_passed_and_the_failure_after_it_are_both_said(deployment: Deployment) -> None:
    good = {"time": "2026-11-26T12:00:00+00:00", "id": "9ff5a2aa", "place": "/mnt/backups/pilot"}
    memory.succeeded(deployment.folder / backup.LAST, good)
    memory.failed(deployment.folder / backup.LAST, datetime(2026, 11, 28, 11, 30, tzinfo=UTC), "the disk is full")
    memory.succeeded(deployment.folder / drill.LAST, {"time": "2026-11-28T09:00:00+00:00", "snapshot": "9ff5a2aa", "minutes": 2.3})
    backed_up, drilled = lines(deployment, NOW)
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
