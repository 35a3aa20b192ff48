"""How a deployment stands: the last backup, the last drill, what a loss of the disk would cost."""

from datetime import UTC, datetime
from typing import Any

from infra.deployment import Deployment
from infra.keep import aside, backup, changes, drill, journal, key


def standing(deployment: Deployment) -> dict[str, Any]:
    """Return what was recorded of the last backup and drill, and what waits for somebody, for a program."""
    return {
        "backup": backup.last(deployment),
        "drill": drill.last(deployment),
        "changes_lag_s": changes.lag(deployment),
        "restore": journal.unended(deployment),
        "asides": [{"folder": str(one.folder), "bytes": one.size_bytes} for one in aside.asides(deployment)],
        "key_copied": key.copied(deployment.folder),
    }


def lines(deployment: Deployment, now: datetime | None = None) -> list[str]:
    """Return the same for a person."""
    now = now or datetime.now(UTC)
    said = [_line("last backup", backup.last(deployment), now), _line("last drill", drill.last(deployment), now)]
    return [*said, *_copied(deployment), *_waiting(deployment)]


def _waiting(deployment: Deployment) -> list[str]:
    """Return what somebody has to do."""
    restore, folder = journal.unended(deployment), deployment.folder
    said = [f"{'restore':12} {restore}"] if restore else []
    said += [f"{'put aside':12} {one}" for one in aside.asides(deployment)]
    return said if key.copied(folder) else [*said, f"{'backup key':12} {key.advice(folder)} (done: touch {folder / key.COPIED})"]


def _copied(deployment: Deployment) -> list[str]:
    place = deployment.plan.platform.backup.changes_to
    if not place:
        return []
    lag_s = changes.lag(deployment)
    return [f"{'changes':12} " + (f"copied to {place}, {lag_s:.0f} s behind" if lag_s is not None else f"NOT copied to {place}: see 'plan logs binlogs'")]


def _line(what: str, last: dict[str, Any], now: datetime) -> str:
    passed = f"{_ago(last['time'], now)}{_more(last)}" if "time" in last else "never"
    failed = f"; FAILED {_ago(last['failed_at'], now)}: {last['problem']}" if "failed_at" in last else ""
    return f"{what:12} {passed}{failed}"


def _more(last: dict[str, Any]) -> str:
    if "minutes" in last:
        return f": backup {last['snapshot']} was serving after {last['minutes']:.1f} minutes"
    return f": {last['id']} in {last['place']}"


def _ago(time: str, now: datetime) -> str:
    minutes = (now - datetime.fromisoformat(time)).total_seconds() / 60
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes / size:.0f} {unit} ago"
    return f"{max(0, minutes):.0f} minutes ago"
