"""What the loss of the machine costs: work lost (recovery point), and time until the first page (recovery time)."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from sizing import plan
from sizing.capacity import Case
from sizing.evidence import Array, Values
from sizing.infrastructure import Backup
from sizing.interval import spoken
from sizing.ladder import Rung
from sizing.storage import MIB_PER_GIB, Stored

HIGH: Final = 0.95
HOURS_PER_DAY_S: Final = 86_400
SPARE_DAYS: Final = 2
"""Copied changes are kept so many days longer than daily backups: one for the oldest day itself, one for a backup that failed."""


def recovery(case: Case, platform: plan.Platform) -> plan.Recovery:
    """Return recovery point and time at the horizon, in words and numbers, held against the brief's targets."""
    backup, targets, content = platform.backup, case.brief.targets, case.content(case.horizon)
    kept = backup.to and backup.scheduled
    files_s = backup.every_minutes * 60 + float(np.quantile(_backup_s(content, case.values), HIGH)) if kept else None
    point_s = case.values.point("copy_lag") if kept and backup.changes_to else files_s
    parts = _parts(content, case.values, backup)
    minutes = np.asarray(sum(parts.values())) / 60
    wanted = targets.recovery_point_minutes * 60
    return plan.Recovery(
        point_s=None if point_s is None else float(f"{point_s:.4g}"),
        files_point_s=None if files_s is None else float(f"{files_s:.4g}"),
        point=_point(backup),
        time_minutes=float(f"{minutes[0]:.4g}"),
        time_minutes_high=float(f"{np.quantile(minutes[1:], HIGH):.4g}"),
        time=_time(parts, backup),
        meets_point=point_s is not None and point_s <= wanted,
        meets_files_point=files_s is not None and files_s <= wanted,
        meets_time=bool(backup.to) and float(np.mean(minutes[1:] <= targets.recovery_time_minutes)) >= targets.confidence,
    )


def survives(rung: Rung, platform: plan.Platform) -> str:
    """Return what the chosen servers survive; of one machine also whether its disk may be lost."""
    if rung.machines > 1:
        return rung.survives
    backup = platform.backup
    if not backup.to:
        return f"{rung.survives}; not the loss of its disk: backups lie on it"
    if not backup.scheduled:
        return f"{rung.survives}; the loss of its disk, back to the last backup that somebody took"
    back = "up to its last seconds" if backup.changes_to else "back to the last backup"
    return f"{rung.survives}; the loss of its disk, {back}"


def changes_days(backup: plan.Backup | Backup) -> int:
    """Return for how many days copied changes are kept: those after the oldest daily backup, and room."""
    return backup.keep_daily + SPARE_DAYS


def changes_gib(backup: Backup, content: Stored, values: Values) -> float:
    """Return the GiB that the copied binary log takes, at the medians; 0 where none is copied."""
    daily = float(content.binlog_gib[0]) / values.point("binlog_days")
    return daily * changes_days(backup) if backup.changes_to else 0.0


def _backup_s(content: Stored, values: Values) -> Array:
    """Return the seconds (S,) until a backup has ended."""
    return np.asarray(values["backup_start"] + content.dump_gib * MIB_PER_GIB / values["dump_rate"])


def _parts(content: Stored, values: Values, backup: plan.Backup) -> Mapping[str, Array]:
    """Return the seconds (S,) of each part of the way back."""
    parts = {"engine": values["engine_install"], "platform": values["platform_build"]}
    if backup.to:
        parts["files"] = (content.dump_gib + content.files_gib) * MIB_PER_GIB / values["restore_rate"]
        parts["database"] = content.dump_gib * MIB_PER_GIB / values["import_rate"]
    if backup.to and backup.changes_to:
        daily = content.binlog_gib / values["binlog_days"]
        parts["changes"] = daily * backup.every_minutes * 60 / HOURS_PER_DAY_S * MIB_PER_GIB / values["replay_rate"]
    return parts


NAMES: Final = {
    "engine": "the container engine",
    "platform": "images, services and first page",
    "files": "files and dump out of the backup",
    "database": "the dump into the database",
    "changes": "the changes after the backup",
}


def _time(parts: Mapping[str, Array], backup: plan.Backup) -> str:
    told = ", ".join(f"{NAMES[name]} {spoken(float(seconds[0]))}" for name, seconds in parts.items())
    return told if backup.to else f"{told}; an empty platform: nothing is left to restore"


def _point(backup: plan.Backup) -> str:
    every = spoken(backup.every_minutes * 60)
    if not backup.to:
        taken = f"every {every}" if backup.scheduled else "taken by hand"
        lost = f"backups ({taken}) lie on the platform's own disk: they undo mistakes, and the loss of that disk loses everything"
        return f"{lost}; the changes copied to {backup.changes_to} cannot be used without a backup" if backup.changes_to else lost
    if not backup.scheduled:
        return "nothing backs up by itself (infrastructure.backup.scheduled is false): what came after the last 'plan backup', however much that is"
    where = _place(backup.to, "a disk of its own")
    if not backup.changes_to:
        return f"what came after the last backup that ended: one every {every} to {where}"
    copied = _place(backup.changes_to, "another disk than the platform's")
    return (
        f"the database's changes are copied to {copied} within seconds; pictures and other files are not among them:"
        f" they go back to the last backup that ended, one every {every} to {where}"
    )


def _place(place: str, disk: str) -> str:
    return f"{place} (if that is {disk})" if place.startswith("/") else place
