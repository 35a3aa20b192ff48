"""A drill: the newest backup restored on this host, beside the platform, and compared with what it says of itself."""

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keeping
import memory
import server
from problems import KeepError
from restic import Restic
from settings import Settings

WORK = "drill-scheduled"


def prove(settings: Settings) -> None:
    """Restore the newest backup, compare it, and record what came of it. Raises KeepError where it is not what it says, or cannot be restored."""
    started = time.monotonic()
    with keeping.folder(settings, "scheduled") as own, keeping.folder(settings, WORK) as work:
        keeping.unpack(settings, own)
        place = Restic(settings, own / "secrets")
        newest = place.newest()
        place.run("unlock")
        place.run("check", f"--read-data-subset={settings.told['drill']['share_percent']}%")
        said = json.loads(place.run("dump", newest["id"], f"/{settings.told['manifest']}", "--no-lock").stdout)
        keeping.need(work, said["dump_bytes"] * (1 + settings.told["drill"]["times"]) + said["counts"].get("file bytes", 0), "the backup beside the platform")
        place.run("restore", newest["id"], "--target", str(work), "--verify", "--no-lock")
        counts, wrong = _compared(settings, work, said)
    minutes = round((time.monotonic() - started) / 60, 2)
    done = {"snapshot": newest["id"], "minutes": minutes, "counts": counts}
    if wrong:
        raise KeepError(f"backup {newest['id']}: {'; '.join(wrong)}")
    memory.succeeded(settings, "drill", {"time": memory.now(), **done})
    sys.stdout.write(f"drill: backup {newest['id']} was restored and compared in {minutes:.1f} minutes\n")


def _compared(settings: Settings, work: Path, said: dict[str, Any]) -> tuple[dict[str, int], list[str]]:
    """Return what is in the backup, and what of that is not as it says."""
    file, told = work / settings.told["dump"], settings.told["drill"]
    dump = server.written(file)
    socket = f"{settings.home / told['server']}/socket"
    try:
        _sh(told["clear"])
        _sh(told["start"])
        load = f"{{ echo {shlex.quote(told['empty'])}; {told['copied']} <{shlex.quote(str(file))}; }} | {shlex.join(server.client(settings, socket))}"
        _sh(f"set -o pipefail; {load}")
        again = work / "again.sql"
        server.dump(settings, again, socket, position=False)
        rows = server.written(again).rows
        counts = {**server.counts(settings, socket), **keeping.counted(work, settings.told["files"])}
    finally:
        subprocess.run(["bash", "-c", told["clear"]], capture_output=True, check=False)  # noqa: S607 - our own words
    wrong = [f"{what}: {counts.get(what)} are there, {count} were backed up" for what, count in said["counts"].items() if counts.get(what) != count]
    if dump.digest != said["dump_sha256"]:
        wrong.append("the dump is not the one that the manifest names")
    if rows != dump.rows:
        wrong.append("the rows that were loaded are not those of the dump")
    return counts, wrong


def _sh(script: str) -> None:
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)  # noqa: S607 - our own words
    if done.returncode:
        raise KeepError(" ".join(done.stderr.split())[-300:] or f"ended with {done.returncode}: {script[:80]}")
