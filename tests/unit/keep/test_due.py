"""What runs by itself runs when it is due, and a failure is not repeated every few minutes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from infra.deployment import Deployment
from infra.keep import backup, drill, due, memory

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def remember(deployment: Deployment, file: str, **ago: timedelta) -> None:
    path = deployment.folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({what: (NOW - since).isoformat() for what, since in ago.items()}))


def test_the_first_backup_is_due_at_once(ended: Deployment) -> None:
    assert due.backup_due(ended, NOW)


def test_before_the_first_deploy_has_ended_there_is_nothing_to_back_up(ended: Deployment) -> None:
    (ended.folder / "deployment.json").unlink()
    assert not due.backup_due(ended, NOW)


@pytest.mark.parametrize(("hours", "expected"), [(1, False), (23, False), (24, True), (100, True)])
def test_the_next_is_due_after_the_time_of_the_plan(ended: Deployment, hours: int, expected: bool) -> None:  # noqa: FBT001
    remember(ended, backup.LAST, time=timedelta(hours=hours))
    assert due.backup_due(ended, NOW) is expected


@pytest.mark.parametrize(("minutes", "expected"), [(10, False), (59, False), (60, True)])
def test_a_failed_one_is_tried_again_after_an_hour(ended: Deployment, minutes: int, expected: bool) -> None:  # noqa: FBT001
    remember(ended, backup.LAST, time=timedelta(days=2), failed_at=timedelta(minutes=minutes))
    assert due.backup_due(ended, NOW) is expected


def test_a_drill_needs_a_backup_and_comes_every_month(ended: Deployment) -> None:
    assert not due.drill_due(ended, NOW)
    remember(ended, backup.LAST, time=timedelta(hours=1))
    assert due.drill_due(ended, NOW)
    remember(ended, drill.LAST, time=timedelta(days=29))
    assert not due.drill_due(ended, NOW)
    remember(ended, drill.LAST, time=timedelta(days=30))
    assert due.drill_due(ended, NOW)


def test_what_a_clock_that_was_ahead_recorded_stops_nothing(ended: Deployment) -> None:
    remember(ended, backup.LAST, time=timedelta(days=-400))
    assert due.backup_due(ended, NOW)
    remember(ended, backup.LAST, time=timedelta(hours=1), failed_at=timedelta(days=-400))
    assert not due.backup_due(ended, NOW)
    remember(ended, drill.LAST, time=timedelta(days=-400))
    assert due.drill_due(ended, NOW)


def test_a_new_place_has_its_first_backup_at_once(ended: Deployment) -> None:
    memory.succeeded(ended.folder / backup.LAST, {"time": NOW.isoformat(), "place": "/mnt/old/pilot"})
    assert due.backup_due(ended, NOW)
    memory.failed(ended.folder / backup.LAST, NOW, "the disk is full")
    assert not due.backup_due(ended, NOW)
