"""What is due by itself: backups, drills."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.deployment import Deployment
from infra.keep import backup, drill, places

AGAIN = timedelta(hours=1)  # after a failure


def backup_due(deployment: Deployment, now: datetime) -> bool:
    """Tell whether a backup is due at ``now``; at once where the plan names another place than that of the last.

    Before the first deploy has ended there is nothing to back up.
    """
    if not deployment.record().get("images"):
        return False
    last, own = backup.last(deployment), places.repository(deployment).place
    if last.get("place", own) != own:
        last = {name: value for name, value in last.items() if name != "time"}
    return _due(last, timedelta(minutes=deployment.plan.platform.backup.every_minutes), now)


def drill_due(deployment: Deployment, now: datetime) -> bool:
    """Tell whether a drill is due at ``now``: once there is a backup, every so many days of the plan."""
    days = deployment.plan.platform.backup.drill_days
    return bool(days) and "time" in backup.last(deployment) and _due(drill.last(deployment), timedelta(days=days), now)


def _due(last: dict[str, Any], every: timedelta, now: datetime) -> bool:
    """Tell whether ``every`` has gone by since the last success; after a failure an hour is waited.

    What was done in the future was done by a clock that went wrong, and counts for nothing.
    """
    if "failed_at" in last and _within(AGAIN, last["failed_at"], now):
        return False
    return "time" not in last or not _within(every, last["time"], now)


def _within(time: timedelta, since: str, now: datetime) -> bool:
    return timedelta(0) <= now - _time(since) < time


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
