"""How a deployment stands: the last backup, the last drill, what a loss of the disk would cost."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra import history
from infra.deployment import Deployment
from infra.keep import aside, backup, changes, drill, journal, key, places
from runtime.errors import PlanError
from sizing.interval import spoken
from sizing.kept import policy

LATE_BACKUP: Final = 2
"""Times what the plan promises between two backups: one may fail, or the machine be off for a night."""
LATE_DRILL: Final = 1.5
"""Times the plan's days between two drills: 45 days where it says 30."""
NO: Final = 3
UNSAID: Final = "see keep/scheduled.log"
ON_HOSTS: Final = "'journalctl -u underdesk-keep' on the managers"
NOBODY: Final = "BY NOBODY: no manager holds the database and has the files; call 'plan backup --inventory' from a timer"


def standing(deployment: Deployment) -> dict[str, Any]:
    """Return what was recorded of the last backup and drill, and what waits for somebody, for a program."""
    problems = [{"message": problem.message, "hint": problem.hint} for problem in wrong(deployment)]
    return {
        "backup": backup.last(deployment),
        "drill": drill.last(deployment),
        "changes_lag_s": changes.lag(deployment),
        "problems": problems,
        "restore": journal.unended(deployment),
        "asides": [{"folder": str(one.folder), "bytes": one.size_bytes} for one in aside.asides(deployment)],
        "key_copied": key.copied(deployment.folder),
    }


def lines(deployment: Deployment, now: datetime | None = None) -> list[str]:
    """Return the same for a person."""
    now = now or datetime.now(UTC)
    kept = f"{'backups':12} {policy(deployment.plan.platform.backup)}"
    backed_up = _line("last backup", backup.last(deployment), now, late=_backup_late(deployment, now)) + _shared_fate(deployment)
    drilled = _line("last drill", drill.last(deployment), now, late=_drill_late(deployment, now))
    return [kept, backed_up, drilled, *_copied(deployment)]


def of_cluster(deployment: Deployment, by: Sequence[str], now: datetime | None = None) -> list[str]:
    """Return how backups and drills of a cluster stand, for a person; ``by`` are the hosts that take them by themselves."""
    now, keep, store = now or datetime.now(UTC), deployment.plan.platform.backup, backup.last(deployment)
    where = "" if keep.to else "; IN THE CLUSTER'S OWN STORE: lost with all its hosts"
    backed_up = _line("last backup", store, now, late=_backup_late(deployment, now)) + where
    lines = [backed_up, _line("last drill", drill.last(deployment), now, late=_drill_late(deployment, now))]
    return [f"{'backups':12} {policy(keep)}{f'; {who(by)}' if keep.scheduled else ''}", *lines]


def who(by: Sequence[str]) -> str:
    """Return in words which hosts of a cluster back up by themselves, who begins first."""
    if not by:
        return NOBODY
    others = " or ".join(by[1:])
    return f"by {by[0]}, else by {others}" if others else f"by {by[0]}"


def wrong(deployment: Deployment, now: datetime | None = None) -> list[PlanError]:
    """Return what failed last or is overdue, each with its mend; nothing for who may not read what was recorded."""
    return list(_wrong(deployment, now or datetime.now(UTC)))


def _wrong(deployment: Deployment, now: datetime) -> Iterator[PlanError]:
    keep, where = deployment.plan.platform.backup, deployment.name
    every, days = spoken(60 * keep.every_minutes), keep.drill_days
    for what, last, late, promised in (
        ("backup", backup.last(deployment), _backup_late(deployment, now), f"every {every}"),
        ("drill", drill.last(deployment), _drill_late(deployment, now), f"every {days} days"),
    ):
        if "failed_at" in last:
            said = f"the last {what} failed {_ago(last['failed_at'], now)}: {last.get('problem', UNSAID)}"
            yield PlanError(said, where=where, hint=f"mend that, then run '{_command(deployment, what)}'", exit_code=NO)
        elif late:
            said = f"the last {what} was {_ago(last['time'], now)}" if "time" in last else f"there was no {what} yet"
            why = ON_HOSTS if deployment.on_hosts else f"{deployment.folder}/keep/scheduled.log, and does cron run?"
            hint = f"run '{_command(deployment, what)}'; then see why the schedule did not: {why}"
            yield PlanError(f"{said}; the plan promises one {promised}", where=where, hint=hint, exit_code=NO)


def _command(deployment: Deployment, what: str) -> str:
    return f"plan {what}{' --inventory' if deployment.on_hosts else ''}"


def _backup_late(deployment: Deployment, now: datetime) -> bool:
    return _late(deployment, backup.last(deployment), LATE_BACKUP * timedelta(minutes=deployment.plan.platform.backup.every_minutes), now)


def _drill_late(deployment: Deployment, now: datetime) -> bool:
    return _late(deployment, drill.last(deployment), LATE_DRILL * timedelta(days=deployment.plan.platform.backup.drill_days), now)


def _late(deployment: Deployment, last: dict[str, Any], most: timedelta, now: datetime) -> bool:
    """Tell whether more than ``most`` (0: never) has gone by since the last success, or since the first deploy where there was none."""
    if not (most and deployment.plan.platform.backup.scheduled and _readable(deployment)):
        return False
    since = [last["time"]] if "time" in last else [entry.note.time for entry in history.entries(deployment)]
    return bool(since) and now - datetime.fromisoformat(since[0]) > most


def _readable(deployment: Deployment) -> bool:
    folder = (deployment.folder / backup.LAST).parent
    return not folder.exists() or os.access(folder, os.X_OK)


def _shared_fate(deployment: Deployment) -> str:
    """Return a warning where backups are lost with the platform's disk, or their disk is not there."""
    with suppress(PlanError, OSError):
        repository = places.repository(deployment)
        if repository.folder and backup.last(deployment).get("place") == repository.place and not repository.folder.exists():
            return "; NOT THERE NOW: is the disk mounted?"
        if places.on_own_disk(deployment, repository):
            return "; ON THE PLATFORM'S OWN DISK: lost with it"
    return ""


def waiting(deployment: Deployment) -> list[str]:
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


def _line(what: str, last: dict[str, Any], now: datetime, *, late: bool) -> str:
    passed = f"{_ago(last['time'], now)}{_more(last)}" if "time" in last else "never"
    failed = f"; FAILED {_ago(last['failed_at'], now)}: {last.get('problem', UNSAID)}" if "failed_at" in last else ""
    return f"{what:12} {passed}{failed}{'; OVERDUE' if late else ''}"


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
