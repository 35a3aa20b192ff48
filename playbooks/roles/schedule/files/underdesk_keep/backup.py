"""A backup: the database of this host as it is at one moment, the files that hosts share, and what this manager keeps."""

import json
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keeping
import memory
import server
from problems import KeepError
from restic import Restic
from settings import Settings

WORK = "scheduled"


def take(settings: Settings) -> None:
    """Take one, remove those that are no longer kept, and record it. Raises KeepError; then the last backups are as they were."""
    started = time.monotonic()
    server.ready(settings)
    with keeping.folder(settings, WORK) as work:
        keeping.unpack(settings, work)
        place = Restic(settings, work / "secrets")
        place.ensure(known=_known(settings))
        said = _written_down(settings, work)
        (work / "data").mkdir(mode=0o700, exist_ok=True)
        made = place.take(work, _paths(settings, work), datetime.fromisoformat(said["taken"]))
        done = {
            "id": made[:8],
            "time": said["taken"],
            "name": settings.name,
            "why": said["why"],
            "host": settings.host,
            "place": settings.place,
            "seconds": round(time.monotonic() - started, 1),
            "counts": said["counts"],
        }
        memory.succeeded(settings, "backup", done)
        sys.stdout.write(f"backup {made[:8]} in {done['seconds']:.0f} s: {settings.place}\n")
        try:
            place.newest()  # a clock that went wrong would choose wrongly what is kept
            place.run("forget", "--prune", "--quiet", *settings.keeping)
        except KeepError as problem:
            raise KeepError(f"old backups could not be removed: {problem}") from problem


def trial(settings: Settings) -> None:
    """Raise KeepError where the place of the plan could not be used now; nothing is written there."""
    with keeping.folder(settings, "trial") as own:
        keeping.unpack(settings, own)
        Restic(settings, own / "secrets").there(known=_known(settings))


def _known(settings: Settings) -> bool:
    last = memory.last(settings, "backup")
    return "time" in last and last.get("place") == settings.place


def _paths(settings: Settings, work: Path) -> list[str]:
    told = settings.told
    return [told["work"], *(name for name in told["names"] if (work / name).exists()), *(name for name in told["files"] if (settings.home / name).exists())]


def _written_down(settings: Settings, work: Path) -> dict[str, Any]:
    told, folder = settings.told, work / settings.told["work"]
    folder.mkdir(mode=0o700, parents=True)
    keeping.need(work, int(float(server.ask(settings, server.told(settings)["size"]))), "the copy of the database")
    server.dump(settings, work / told["dump"])
    dump = server.written(work / told["dump"])
    position = re.search(r"MASTER_LOG_FILE='([^']+)', MASTER_LOG_POS=(\d+)", dump.placed)
    if not position:
        raise KeepError("the dump says no position in the binary log")
    number = server.ask(settings, told["number"].format(file=position[1], offset=position[2]))
    said = {
        "version": told["version"],
        "name": settings.name,
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),  # the dump's moment is before it
        "why": "scheduled",
        "underdesk": settings.underdesk,
        "database": server.ask(settings, "SELECT @@version"),
        "dump_sha256": dump.digest,
        "dump_bytes": dump.size,
        "position": {"timeline": f"{settings.cluster}/{settings.host}{told['mark']}{number}", "file": position[1], "offset": int(position[2])},
        "counts": {**server.counts(settings), **keeping.counted(settings.home, told["files"])},
    }
    (work / told["manifest"]).write_text(json.dumps(said, indent=1), encoding="utf-8")
    return said
