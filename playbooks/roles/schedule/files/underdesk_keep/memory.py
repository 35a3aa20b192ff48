"""What was done last, in the store that hosts share, and the lock that one of them holds while it works."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from settings import Settings

SCHEMA = 1


def there(settings: Settings) -> bool:
    """Tell whether the files that hosts share are here."""
    try:
        return settings.data.is_mount() if settings.store else settings.data.is_dir()
    except OSError:  # of a mount whose program died
        return False


def last(settings: Settings, what: str) -> dict[str, Any]:
    """Return what was recorded of the last time; {} where there is nothing, or nothing readable."""
    try:
        found = json.loads(_file(settings, what).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def succeeded(settings: Settings, what: str, content: dict[str, Any]) -> None:
    """Record it; an earlier failure is forgotten."""
    _write(settings, what, content)


def failed(settings: Settings, what: str, problem: str) -> None:
    """Record a failure beside the last success; where the files that hosts share are not here, only the journal knows."""
    more = {"failed_at": now(), "problem": f"{settings.host}: {problem}"[:500], "failed_on": settings.host}
    with suppress(OSError):
        if there(settings):
            _write(settings, what, {**last(settings, what), **more})


@contextmanager
def held(settings: Settings) -> Iterator[bool]:
    """Hold the lock of all hosts, and say whether it is ours: of two that want it one has it, and of one that is gone it is free again."""
    settings.memory.mkdir(mode=0o700, exist_ok=True)
    with (settings.memory / "lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        (settings.memory / "lock.who").write_text(f"the schedule on {settings.host} since {datetime.now():%H:%M:%S}\n", encoding="utf-8")  # noqa: DTZ005 - as the others say it
        yield True


def now() -> str:
    """Return this moment as it is recorded."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _file(settings: Settings, what: str) -> Path:
    return settings.memory / f"last-{what}.json"


def _write(settings: Settings, what: str, content: dict[str, Any]) -> None:
    file = _file(settings, what)
    fresh = file.with_name(f".{file.name}")
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with fresh.open("w", encoding="utf-8") as new:
        new.write(json.dumps({"schema": {"version": SCHEMA}, **content}, indent=1))
        new.flush()
        os.fsync(new.fileno())
    fresh.replace(file)
