"""Make a whole platform from its backups, on a machine that has nothing of it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from infra import deploy, hosts
from infra.checks import before_deploy
from infra.deployment import ROOT, Deployment, of, plan_file, read_plan
from infra.images import wanted
from infra.keep import backup, choose, copied, journal, manifest, staging
from infra.keep.journal import Journal
from infra.keep.repository import Repository
from infra.keep.restore import Report, Request, report, whole
from runtime.errors import PlanError
from runtime.locks import lock

FOREIGN = ("deployment.json", manifest.STATE)  # what ran on the other machine does not run here
LOGS = ROOT / ".restore-logs"
Say = Callable[[str], None]


def make_ready(say: Say) -> None:
    """Have what backups are read with: no deploy has been here yet."""
    if shutil.which("restic") is None:
        say("installing what backups are read with")
        hosts.install_backup_programs(say)


def restore(repository: Repository, name: str, request: Request, say: Say) -> tuple[Deployment, Report]:
    """Return the platform ``name``, made from its backups and serving. Killed at any point, the same call completes it."""
    started, place, folder = monotonic(), ROOT / name, ROOT / f".{name}.restoring"
    ROOT.mkdir(parents=True, exist_ok=True)
    with lock(ROOT / f"{name}.lock"), lock(ROOT / f"{name}.keep.lock"):
        begun = journal.left(place, repository.place, str(request))
        if begun is None:
            _refuse_what_is_there(place)
            begun = _made(repository, request, folder, say) or _make(repository, request, folder, say)
            folder.rename(place)
        deployment = of(read_plan(plan_file(place)))
        deploy.apply(deployment, deploy.Proposal(), say)
        backup.follow(deployment, say)
        (place / journal.FILE).unlink()
    return deployment, report(begun, monotonic() - started)


def unfinished(name: str) -> bool:
    """Tell whether ``name`` was put in its place by a restore that was then interrupted."""
    return (ROOT / name / journal.FILE).exists()


def _made(repository: Repository, request: Request, folder: Path, say: Say) -> Journal | None:
    """Return the journal of what an interrupted restore has made; None where there is nothing, or later work could be missing in it."""
    begun = journal.left(folder, repository.place, str(request))
    if not (begun and request.latest):
        return begun
    if begun.snapshot == choose.newest(repository).id and not read_plan(plan_file(folder)).platform.backup.changes_to:
        return begun
    say("there may be later work than when this restore was interrupted: it begins anew")
    return None


def _make(repository: Repository, request: Request, folder: Path, say: Say) -> Journal:
    """Make the deployment's folder beside its place, with a database that is loaded and stopped."""
    source = choose.source(repository, choose.newest(repository, request.at, request.wanted))
    staging.fetch(source, folder, say)
    for name in FOREIGN:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    plan = read_plan(plan_file(folder))
    if not request.wanted:
        logs = copied.logs(Deployment(plan, folder), source.manifest.position.timeline, LOGS / "copied")
        source = choose.with_log(source, logs, request.at, LOGS / "later")
    for note in before_deploy(of(plan), "local"):
        say(f"note: {note}")
    say("making the machine ready")
    hosts.converge(Deployment(plan, folder), say)
    staged = staging.build(source, folder, plan, say, wanted(Deployment(plan, folder))["database"])
    shutil.rmtree(LOGS, ignore_errors=True)
    return journal.write(folder, whole(source, staged, str(request), request.command))


def _refuse_what_is_there(place: Path) -> None:
    if place.exists():
        raise PlanError("is there already", where=str(place), hint="a platform that is there is restored without --from; or move the folder away")
