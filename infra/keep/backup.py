"""Take a backup: the database as it was at one moment, files, settings, secrets and state, as one snapshot."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any, Final

from infra.deployment import Deployment
from infra.keep import database, manifest, memory, places, room
from infra.keep.database import Server
from infra.keep.manifest import Manifest
from infra.keep.repository import Policy, Repository, Snapshot
from runtime import files
from runtime.errors import PlanError
from runtime.locks import lock

LAST = "keep/last-backup.json"
SPARE_BYTES: Final = 64 * 1024**2
SAY_EVERY_S: Final = 5
CLOCK_SLACK: Final = timedelta(minutes=10)
Say = Callable[[str], None]


def guard(deployment: Deployment) -> Path:
    """Return the lock that a backup or a restore holds; a deploy may run beside a backup."""
    return deployment.folder.parent / f"{deployment.name}.keep.lock"


def policy(deployment: Deployment) -> Policy:
    """Return how long backups are kept."""
    keep = deployment.plan.platform.backup
    return Policy(keep.keep_daily, keep.keep_weekly, keep.keep_monthly)


@dataclass(frozen=True)
class Material:
    """What is copied: ``paths`` below ``folder`` of the machine where restic runs, the manifest ``said`` of it among them."""

    said: Manifest
    folder: Path
    paths: list[str]


Gather = Callable[[str, Say], AbstractContextManager[Material]]
"""Makes it, for a reason, and takes away what was made for it."""


def take(deployment: Deployment, say: Say, *, why: str = "by hand", to: str = "") -> Snapshot:
    """Back up ``deployment`` and return the snapshot. Raises PlanError; then the last backups are as they were."""
    with lock(guard(deployment)):
        return taken(deployment, places.repository(deployment, to), _of_desk(deployment), say, why)


def follow(deployment: Deployment, say: Say) -> None:
    """Take the first backup of a database that was just restored; the caller holds the guard.

    Its binary log begins anew, so without this backup nothing would lead to what is written from now on. Where it
    fails that is said, and the schedule tries again.
    """
    say("backing up what was restored: what is written from now on follows from it")
    repository = places.repository(deployment)
    try:
        taken(deployment, repository, _of_desk(deployment), say, "after a restore")
    except PlanError as problem:
        say(f"note: no backup could be taken ({problem}): run 'plan backup'")
        memory.due(record(deployment, repository))


def forget(deployment: Deployment, say: Say, *, to: str = "") -> None:
    """Remove the backups that the policy no longer keeps; a failure is recorded."""
    repository = places.repository(deployment, to)
    with lock(guard(deployment)):
        say(f"keeping {policy(deployment)}")
        try:
            repository.forget(policy(deployment))
        except PlanError as problem:
            memory.failed(record(deployment, repository), datetime.now(UTC), f"old backups could not be removed: {problem}")
            raise


def last(deployment: Deployment, repository: Repository | None = None) -> dict[str, Any]:
    """Return what was recorded of the last attempt: time, id, place, seconds, problem; {} where there was none.

    That at the plan's own place, which the schedule and ``plan status`` go by, or at another.
    """
    return memory.last(record(deployment, repository) if repository else deployment.folder / LAST)


def record(deployment: Deployment, repository: Repository) -> Path:
    """Return where attempts at the place of ``repository`` are recorded: each place has a record of its own."""
    own = repository.place == places.repository(deployment).place
    return deployment.folder / (LAST if own else f"keep/last-backup-{files.digest(repository.place)[:8]}.json")


def taken(deployment: Deployment, repository: Repository, gather: Gather, say: Say, why: str) -> Snapshot:
    """Copy what ``gather`` makes to ``repository``, and record that; whoever calls keeps others from the same."""
    started, now, path = monotonic(), datetime.now(UTC), record(deployment, repository)
    try:
        if repository.ensure(known=path if memory.last(path).get("place") == repository.place else None):
            say(f"made a place for backups: {repository.place}")
        check_clock(repository.snapshots(), now)
        with gather(why, say) as material:
            said = material.said
            wanted = Snapshot("", said.taken, deployment.name, why, "")
            say("copying to the backups")
            made = repository.take(material.folder, material.paths, wanted, _progress(say))
    except PlanError as problem:
        if path == deployment.folder / LAST or path.exists():  # of a mistyped place nothing stays
            memory.failed(path, now, str(problem))
        raise
    snapshot = Snapshot(made[:8], said.taken, deployment.name, why, repository.at.name)
    done = {"time": said.taken.isoformat(timespec="seconds"), "place": repository.place, "seconds": round(monotonic() - started, 1), "counts": said.counts}
    memory.succeeded(path, {**asdict(snapshot), **done})
    return snapshot


def _of_desk(deployment: Deployment) -> Gather:
    @contextmanager
    def gather(why: str, say: Say) -> Iterator[Material]:
        with _workplace(deployment) as work:
            said = _contents(deployment, work, why, say)
            yield Material(said, deployment.folder, manifest.content(deployment.folder, said.position))

    return gather


def check_clock(there: list[Snapshot], now: datetime) -> None:
    """Raise PlanError where a backup comes from the future: what is kept would be chosen wrongly."""
    if there and there[-1].time > now + CLOCK_SLACK:
        raise PlanError(
            f"says {now:%Y-%m-%d %H:%M} UTC, but the newest backup is from {there[-1].time:%Y-%m-%d %H:%M}",
            where="the clock of this machine",
            hint=f"set the clock (timedatectl, or date); if it is right, it was not then: 'restic forget {there[-1].id}' removes that backup",
        )


@contextmanager
def _workplace(deployment: Deployment) -> Iterator[Path]:
    """Give a folder for what is made for this backup; what a killed one left goes first."""
    work = deployment.folder / manifest.WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700, parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _contents(deployment: Deployment, work: Path, why: str, say: Say) -> Manifest:
    server, dump = database.of(deployment), deployment.folder / manifest.DUMP
    _room(server, work)
    say("writing down the database")
    server.rotate()
    server.dump(dump)
    said = Manifest(
        name=deployment.name,
        taken=datetime.now(UTC),  # the dump's moment is before it
        why=why,
        underdesk=version("underdesk"),
        database=server.version(),
        dump_sha256=database.digest(dump),
        dump_bytes=dump.stat().st_size,
        position=database.position(dump, database.timeline(deployment.folder)),
        counts={**server.counts(), **manifest.files_of(deployment.folder)},
    )
    files.write(deployment.folder / manifest.MANIFEST, said.model_dump_json(indent=1), files.PRIVATE)
    return said


def _room(server: Server, work: Path) -> None:
    """Raise PlanError where the dump will not fit."""
    needs = int(server.ask("SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema IN ('blogs', 'wiki')")) + SPARE_BYTES
    room.need(work, needs, "the copy of the database", "make space (old backups: 'plan backup --forget')")


def _progress(say: Say) -> Callable[[dict[str, Any]], None]:
    told = monotonic()

    def hear(message: dict[str, Any]) -> None:
        nonlocal told
        if message["message_type"] == "status" and monotonic() - told > SAY_EVERY_S:
            told = monotonic()
            say(f"{100 * message.get('percent_done', 0):.0f} %")

    return hear
