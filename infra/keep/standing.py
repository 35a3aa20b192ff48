"""How a deployment stands: the last backup, the last drill, what a loss of the disk would cost."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from infra.deployment import Deployment
from infra.keep import backup, changes, drill, places
from runtime.errors import PlanError
from sizing.kept import policy


def standing(deployment: Deployment) -> dict[str, Any]:
    """Return what was recorded of the last backup and drill, for a program."""
    return {"backup": backup.last(deployment), "drill": drill.last(deployment), "changes_lag_s": changes.lag(deployment)}


def lines(deployment: Deployment, now: datetime | None = None) -> list[str]:
    """Return the same for a person."""
    now = now or datetime.now(UTC)
    kept = f"{'backups':12} {policy(deployment.plan.platform.backup)}"
    backed_up = _line("last backup", backup.last(deployment), now) + _shared_fate(deployment)
    return [kept, backed_up, _line("last drill", drill.last(deployment), now), *_copied(deployment)]


def _shared_fate(deployment: Deployment) -> str:
    """Return a warning where backups are lost with the platform's disk, or their disk is not there."""
    with suppress(PlanError, OSError):
        repository = places.repository(deployment)
        if repository.folder and backup.last(deployment).get("place") == repository.place and not repository.folder.exists():
            return "; NOT THERE NOW: is the disk mounted?"
        if places.on_own_disk(deployment, repository):
            return "; ON THE PLATFORM'S OWN DISK: lost with it"
    return ""


def _copied(deployment: Deployment) -> list[str]:
    place = deployment.plan.platform.backup.changes_to
    if not place:
        return []
    lag_s = changes.lag(deployment)
    return [f"{'changes':12} " + (f"copied to {place}, {lag_s:.0f} s behind" if lag_s is not None else f"NOT copied to {place}: see 'plan logs binlogs'")]


def _line(what: str, last: dict[str, Any], now: datetime) -> str:
    passed = f"{_ago(last['time'], now)}{_more(last)}" if "time" in last else "never"
    failed = f"; FAILED {_ago(last['failed_at'], now)}: {last.get('problem', 'see keep/scheduled.log')}" if "failed_at" in last else ""
    return f"{what:12} {passed}{failed}"


def _more(last: dict[str, Any]) -> str:
    if "minutes" in last:
        return f": backup {last.get('snapshot', '')} was serving after {last['minutes']:.1f} minutes"
    return f": {last.get('id', '')} in {last.get('place', '')}"


def _ago(time: str, now: datetime) -> str:
    minutes = (now - datetime.fromisoformat(time)).total_seconds() / 60
    if minutes <= -1:
        return f"in the future ({time}): set the clock"
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes / size:.0f} {unit} ago"
    return f"{max(0, minutes):.0f} minutes ago"
