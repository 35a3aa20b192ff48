"""What runs by itself runs when it is due, and a failure is not repeated every few minutes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from infra.deployment import Deployment
from infra.keep import backup, drill, due

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def remember(deployment: Deployment, file: str, **ago: timedelta) -> None:
    path = deployment.folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({what: (NOW - since).isoformat() for what, since in ago.items()}))


def test_the_first_backup_is_due_at_once(deployment: Deployment) -> None:
    assert due.backup_due(deployment, NOW)


@pytest.mark.parametrize(("hours", "expected"), [(1, False), (23, False), (24, True), (100, True)])
def test_the_next_is_due_after_the_time_of_the_plan(deployment: Deployment, hours: int, expected: bool) -> None:  # noqa: FBT001
    remember(deployment, backup.LAST, time=timedelta(hours=hours))
    assert due.backup_due(deployment, NOW) is expected


@pytest.mark.parametrize(("minutes", "expected"), [(10, False), (59, False), (60, True)])
def test_a_failed_one_is_tried_again_after_an_hour(deployment: Deployment, minutes: int, expected: bool) -> None:  # noqa: FBT001
    remember(deployment, backup.LAST, time=timedelta(days=2), failed_at=timedelta(minutes=minutes))
    assert due.backup_due(deployment, NOW) is expected


def test_a_drill_needs_a_backup_and_comes_every_month(deployment: Deployment) -> None:
    assert not due.drill_due(deployment, NOW)
    remember(deployment, backup.LAST, time=timedelta(hours=1))
    assert due.drill_due(deployment, NOW)
    remember(deployment, drill.LAST, time=timedelta(days=29))
    assert not due.drill_due(deployment, NOW)
    remember(deployment, drill.LAST, time=timedelta(days=30))
    assert due.drill_due(deployment, NOW)
