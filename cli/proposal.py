"""What a command would change: shown, and asked for."""

import sys

import typer

from infra.deploy import Proposal
from runtime import printer
from runtime.errors import PlanError


def show(proposal: Proposal) -> None:
    """Say what would change."""
    parts = {"differs from the last deploy, will be mended": proposal.drift or (), "on this host": proposal.host, "services": proposal.services}
    for title, lines in parts.items():
        if lines:
            printer.say(f"{title}:")
        for line in lines:
            printer.say(f"    {line}")
    for note in proposal.notes:
        printer.say(f"note: {note}")
    if proposal.empty:
        printer.say("nothing to change")


def confirm(proposal: Proposal, *, where: str, wanted: bool) -> None:
    """Ask whether to apply what was shown; raises PlanError where the answer is no, or nobody is there to give one."""
    if not proposal.empty:
        ask("Apply this?", where=where, wanted=wanted)


def ask(question: str, *, where: str, wanted: bool) -> None:
    """Ask ``question`` if that is ``wanted``; raises PlanError where the answer is no, or nobody is there to give one."""
    if not wanted:
        return
    if not sys.stdin.isatty():
        raise PlanError("nobody is here to ask", where=where, hint="add --yes to apply what is shown above")
    if not typer.confirm(question, err=True):
        raise PlanError("nothing was changed", hint="run it again when you want it")
