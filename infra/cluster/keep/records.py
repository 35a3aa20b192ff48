"""What was recorded of backups and drills of a cluster: small files in the store that its hosts share, whoever did it."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from infra.cluster.keep.host import OnHost
from infra.keep import memory
from runtime import files

FOLDER: Final = "keep"
"""In the store, and in the deployment's folder."""
LOCK: Final = "lock"
"""Beside them: one backup, restore or drill on all hosts at a time."""


def newest(told: Iterable[Mapping[str, str] | None]) -> dict[str, str]:
    """Return what stands in each file, as hosts tell; where they differ (one was cut off) the newest."""
    found: dict[str, str] = {}
    for name, text in ((name, text) for one in told for name, text in (one or {}).items()):
        if name not in found or _moment(text) > _moment(found[name]):
            found[name] = text
    return found


def put(found: Mapping[str, str], folder: Path) -> None:
    """Have them where a desk's commands look for them, in the deployment's ``folder`` of this machine."""
    for name, text in found.items():
        (folder / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(folder / FOLDER / name, text, files.PRIVATE)


def store(host: OnHost, file: Path) -> None:
    """Keep a record in the store."""
    place = host.data / FOLDER
    host.write(place / file.name, file.read_text(encoding="utf-8"))


def _moment(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    return max((str(found.get(name, "")) for name in memory.MOMENTS), default="") if isinstance(found, dict) else ""
