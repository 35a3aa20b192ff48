"""What is remembered of the last attempt at a thing, and of the last that succeeded: one small file of the deployment."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from runtime import files
from runtime.errors import PlanError

SCHEMA_VERSION = 1
MOMENTS: Final = ("time", "failed_at")
KINDS: Final[dict[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(("id", "place", "problem", "snapshot", "why"), str),
    **dict.fromkeys(("minutes", "seconds"), (int, float)),
    "counts": dict,
}


def last(path: Path) -> dict[str, Any]:
    """Return what was recorded; {} where there is nothing, or nothing readable."""
    try:
        recorded = json.loads(files.read(path))
    except (PlanError, ValueError, RecursionError):
        return {}
    return recorded if isinstance(recorded, dict) and all(_good(name, value) for name, value in recorded.items()) else {}


def _good(name: str, value: object) -> bool:
    """Tell whether ``value`` is what ``name`` may hold: a file that was damaged or written by hand must not stop a command."""
    if name in MOMENTS:
        return _moment(value)
    return isinstance(value, KINDS.get(name, object)) and not isinstance(value, bool)


def _moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def due(path: Path) -> None:
    """Forget the last attempt, and not where it was."""
    _write(path, {name: value for name, value in last(path).items() if name == "place"})


def succeeded(path: Path, content: dict[str, Any]) -> None:
    """Record a success as ``content``; an earlier failure is forgotten."""
    _write(path, content)


def failed(path: Path, at: datetime, problem: str, more: dict[str, Any] | None = None) -> None:
    """Record a failure (and ``more``) beside the last success, whose ``time`` stays."""
    _write(path, {**last(path), "failed_at": at.isoformat(timespec="seconds"), "problem": problem, **(more or {})})


def _write(path: Path, content: dict[str, Any]) -> None:
    files.write(path, json.dumps({"schema": {"version": SCHEMA_VERSION}, **content}, indent=1), files.PRIVATE)
