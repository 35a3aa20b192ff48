"""What is due by itself: backups, drills."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.deployment import Deployment
from infra.keep import backup, drill

AGAIN = timedelta(hours=1)  # after a failure


def backup_due(deployment: Deployment, now: datetime) -> bool:
    """Tell whether a backup is due at ``now``."""
    return _due(backup.last(deployment), timedelta(minutes=deployment.plan.platform.backup.every_minutes), now)


def drill_due(deployment: Deployment, now: datetime) -> bool:
    """Tell whether a drill is due at ``now``: once there is a backup, every so many days of the plan."""
    days = deployment.plan.platform.backup.drill_days
    return bool(days) and "time" in backup.last(deployment) and _due(drill.last(deployment), timedelta(days=days), now)


def _due(last: dict[str, Any], every: timedelta, now: datetime) -> bool:
    """Tell whether ``every`` has gone by since the last success; after a failure an hour is waited."""
    if "failed_at" in last and now - _time(last["failed_at"]) < AGAIN:
        return False
    return "time" not in last or now - _time(last["time"]) >= every


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
