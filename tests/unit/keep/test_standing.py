"""Status says when the last backup and drill were, and does not hide that a later one failed."""

import json
from datetime import UTC, datetime

from infra.deployment import Deployment
from infra.keep import backup, drill
from infra.keep.standing import lines

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_never_is_said(deployment: Deployment) -> None:
    assert [line.split() for line in lines(deployment, NOW)] == [["last", "backup", "never"], ["last", "drill", "never"]]


def test_the_last_that_passed_and_the_failure_after_it_are_both_said(deployment: Deployment) -> None:
    (deployment.folder / "keep").mkdir()
    good = {"time": "2026-11-26T12:00:00+00:00", "id": "9ff5a2aa", "place": "/mnt/backups/pilot"}
    (deployment.folder / backup.LAST).write_text(json.dumps({**good, "failed_at": "2026-11-28T11:30:00+00:00", "problem": "the disk is full"}))
    (deployment.folder / drill.LAST).write_text(json.dumps({"time": "2026-11-28T09:00:00+00:00", "snapshot": "9ff5a2aa", "minutes": 2.3}))
    backed_up, drilled = lines(deployment, NOW)
    assert "2 days ago: 9ff5a2aa in /mnt/backups/pilot" in backed_up
    assert "FAILED 30 minutes ago: the disk is full" in backed_up
    assert "3 hours ago: backup 9ff5a2aa was serving after 2.3 minutes" in drilled
