"""How often backups are taken and how long they are kept, in words: the same in every answer."""

from typing import Final

from sizing.interval import spoken
from sizing.plan import Backup

NEWEST: Final = 2
"""So many of the newest backups stay, whatever their age."""


def policy(backup: Backup) -> str:
    """Return when backups are taken, where they go and how long they are kept."""
    when = f"one every {spoken(backup.every_minutes * 60)}" if backup.scheduled else "none by themselves ('plan backup' takes one)"
    where = backup.to or "the platform's own disk"
    return f"{when}, to {where}; kept: {kept(backup.keep_daily, backup.keep_weekly, backup.keep_monthly)}"


def kept(daily: int, weekly: int, monthly: int) -> str:
    """Return which backups are kept."""
    units = ((daily, "day"), (weekly, "week"), (monthly, "month"))
    spans = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in units if count]
    return f"the last of each of {', '.join(spans)}, and at least the newest {NEWEST}"
