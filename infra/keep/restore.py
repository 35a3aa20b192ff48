"""Bring a backup back to a platform that is there: made whole beside it, then put in its place."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from infra import deploy
from infra.deployment import Deployment
from infra.images import wanted
from infra.keep import backup, binlogs, choose, copied, database, journal, manifest, places, staging, swap
from infra.keep.journal import COPIED, LATER, WORK, Journal
from infra.keep.repository import Repository
from infra.keep.staging import Source, Staged
from infra.reach import wait_for_pages
from runtime.errors import PlanError
from runtime.locks import lock

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

    @property
    def command(self) -> str:
        """The command that asks for it."""
        return "plan restore" + (f" --backup {self.wanted}" if self.wanted else f" --at {self.at:%Y-%m-%dT%H:%M:%S%z}" if self.at else "")


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
        journal.refuse_another(deployment, str(request))
        try:
            begun = _begun(deployment, repository, request, say) or _stage(deployment, repository, request, say)
        except BaseException:
            if request.latest and swap.runs(deployment):
                swap.open_again(deployment)
            raise
        _put(deployment, begun, say)
        backup.follow(deployment, say)
        shutil.rmtree(work)
    return report(begun, monotonic() - started)


def database_back(deployment: Deployment, snapshot: str, say: Say) -> Report:
    """Put the database of backup ``snapshot`` in the place of the present one; files stay. The caller holds the deployment's lock."""
    started, work, request = monotonic(), deployment.folder / WORK, f"the database of backup {snapshot}"
    with lock(backup.guard(deployment)):
        journal.refuse_another(deployment, request)
        repository = places.repository(deployment)
        source = choose.source(repository, choose.newest(repository, wanted=snapshot))
        staging.fetch(source, work, say, only=(manifest.WORK, "secrets"))
        staged = staging.build(source, work, deployment.plan, say, wanted(deployment)["database"])
        for name in manifest.FILES:
            shutil.rmtree(work / name)
        begun = journal.write(work, whole(source, staged, request, "plan upgrade", aside=_aside(deployment)))
        _put(deployment, begun, say)
        backup.follow(deployment, say)
        shutil.rmtree(work)
    return report(begun, monotonic() - started)


def state_back(deployment: Deployment, repository: Repository, request: Request, say: Say) -> Path:
    """Put the state of the Pulumi engine in the backup of ``request`` in the place of the present one; return where that is now."""
    with lock(deployment.lock_file), lock(backup.guard(deployment)):
        journal.refuse_another(deployment)
        snapshot, work = choose.newest(repository, request.at, request.wanted), deployment.folder / WORK
        shutil.rmtree(work, ignore_errors=True)
        say(f"fetching the state of backup {snapshot.id} of {snapshot.time:%Y-%m-%d %H:%M:%S} UTC")
        repository.restore(snapshot.id, work, only=(manifest.STATE,), verify=True)
        if not (work / manifest.STATE).is_dir():
            raise PlanError("holds no state", where=f"backup {snapshot.id}", hint="choose another: plan backup --list")
        aside = deployment.folder / f"{manifest.STATE}.before-{_stamp()}"
        (deployment.folder / manifest.STATE).rename(aside)
        (work / manifest.STATE).rename(deployment.folder / manifest.STATE)
        shutil.rmtree(work)
    return aside


def whole(source: Source, staged: Staged, request: str, again: str, aside: Path | None = None) -> Journal:
    """Return the journal of a restore that is made whole: from here on it is only moved into its place."""
    counts = {**source.manifest.counts, **staged.counts}
    return Journal(
        place=source.repository.place,
        request=request,
        again=again,
        snapshot=source.snapshot.id,
        taken=source.manifest.taken,
        replayed=staged.replayed,
        counts=counts,
        aside=str(aside or ""),
    )


def report(begun: Journal, seconds: float) -> Report:
    """Return what a finished restore says of itself."""
    aside = Path(begun.aside) if begun.aside else None
    return Report(begun.snapshot, begun.taken, begun.replayed, begun.counts, round(seconds, 1), aside)


def _begun(deployment: Deployment, repository: Repository, request: Request, say: Say) -> Journal | None:
    """Return the journal of the same restore where an interrupted one can be put in its place as it is; None where it is made anew."""
    work = deployment.folder / WORK
    found = journal.read(work)
    if found and found.moved:
        return found
    found = journal.left(work, repository.place, str(request))
    if not (found and request.latest):
        return found
    if swap.runs(deployment):
        _close_for_writing(deployment, say)
    if found.end == binlogs.end(deployment.folder):
        return found
    say("the platform has run since this restore was interrupted: what was made for it is dropped, it begins anew")
    return None


def _stage(deployment: Deployment, repository: Repository, request: Request, say: Say) -> Journal:
    """Make everything that the restore needs beside the platform."""
    work, source = deployment.folder / WORK, choose.source(repository, choose.newest(repository, request.at, request.wanted))
    staging.fetch(source, work, say, only=(manifest.WORK, "secrets", *manifest.FILES))
    if request.latest:
        _complete_the_log(deployment, say)
    if not request.wanted:
        logs = logs_of(deployment, source.manifest.position.timeline)
        source = choose.with_log(source, logs, request.at, deployment.folder / LATER)
    staged = staging.build(source, work, deployment.plan, say, wanted(deployment)["database"])
    for fetched in (LATER, COPIED):
        shutil.rmtree(deployment.folder / fetched, ignore_errors=True)
    return _noted(deployment, whole(source, staged, str(request), request.command, _aside(deployment)))


def _noted(deployment: Deployment, begun: Journal) -> Journal:
    """Write down that it is whole, and where the platform's log ends now."""
    return journal.write(deployment.folder / WORK, begun.model_copy(update={"end": binlogs.end(deployment.folder)}))


def _complete_the_log(deployment: Deployment, say: Say) -> None:
    """Let nobody write from here on, so that what is brought back is all there is."""
    if swap.runs(deployment):
        _close_for_writing(deployment, say)
        with suppress(PlanError):  # a database that does not run has ended its log
            database.of(deployment).rotate()


def _close_for_writing(deployment: Deployment, say: Say) -> None:
    say("closing the platform: what is written now would not be brought back")
    swap.close(deployment, keep=("database", "binlogs"))


def logs_of(deployment: Deployment, timeline: str) -> tuple[tuple[str, Path], ...]:
    """Return the folders that hold a binary log, each with the timeline that it belongs to: the platform's own, and its copy."""
    own = (database.timeline(deployment.folder), deployment.folder / manifest.BINLOGS)
    return (own, *copied.logs(deployment, timeline, deployment.folder / COPIED))


def _put(deployment: Deployment, begun: Journal, say: Say) -> None:
    there = swap.runs(deployment)
    if there:
        say("closing the platform")
        swap.close(deployment)
    say(f"moving it into place; what was there is kept in {begun.aside}")
    try:
        if not begun.moved:
            _noted(deployment, begun)  # stopping the database has lengthened its log
        swap.swap(deployment.folder / WORK / "data", deployment.folder / "data", Path(begun.aside))
    except (OSError, PlanError):
        if there and not begun.moved:
            swap.open_again(deployment)
        raise
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
