"""What is due, and whose turn it is."""

from datetime import UTC, datetime
from pathlib import Path

import memory
import server
from settings import RUN, Settings

AGAIN_S = 3600
"""After a failure here; others try meanwhile."""
TURN_S = 240
"""So much longer each host waits than the one before it: the first does it, where it can."""


def turn(settings: Settings, what: str, now: float) -> bool:
    """Tell whether something is due, and has been for as long as this host leaves it to others. A host that is written to comes last."""
    since = RUN / f"{what}-due"
    if not due(settings, what, now):
        since.unlink(missing_ok=True)
        return False
    RUN.mkdir(mode=0o700, exist_ok=True)
    first = _moment(since, now)
    wait = settings.turn * TURN_S
    if 0 <= now - first < wait:
        return False
    return now - first >= wait + settings.told["runners"] * TURN_S or not server.written_to(settings)


def due(settings: Settings, what: str, now: float) -> bool:
    """Tell whether so long has gone by as the plan says since it was done; what was done in the future counts for nothing."""
    if not memory.there(settings):
        return False
    last, every = memory.last(settings, what), settings.every_s if what == "backup" else settings.drill_s
    backup = memory.last(settings, "backup")
    if what == "drill" and (not every or backup.get("place") != settings.place or "time" not in backup):
        return False
    if last.get("failed_on", settings.host) == settings.host and _within(AGAIN_S, last.get("failed_at"), now):
        return False
    elsewhere = what == "backup" and last.get("place", settings.place) != settings.place
    return elsewhere or not _within(every, last.get("time"), now)


def _within(seconds: float, since: object, now: float) -> bool:
    try:
        return isinstance(since, str) and 0 <= now - datetime.fromisoformat(since).astimezone(UTC).timestamp() < seconds
    except ValueError:
        return False


def _moment(file: Path, now: float) -> float:
    """Return when the file was made, which is now where it was not there."""
    try:
        return float(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        file.write_text(f"{now}", encoding="ascii")
        return now
