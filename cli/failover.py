"""``plan failover``: the copy of a two-host cluster's database becomes the primary."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.asking import ask
from infra.cluster.failover import Change, Seen, change, make, seen
from runtime import printer
from runtime.errors import PlanError

SCHEMA_VERSION: Final = 1

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def failover(
    *,
    inventory: Annotated[Path, typer.Option(help="cluster.yaml: the hosts of the cluster.")],
    planned: Annotated[bool, typer.Option("--planned", help="Also where the primary is well, before work on its host: nothing is lost.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be lost, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Make the copy of the database the primary, by your word: two hosts cannot tell a lost host from a cut network."""
    with ExitStack() as held:
        with printer.step("Asking the hosts"):
            found = held.enter_context(seen(inventory))
        _failed_over(found, planned=planned, dry_run=dry_run, yes=yes, as_json=as_json)


def _failed_over(found: Seen, *, planned: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    wanted = change(found)
    if wanted.well and not (planned or dry_run):
        hint = "nothing needs to be done; to move it all the same (before work on its host): --planned"
        raise PlanError("the primary is well: it runs and takes writes", where=wanted.was, hint=hint)
    _show(found, wanted)
    began, told = time.monotonic(), {}
    if not dry_run:
        ask(f"Make {wanted.host} the primary?", where="plan failover", wanted=not yes)
        with printer.step(f"Making {wanted.host} the primary"):
            told = make(found, wanted)
    _answer(found, wanted, told, time.monotonic() - began, as_json=as_json)


def _show(found: Seen, wanted: Change) -> None:
    if wanted.goes_on:
        printer.say(f"{wanted.host} was about to become the primary in the place of {wanted.was}; going on")
    printer.say(f"primary: {wanted.was}: {_state(found, wanted)}")
    if wanted.heard_s >= 0 and not wanted.heard:
        lacks = f"lacked {wanted.lacked} of its changes" if wanted.lacked else "had all of its changes"
        printer.say(f"copy: {wanted.host}: heard it last {wanted.heard_s:.0f} s ago and then {lacks}; it took {wanted.pace:g} changes in a second")
    printer.say(f"lost: {wanted.loses or f'nothing: {wanted.was} stops taking writes, what it took last is taken over'}")
    printer.say(f"then: {wanted.was} takes no writes, also when it comes back; 'plan deploy --inventory' makes it the copy, from a whole copy")


def _state(found: Seen, wanted: Change) -> str:
    if wanted.well:
        return "runs and takes writes"
    if wanted.was in found.lost:
        return found.lost[wanted.was].message
    return "runs and takes no writes" if wanted.heard else "its host answers, its server does not ('sudo systemctl start mariadb' there loses nothing)"


def _answer(found: Seen, wanted: Change, told: dict[str, object], seconds: float, *, as_json: bool) -> None:
    whole = bool(told.get("all_taken_over"))
    if as_json:
        answer = {
            "schema": {"version": SCHEMA_VERSION},
            "name": found.inventory.name,
            "primary": wanted.host,
            "was": wanted.was,
            "was_well": wanted.well,
            "heard_s": wanted.heard_s if wanted.heard_s >= 0 else None,
            "lacked": wanted.lacked if wanted.lacked >= 0 else None,
            "changes_per_second": wanted.pace,
            "loses": wanted.loses,
            "done": bool(told),
            "all_taken_over": whole,
            "seconds": round(seconds, 1),
        }
        printer.data_json(answer)
    elif told:
        printer.data(f"{wanted.host} is the primary: " + (f"everything of {wanted.was} was taken over" if whole else f"what {wanted.was} had not sent is lost"))
        printer.say("next: plan status --inventory; when both hosts answer, plan deploy --inventory")
