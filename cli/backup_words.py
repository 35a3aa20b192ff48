"""Words for backups that a desk and a cluster share."""

from typing import Any

from infra.keep.repository import Snapshot


def backups(count: int) -> str:
    """Return so many backups in words."""
    return f"{count} backup{'' if count == 1 else 's'}"


def listed(there: list[Snapshot]) -> list[dict[str, Any]]:
    """Return backups for a program."""
    return [{"id": one.id, "time": one.time.isoformat(), "why": one.why, "host": one.host} for one in there]
