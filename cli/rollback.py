"""``plan rollback``: back to the last good version."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.cluster_back import cluster_rollback
from cli.proposal import confirm, show
from infra import deploy as deploying
from infra import live
from infra.cluster.promote import journal as promotion
from infra.deployment import Deployment, load
from infra.keep import journal
from infra.rollback import WayBack, go_back, way_back
from infra.upgrade import schema, settle
from runtime import behind, printer
from runtime.locks import lock

SCHEMA_VERSION = 1

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def rollback(
    *,
    to: Annotated[int, typer.Option("--to", help="Which version; without it the last good one.", metavar="N", min=0)] = 0,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Go back to the last good version (plan, packages, images); posts and files stay as they are."""
    if inventory:
        cluster_rollback(inventory, name, to, yes=yes, as_json=as_json)
        return
    live.need_administrator("plan rollback")
    behind.people()
    deployment = load(name)
    with lock(deployment.lock_file):
        promotion.refuse(deployment.name, deployment.folder)
        _settled(deployment, to)
        if unfinished := journal.before_deploy(deployment):
            printer.say(f"note: {unfinished}")
        way = way_back(deployment, to)
        with printer.step(f"Comparing {way.entry} with what is there") as say:
            proposal = deploying.propose(way.deployment, say)
        show(proposal)
        for note in schema.ahead(deployment, way.entry.note.images):
            printer.say(f"note: {note}")
        confirm(proposal, where="plan rollback", wanted=not yes)
        with printer.step(f"Going back to version {way.entry.number}") as say:
            changed = go_back(way, proposal, say)
        journal.after_deploy(deployment)
    if as_json:
        printer.data_json(_answer(way, proposal, changed))
    else:
        printer.data(f"back at {way.entry}: {len(changed)} changes")
        printer.say("next: plan test smoke")


def _settled(deployment: Deployment, to: int) -> None:
    """Take an upgrade that was interrupted back, which is what was asked for where no version is named."""
    with printer.step("Looking for an interrupted upgrade") as say:
        outcome = settle.take_back(deployment, say)
    if outcome and not to:
        printer.data("the interrupted upgrade is taken back: the platform runs what it ran before")
        raise typer.Exit(0)


def _answer(way: WayBack, proposal: deploying.Proposal, changed: list[str]) -> dict[str, Any]:
    return {
        "schema": {"version": SCHEMA_VERSION},
        "name": way.deployment.name,
        "version": way.entry.number,
        "time": way.entry.note.time,
        "proposed": {"host": list(proposal.host), "services": list(proposal.services), "drift": [str(drift) for drift in proposal.drift or ()]},
        "changed": changed,
    }
