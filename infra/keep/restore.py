"""Bring a backup back to a platform that is there: made whole beside it, then put in its place."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from infra import deploy
from infra.deployment import Deployment
from infra.images import wanted
from infra.keep import backup, choose, copied, database, manifest, places, staging, swap
from infra.keep.repository import Repository
from infra.keep.staging import Source, Staged
from infra.reach import wait_for_pages
from runtime import files
from runtime.errors import PlanError
from runtime.locks import lock

WORK = "restore"  # below the deployment's folder: the same disk, so that moving is renaming
LATER = "restore-logs"
COPIED = "restore-copied"
JOURNAL = "journal.json"
PAGES_S = 180
Say = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What to bring back: as it was ``at`` (None: as late as possible), or precisely as in the backup ``wanted``."""

    at: datetime | None = None
    wanted: str = ""

    @property
    def latest(self) -> bool:
        """Whether as much as possible is brought back."""
        return not (self.at or self.wanted)

    def __str__(self) -> str:
        return f"backup {self.wanted}" if self.wanted else f"{self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else "as late as possible"


@dataclass(frozen=True)
class Report:
    """What was brought back, how long that took (s), and where the data that was there is (None: there was none)."""

    snapshot: str
    taken: datetime
    replayed: tuple[str, ...]
    counts: dict[str, int]
    seconds: float
    aside: Path | None


def restore(deployment: Deployment, repository: Repository, request: Request, say: Say) -> Report:
    """Put the content of a backup in the place of what ``deployment`` holds; settings, secrets and state stay as they are.

    Killed at any point, the same call completes it. What was there is kept in a folder aside.
    """
    started, work = monotonic(), deployment.folder / WORK
    with lock(deployment.lock_file), lock(backup.guard(deployment)):
        journal = left(work, repository, request) or _stage(deployment, repository, request, say)
        _put(deployment, work / "data", Path(journal["aside"]), say)
        backup.follow(deployment, say)
        shutil.rmtree(work)
    return report(journal, monotonic() - started)


def database_back(deployment: Deployment, snapshot: str, say: Say) -> Report:
    """Put the database of backup ``snapshot`` in the place of the present one; files stay. The caller holds the deployment's lock."""
    started, work = monotonic(), deployment.folder / WORK
    with lock(backup.guard(deployment)):
        repository = places.repository(deployment)
        source = choose.source(repository, choose.newest(repository, wanted=snapshot))
        staging.fetch(source, work, say, only=(manifest.WORK, "secrets"))
        staged = staging.build(source, work, deployment.plan, say, wanted(deployment)["database"])
        for name in manifest.FILES:
            shutil.rmtree(work / name)
        journal = write_journal(work, Request(wanted=snapshot), source, staged, _aside(deployment))
        _put(deployment, work / "data", Path(journal["aside"]), say)
        backup.follow(deployment, say)
        shutil.rmtree(work)
    return report(journal, monotonic() - started)


def state_back(deployment: Deployment, repository: Repository, say: Say) -> Path:
    """Put the newest backed-up state of the Pulumi engine in the place of the present one; return where that is now."""
    with lock(deployment.lock_file), lock(backup.guard(deployment)):
        snapshot, work = choose.newest(repository), deployment.folder / WORK
        shutil.rmtree(work, ignore_errors=True)
        say(f"fetching the state of backup {snapshot.id}")
        repository.restore(snapshot.id, work, only=(manifest.STATE,), verify=True)
        if not (work / manifest.STATE).is_dir():
            raise PlanError("holds no state", where=f"backup {snapshot.id}", hint="choose another: plan backup --list")
        aside = deployment.folder / f"{manifest.STATE}.before-{_stamp()}"
        (deployment.folder / manifest.STATE).rename(aside)
        (work / manifest.STATE).rename(deployment.folder / manifest.STATE)
        shutil.rmtree(work)
    return aside


def left(work: Path, repository: Repository, request: Request) -> dict[str, Any] | None:
    """Return the journal of a restore of the same ``request`` from the same place that was staged whole and not yet put in place."""
    path = work / JOURNAL
    with suppress(PlanError, ValueError, KeyError):
        journal = json.loads(files.read(path))
        if (journal["place"], journal["request"]) == (repository.place, str(request)):
            return dict(journal)
    return None


def write_journal(work: Path, request: Request, source: Source, staged: Staged, aside: Path | None) -> dict[str, Any]:
    """Write that ``work`` is whole: from here on a restore is only moved into its place."""
    journal = {
        "place": source.repository.place,
        "request": str(request),
        "snapshot": source.snapshot.id,
        "taken": source.manifest.taken.isoformat(),
        "replayed": list(staged.replayed),
        "counts": {**source.manifest.counts, **staged.counts},
        "aside": str(aside or ""),
    }
    files.write(work / JOURNAL, json.dumps(journal, indent=1), files.PRIVATE)
    return journal


def report(journal: dict[str, Any], seconds: float) -> Report:
    """Return what a finished restore says of itself."""
    aside = Path(journal["aside"]) if journal["aside"] else None
    return Report(journal["snapshot"], datetime.fromisoformat(journal["taken"]), tuple(journal["replayed"]), journal["counts"], round(seconds, 1), aside)


def _stage(deployment: Deployment, repository: Repository, request: Request, say: Say) -> dict[str, Any]:
    """Make everything that the restore needs beside the platform; where that fails the platform is open and as it was."""
    work, source = deployment.folder / WORK, choose.source(repository, choose.newest(repository, request.at, request.wanted))
    staging.fetch(source, work, say, only=(manifest.WORK, "secrets", *manifest.FILES))
    try:
        if request.latest:
            _complete_the_log(deployment, say)
        if not request.wanted:
            logs = logs_of(deployment, source.manifest.position.timeline)
            source = choose.with_log(source, logs, request.at, deployment.folder / LATER)
        staged = staging.build(source, work, deployment.plan, say, wanted(deployment)["database"])
    except BaseException:
        if request.latest and swap.runs(deployment):
            swap.open_again(deployment)
        raise
    for fetched in (LATER, COPIED):
        shutil.rmtree(deployment.folder / fetched, ignore_errors=True)
    return write_journal(work, request, source, staged, _aside(deployment))


def _complete_the_log(deployment: Deployment, say: Say) -> None:
    """Let nobody write from here on, so that what is brought back is all there is."""
    if swap.runs(deployment):
        say("closing the platform: what is written now would not be brought back")
        swap.close(deployment, keep=("database", "binlogs"))
        with suppress(PlanError):  # a database that does not run has ended its log
            database.of(deployment).rotate()


def logs_of(deployment: Deployment, timeline: str) -> tuple[tuple[str, Path], ...]:
    """Return the folders that hold a binary log, each with the timeline that it belongs to: the platform's own, and its copy."""
    own = (database.timeline(deployment.folder), deployment.folder / manifest.BINLOGS)
    return (own, *copied.logs(deployment, timeline, deployment.folder / COPIED))


def _put(deployment: Deployment, staged: Path, aside: Path, say: Say) -> None:
    there = swap.runs(deployment)
    if there:
        say("closing the platform")
        swap.close(deployment)
    say(f"moving it into place; what was there is kept in {aside}")
    swap.swap(staged, deployment.folder / "data", aside)
    say("starting the platform")
    if there:
        swap.open_again(deployment)
        swap.wait_until_open(deployment)
        wait_for_pages(deployment, PAGES_S)
    else:
        deploy.apply(deployment, deploy.Proposal(), say)


def _aside(deployment: Deployment) -> Path:
    return deployment.folder / f"data.before-{_stamp()}"


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
