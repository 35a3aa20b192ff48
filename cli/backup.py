"""``plan backup``: all that must not be lost, copied to where the plan says."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import ask
from cli.backup_words import backups, listed
from cli.cluster_keep import cluster_backup, cluster_key
from infra import live
from infra.deployment import ROOT, Deployment, load
from infra.keep import backup as keeping
from infra.keep import due, places
from infra.keep.repository import Repository, Snapshot
from infra.upgrade import daily, journal
from runtime import behind, files, printer
from runtime.errors import PlanError

SCHEMA_VERSION = 1
USAGE = 2
LOG = "keep/scheduled.log"
LOG_BYTES = 1_000_000

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def backup(  # noqa: PLR0913 - typer: one parameter for each option
    *,
    to: Annotated[str, typer.Option(help="Where to: a folder, sftp:USER@HOST:/FOLDER or s3:URL/BUCKET; else where the plan says.")] = "",
    show: Annotated[bool, typer.Option("--list", help="List the backups there are.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Only remove what the policy no longer keeps; it is shown first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before removing.")] = False,
    scheduled: Annotated[bool, typer.Option("--scheduled", help="Do what is due, and nothing where nothing is.")] = False,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    key_to: Annotated[Path | None, typer.Option("--key-to", help="Of a cluster: write the key that opens its backups to a new file.", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Back up database, files, settings, secrets and state, encrypted; --list says what there is."""
    _sensible({"--list": show, "--forget": forget, "--scheduled": scheduled}, others={"--to": bool(to), "--json": as_json})
    if inventory:
        _of_cluster(inventory, name, key_to, scheduled=scheduled)
        if not key_to:
            cluster_backup(inventory, name, to, show=show, forget=forget, yes=yes, as_json=as_json)
        return
    if key_to:
        raise PlanError(
            "is of a cluster", where="--key-to", hint="name its hosts: --inventory cluster.yaml; on a desk the key is the file secrets/backup", exit_code=USAGE
        )
    live.need_administrator("plan backup")
    behind.people()
    if scheduled:
        files.bound(ROOT / name / LOG, LOG_BYTES)
    deployment = load(name)
    repository = places.repository(deployment, to)
    if show:
        _list(deployment, repository, as_json=as_json)
        return
    if forget:
        _forget(deployment, repository, to=to, yes=yes, as_json=as_json)
        return
    if scheduled:
        _scheduled(deployment)
        return
    with printer.step("Backing up") as say:
        made = keeping.take(deployment, say, to=to)
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": deployment.name, **keeping.last(deployment, repository)})
        return
    _report(deployment, repository, made)


def _sensible(deeds: dict[str, bool], others: dict[str, bool]) -> None:
    """Refuse wishes of which one would be passed over in silence."""
    asked = [name for name, wanted in deeds.items() if wanted]
    if len(asked) > 1:
        raise PlanError(f"{' and '.join(asked)} are two things", where="plan backup", hint="name one of them", exit_code=USAGE)
    beside = [name for name, wanted in others.items() if wanted]
    if deeds["--scheduled"] and beside:
        hint = "leave it out: what is due goes where the plan says, and answers nothing"
        raise PlanError(f"--scheduled takes no {' and no '.join(beside)}", where="plan backup", hint=hint, exit_code=USAGE)


def _of_cluster(inventory: Path, name: str, key_to: Path | None, *, scheduled: bool) -> None:
    if scheduled:
        raise PlanError(
            "--scheduled is of this machine's own deployments", where="plan backup", hint="managers of a cluster do what is due by themselves", exit_code=USAGE
        )
    if key_to:
        cluster_key(inventory, name, key_to)


def _forget(deployment: Deployment, repository: Repository, *, to: str, yes: bool, as_json: bool) -> None:
    """Show what the policy no longer keeps, ask, and remove it."""
    if journal.refusing(deployment.folder):
        raise PlanError("an upgrade has not ended, and may need its backup", where=deployment.name, hint="'plan upgrade' completes it; then run this again")
    surplus = repository.surplus(keeping.policy(deployment))
    for one in surplus:
        printer.say(f"    {one.id}  {one.time:%Y-%m-%d %H:%M:%S} UTC  {one.why}")
    if surplus:
        ask(f"Remove {backups(len(surplus))} from {repository.place}?", where="plan backup --forget", wanted=not yes)
        with printer.step("Removing old backups") as say:
            keeping.forget(deployment, say, to=to)
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": deployment.name, "place": repository.place, "removed": listed(surplus)})
        return
    printer.data(f"{backups(len(surplus))} removed from {repository.place}; kept: {keeping.policy(deployment)}")


def _report(deployment: Deployment, repository: Repository, made: Snapshot) -> None:
    last = keeping.last(deployment, repository)
    counts = last["counts"]
    printer.data(f"backup {made.id} of {made.time:%Y-%m-%d %H:%M:%S} UTC in {last['seconds']:.0f} s: {repository.place}")
    printer.data(f"  {counts['posts']:,} posts, {counts['comments']:,} comments, {counts['wiki pages']:,} wiki pages, {counts['files']:,} files")
    printer.data(f"  kept: {keeping.policy(deployment)}")
    if places.on_own_disk(deployment, repository):
        printer.data("  on the platform's own disk: it survives mistakes, not the loss of the disk (infrastructure.backup.to names another)")
    printer.data(f"  opened by the key in {repository.key_file}: keep a copy of it elsewhere, without it nobody can restore")
    printer.say("next: plan drill proves that it can be restored")


def _list(deployment: Deployment, repository: Repository, *, as_json: bool) -> None:
    there = repository.snapshots()
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": deployment.name, "place": repository.place, "backups": listed(there)})
        return
    printer.data(f"{backups(len(there))} in {repository.place}; kept: {keeping.policy(deployment)}")
    for one in there:
        printer.data(f"  {one.id}  {one.time:%Y-%m-%d %H:%M:%S} UTC  {one.why}")


def _scheduled(deployment: Deployment) -> None:
    """Do what is due, the updates last; called every few minutes, so it is quick and quiet where nothing is."""
    now = datetime.now(UTC)
    if due.backup_due(deployment, now):
        with printer.step(f"{now:%Y-%m-%d %H:%M} UTC: backing up {deployment.name}") as say:
            keeping.take(deployment, say, why="scheduled")
            if not journal.refusing(deployment.folder):
                keeping.forget(deployment, say)
    if due.drill_due(deployment, datetime.now(UTC)):
        from cli.drill import drilled  # noqa: PLC0415 - rarely needed, and it loads much

        drilled(deployment)
    if daily.due(deployment, now):
        with printer.step(f"{now:%Y-%m-%d %H:%M} UTC: looking for updates of {deployment.name}") as say:
            daily.look(deployment, say)
