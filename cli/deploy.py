"""``plan deploy``: propose, show, apply."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.cluster import Asked, deploy_hosts, deploy_platform
from cli.proposal import confirm, show
from infra import acme
from infra import deploy as deploying
from infra.checks import before_deploy
from infra.deployment import Deployment, of, read_plan
from infra.keep import journal, key, trial
from infra.keep.let_in import public_key
from infra.upgrade import settle
from runtime import behind, printer
from runtime.errors import PlanError
from runtime.locks import lock
from sizing.kept import policy

NOWHERE = Path()

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def deploy(  # noqa: PLR0913 - one for each option
    plan: Annotated[Path, typer.Argument(help="plan.json, as 'plan size' wrote it.")] = Path("plan.json"),
    *,
    target: Annotated[str, typer.Option(help="Where to: 'local' is this machine.")] = "local",
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    hosts_only: Annotated[bool, typer.Option("--hosts-only", help="Of a cluster: make the hosts ready, and deploy nothing on them yet.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Of a cluster: show how files on the hosts would differ.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Deploy a plan: show what changes, then change it."""
    if inventory or hosts_only or diff:
        _hosts(Asked(plan, inventory or NOWHERE, dry_run=dry_run, yes=yes, as_json=as_json, diff=diff), hosts_only=hosts_only)
        return
    deployment = of(read_plan(plan))
    for note in before_deploy(deployment, target):
        printer.say(f"note: {note}")
    behind.people()
    tried, changed = _backups_tried(deployment), list[str]()
    with lock(deployment.lock_file):
        first = not deployment.record()
        for unfinished in filter(None, (settle.before_deploy(deployment), journal.before_deploy(deployment))):
            printer.say(f"note: {unfinished}")
        with printer.step("Comparing the plan with what is there") as say:
            proposal = deploying.propose(deployment, say)
        show(proposal)
        if not dry_run:
            confirm(proposal, where="plan deploy", wanted=not yes)
            changed = _applied(deployment, proposal)
            settle.after_deploy(deployment)
            journal.after_deploy(deployment)
            tried = tried or _backups_tried(deployment)
    if as_json:
        printer.data_json(_answer(deployment, proposal, changed, dry_run=dry_run))
    elif not dry_run:
        _report(deployment, changed, first=first)


def _hosts(asked: Asked, *, hosts_only: bool) -> None:
    if asked.inventory == NOWHERE:
        raise PlanError("--hosts-only and --diff are of a cluster", where="plan deploy", hint="name its hosts: --inventory cluster.yaml", exit_code=2)
    (deploy_hosts if hosts_only else deploy_platform)(asked)


def _backups_tried(deployment: Deployment) -> bool:
    """Say what keeps backups from the place of the plan; return whether that could be tried (the first deploy brings what it needs)."""
    if not trial.possible(deployment):
        return False
    with printer.step("Trying the place of the backups"):
        problem = trial.trouble(deployment)
    if problem:
        printer.say(f"note: no backup can be taken now: {problem}; {problem.hint}")
    return True


def _applied(deployment: Deployment, proposal: deploying.Proposal) -> list[str]:
    if proposal.empty and not deployment.interrupted:
        deploying.acknowledge(deployment)
        return []
    with printer.step("Converging host and services") as say:
        return deploying.apply(deployment, proposal, say)


def _report(deployment: Deployment, changed: list[str], *, first: bool) -> None:
    printer.data("no changes" if not changed else f"deployed: {len(changed)} changes")
    for role, url in deployment.urls.items():
        printer.data(f"  {role:9} {url}")
    printer.data(f"  administrator's first password: {deployment.password_file}")
    printer.data(f"  {acme.to_trust(deployment)}")
    if public := public_key(deployment):
        printer.data(f"  changes are copied to {deployment.plan.platform.backup.changes_to} with the key: {public}")
    printer.data(f"  backups: {policy(deployment.plan.platform.backup)}")
    if first:
        printer.data(f"  {key.advice(deployment.folder)}")
    printer.say("next: plan test smoke")


def _answer(deployment: Deployment, proposal: deploying.Proposal, changed: list[str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": {"version": deploying.SCHEMA_VERSION},
        "name": deployment.name,
        "dry_run": dry_run,
        "proposed": {
            "host": list(proposal.host),
            "services": list(proposal.services),
            "drift": [str(drift) for drift in proposal.drift or ()],
            "notes": list(proposal.notes),
        },
        "changed": changed,
        "urls": deployment.urls,
        "password_file": str(deployment.password_file),
        "ca_file": str(deployment.ca_file),
    }
