"""What is remembered of the last attempt at a thing, and of the last that succeeded: one small file of the deployment."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime import files
from runtime.errors import PlanError

SCHEMA_VERSION = 1


def last(path: Path) -> dict[str, Any]:
    """Return what was recorded; {} where there is nothing, or nothing readable."""
    try:
        recorded = json.loads(files.read(path))
    except (PlanError, ValueError):
        return {}
    return recorded if isinstance(recorded, dict) else {}


def succeeded(path: Path, content: dict[str, Any]) -> None:
    """Record a success as ``content``; an earlier failure is forgotten."""
    files.write(path, json.dumps({"schema": {"version": SCHEMA_VERSION}, **content}, indent=1), files.PRIVATE)


def failed(path: Path, at: datetime, problem: str, more: dict[str, Any] | None = None) -> None:
    """Record a failure (and ``more``) beside the last success, whose ``time`` stays."""
    succeeded(path, {**last(path), "failed_at": at.isoformat(timespec="seconds"), "problem": problem, **(more or {})})
