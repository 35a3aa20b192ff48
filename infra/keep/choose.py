"""Which backup, and which part of the binary log, brings back what was asked for."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.keep import binlogs, manifest
from infra.keep.backup import check_clock
from infra.keep.repository import Repository, Snapshot
from infra.keep.staging import Source
from runtime.errors import PlanError

LISTED: Final = 3
Logs = tuple[tuple[str, Path], ...]


def newest(repository: Repository, at: datetime | None = None, wanted: str = "") -> Snapshot:
    """Return the backup ``wanted``, else the newest that is not younger than ``at``.

    Raises PlanError where there is none, or where the clock makes the choice meaningless.
    """
    there = repository.snapshots()
    now = datetime.now(UTC)
    if not wanted:
        check_clock(there, now)
    if at and at > now:
        raise PlanError(f"{at:%Y-%m-%d %H:%M:%S} UTC is still to come", where="--at", hint="name a time in the past; without a zone it is this machine's")
    if not there:
        raise PlanError("there is no backup", where=repository.place, hint="take one: plan backup")
    chosen = [one for one in there if (not wanted or one.id.startswith(wanted)) and (not at or one.time <= at)]
    if wanted and len(chosen) > 1:
        several = ", ".join(f"{one.id} ({one.time:%Y-%m-%d %H:%M})" for one in chosen[-LISTED:])
        raise PlanError(f"{len(chosen)} backups begin with {wanted}", where="--backup", hint=f"write more of its id; there are {several}")
    if chosen:
        return chosen[-1]
    some = ", ".join(f"{one.id} ({one.time:%Y-%m-%d %H:%M})" for one in there[-LISTED:])
    where, reason = ("--backup", f"no backup is called {wanted}") if wanted else ("--at", f"the oldest backup is from {there[0].time:%Y-%m-%d %H:%M:%S} UTC")
    raise PlanError(reason, where=where, hint=f"'plan backup --list' shows all; the newest are {some}")


def source(repository: Repository, snapshot: Snapshot) -> Source:
    """Return ``snapshot`` precisely as it was backed up; its manifest is read."""
    return Source(repository, snapshot, manifest.read(repository, snapshot))


def with_log(backed_up: Source, logs: Logs, at: datetime | None, work: Path) -> Source:
    """Return ``backed_up`` and the binary log that leads from it to ``at`` (None: as far as it goes): from ``logs``, and from the next backups.

    ``logs`` are folders with the timeline of the log in them; those of another data directory than the backup's are left out.
    ``work`` is a folder for what is fetched from later backups.
    """
    shutil.rmtree(work, ignore_errors=True)
    own = [folder for timeline, folder in logs if timeline == backed_up.manifest.position.timeline]
    return replace(backed_up, logs=(*own, *_of_later(backed_up, at, work)), until=at)


def _of_later(backed_up: Source, at: datetime | None, work: Path) -> list[Path]:
    repository, timeline = backed_up.repository, backed_up.manifest.position.timeline
    later = [one for one in repository.snapshots() if one.time > backed_up.snapshot.time]
    needed = next((index for index, one in enumerate(later, 1) if at and one.time > at), len(later))
    same = [one for one in later[:needed] if manifest.read(repository, one).position.timeline == timeline]
    return [binlogs.of_backup(repository, one.id, work / one.id) for one in same]
