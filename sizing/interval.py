"""How often to back up, and time in words."""

from typing import Final

MINUTES: Final = (15, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
"""Parts of a day that a schedule can keep to."""
LEAST_COPIED: Final = 60
"""Where the database's changes are copied, a backup brings no more than new pictures: never more often than this."""
HOUR_S, MINUTE_S = 3600, 60


def every_minutes(target_minutes: float, *, copied: bool) -> int:
    """Return the time between two backups: the longest that leaves room for the backup itself below the wanted recovery point.

    Work is safe when the backup after it has ended, so a whole interval and the backup itself may be lost.
    """
    shortest = LEAST_COPIED if copied else MINUTES[0]
    return max((minutes for minutes in MINUTES if minutes < target_minutes and minutes >= shortest), default=shortest)


def spoken(seconds: float) -> str:
    """Return a time in words: 10 s, 45 minutes, 12 hours 2 minutes."""
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} s"
    minutes = round(seconds / MINUTE_S)
    hours, rest = divmod(minutes, 60)
    told = [_many(hours, "hour")] if hours else []
    return " ".join([*told, _many(rest, "minute")] if rest or not told else told)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
