"""``plan restore``: a backup brought back, on this machine or a bare one."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import ask
from cli.cluster_keep import Wish, cluster_restore
from infra import live
from infra.cluster.promote import journal as promotion
from infra.deployment import Deployment, load, names
from infra.keep import bare, elsewhere, places
from infra.keep import restore as bringing
from infra.keep.repository import Repository
from infra.keep.restore import Report, Request
from runtime import behind, printer
from runtime.errors import PlanError

SCHEMA_VERSION = 1

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def restore(  # noqa: PLR0913 - typer: one parameter for each option
    *,
    at: Annotated[str | None, typer.Option(help="Bring it back as it was at this time (2026-11-28 14:05:00, this machine's zone unless it says one).")] = None,
    backup: Annotated[str, typer.Option(help="Bring back precisely this backup (see 'plan backup --list').", metavar="ID")] = "",
    from_: Annotated[str, typer.Option("--from", help="On a bare machine: where the backups are.", metavar="PLACE")] = "",
    key: Annotated[Path | None, typer.Option(help="The file with the key of the backups; on a bare machine it must be named.")] = None,
    to: Annotated[str, typer.Option("--to", help="On another machine, reached by SSH as root@HOST: program, key and backups go there.", metavar="HOST")] = "",
    state: Annotated[bool, typer.Option("--state", help="Bring back only the state of the Pulumi engine, where it is damaged.")] = False,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Bring back a backup and what the binary log holds after it; what is there now is kept aside."""
    request = Request(None if at is None else _time(at), backup)
    if at is not None and backup:
        raise PlanError("both a time and a backup are named", where="plan restore", hint="name one of --at and --backup")
    if inventory:
        _refuse_of_cluster({"--to": bool(to), "--state": state})
        cluster_restore(inventory, name, Wish(request.wanted, from_, key, request.at), yes=yes, as_json=as_json)
        return
    live.need_administrator("plan restore")
    behind.people()
    if to:
        _elsewhere(to, load(name), from_, key, request)
        return
    if from_ and not state and not _is_here(name):
        deployment, report = _bare(from_, key, name, request)
    else:
        deployment = load(name)
        promotion.refuse(deployment.name, deployment.folder)
        repository = _repository(deployment, from_, key)
        if state:
            _state(deployment, repository, request, yes=yes)
            return
        question = f"Replace the content of {deployment.name} by the backup, {request} (what is there now is kept aside)?"
        ask(question, where="plan restore", wanted=not yes)
        with printer.step(f"Restoring {deployment.name}: {request}") as say:
            report = bringing.restore(deployment, repository, request, say)
    _report(deployment, report, as_json=as_json)


def _refuse_of_cluster(asked: dict[str, bool]) -> None:
    if wishes := [option for option, wanted in asked.items() if wanted]:
        hint = "name a backup with --backup, as 'plan backup --list --inventory' shows them, or a time with --at"
        raise PlanError(f"{wishes[0]} is not of a cluster", where="plan restore", hint=hint, exit_code=2)


def _is_here(name: str) -> bool:
    return bool(name) and name in names() and not bare.unfinished(name)


def _bare(place: str, key: Path | None, name: str, request: Request) -> tuple[Deployment, Report]:
    if key is None:
        raise PlanError("no key is named", where="--key", hint="name the file with the key of the backups: the copy of secrets/backup that you kept")
    with printer.step(f"Looking for the backups in {place}") as say:
        bare.make_ready(say)
        repository = places.elsewhere(place, key, name)
    with printer.step(f"Making {repository.name} from its backups: {request}") as say:
        return bare.restore(repository.at, repository.name, request, say)


def _repository(deployment: Deployment, place: str, key: Path | None) -> Repository:
    repository = places.repository(deployment, place)
    return replace(repository, key_file=key.resolve()) if key else repository


def _elsewhere(host: str, deployment: Deployment, place: str, key: Path | None, request: Request) -> None:
    repository = _repository(deployment, place, key)
    with printer.step(f"Making {deployment.name} on {host} from its backups: {request}") as say:
        elsewhere.restore(elsewhere.Box(host), deployment, repository, request, say)
    printer.data(f"restored on {host}; what people still write here is not there")
    printer.say(f"next: let the names {', '.join(deployment.plan.platform.names)} lead to {host}, then 'plan destroy' here")


def _state(deployment: Deployment, repository: Repository, request: Request, *, yes: bool) -> None:
    which = "that of the newest backup" if request.latest else f"the backed-up one, {request}"
    ask(f"Replace the state of the Pulumi engine of {deployment.name} by {which}?", where="plan restore", wanted=not yes)
    with printer.step("Restoring the state") as say:
        aside = bringing.state_back(deployment, repository, request, say)
    printer.data(f"the state is that of the backup; what was there is in {aside}")
    printer.say("next: plan deploy (it compares with what runs, and mends)")


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise PlanError(f"{text!r} is no time", where="--at", hint="write it as 2026-11-28 14:05:00, or with a zone: 2026-11-28T14:05:00+01:00") from problem


def _report(deployment: Deployment, report: Report, *, as_json: bool) -> None:
    if as_json:
        shown = {**vars(report), "taken": report.taken.isoformat(), "aside": str(report.aside or "")}
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": deployment.name, **shown})
        return
    log = f", and the binary log up to {report.replayed[-1]}" if report.replayed else ""
    printer.data(f"restored in {report.seconds / 60:.1f} minutes: backup {report.snapshot} of {report.taken:%Y-%m-%d %H:%M:%S} UTC{log}")
    counts = report.counts
    printer.data(f"  {counts['posts']:,} posts, {counts['comments']:,} comments, {counts['wiki pages']:,} wiki pages, {counts['files']:,} files")
    for role, url in deployment.urls.items():
        printer.data(f"  {role:9} {url}")
    if report.aside:
        printer.data(f"  what was there before: {report.aside} (remove it when you no longer need it)")
    printer.say("next: plan test smoke")
