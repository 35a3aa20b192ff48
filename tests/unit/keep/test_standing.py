"""Status says when the last backup and drill were, and does not hide that a later one failed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.deployment import Deployment
from infra.keep import backup, drill, memory
from infra.keep.standing import lines
from sizing.plan import Backup

DAMAGED = [
    "{",
    "[]",
    '{"time": 5}',
    '{"time": "2026-11-28T12:00:00"}',
    '{"time": "yesterday"}',
    '{"failed_at": null}',
    '{"failed_at": "2026-11-28T12:00:00+00:00", "problem": 5}',
    '{"time": "2026-11-28T12:00:00+00:00", "snapshot": "9ff5a2aa", "minutes": "2"}',
]
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_never_is_said(deployment: Deployment) -> None:
    kept, backed_up, drilled = lines(deployment, NOW)
    assert "one every 24 hours, to the platform's own disk; kept: the last of each of 7 days, 5 weeks, 12 months, and at least the newest 2" in kept
    assert backed_up.split()[:3] == ["last", "backup", "never;"]
    assert drilled.split() == ["last", "drill", "never"]


def test_backups_that_share_the_fate_of_the_disk_are_said_wherever_the_plan_meant_them(deployment: Deployment, tmp_path: Path) -> None:
    assert "OWN DISK" in lines(deployment, NOW)[1]
    meant = deployment.plan.platform.model_copy(update={"backup": Backup(to=str(tmp_path / "unmounted"))})
    assert "OWN DISK" in lines(replace(deployment, plan=deployment.plan.model_copy(update={"platform": meant})), NOW)[1]
    memory.succeeded(deployment.folder / backup.LAST, {"time": NOW.isoformat(), "place": str(tmp_path / "unmounted" / deployment.name)})
    assert "is the disk mounted?" in lines(replace(deployment, plan=deployment.plan.model_copy(update={"platform": meant})), NOW)[1]
    away = deployment.plan.platform.model_copy(update={"backup": Backup(to="sftp:keep@vault:/srv")})
    assert "OWN DISK" not in lines(replace(deployment, plan=deployment.plan.model_copy(update={"platform": away})), NOW)[1]


def test_a_time_to_come_is_no_zero_minutes(deployment: Deployment) -> None:
    memory.succeeded(deployment.folder / backup.LAST, {"time": "2027-11-28T12:00:00+00:00", "id": "9ff5a2aa", "place": "/mnt/backups/pilot"})
    assert "in the future (2027-11-28T12:00:00+00:00): set the clock" in lines(deployment, NOW)[1]


def test_the_last_that_passed_and_the_failure_after_it_are_both_said(deployment: Deployment) -> None:
    good = {"time": "2026-11-26T12:00:00+00:00", "id": "9ff5a2aa", "place": "/mnt/backups/pilot"}
    memory.succeeded(deployment.folder / backup.LAST, good)
    memory.failed(deployment.folder / backup.LAST, datetime(2026, 11, 28, 11, 30, tzinfo=UTC), "the disk is full")
    memory.succeeded(deployment.folder / drill.LAST, {"time": "2026-11-28T09:00:00+00:00", "snapshot": "9ff5a2aa", "minutes": 2.3})
    _, backed_up, drilled = lines(deployment, NOW)
    assert "2 days ago: 9ff5a2aa in /mnt/backups/pilot" in backed_up
    assert "FAILED 30 minutes ago: the disk is full" in backed_up
    assert "3 hours ago: backup 9ff5a2aa was serving after 2.3 minutes" in drilled


def test_a_success_forgets_the_failure_before_it(deployment: Deployment) -> None:
    memory.failed(deployment.folder / drill.LAST, NOW, "a page is missing")
    memory.succeeded(deployment.folder / drill.LAST, {"time": NOW.isoformat(), "snapshot": "9ff5a2aa", "minutes": 2.3})
    assert "FAILED" not in lines(deployment, NOW)[2]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_record_that_cannot_be_read_counts_as_none(deployment: Deployment, damaged: str) -> None:
    (deployment.folder / "keep").mkdir()
    for record in (backup.LAST, drill.LAST):
        (deployment.folder / record).write_text(damaged)
    assert drill.last(deployment) == {}
    assert [line.split()[2].rstrip(";") for line in lines(deployment, NOW)[1:]] == ["never", "never"]


def test_a_record_with_less_than_all_is_said_as_far_as_it_goes(deployment: Deployment) -> None:
    for record in (backup.LAST, drill.LAST):
        memory.succeeded(deployment.folder / record, {"failed_at": NOW.isoformat(), "time": NOW.isoformat()})
    assert ["FAILED" in line for line in lines(deployment, NOW)] == [False, True, True]
