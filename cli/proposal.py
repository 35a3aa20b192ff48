"""What a command would change: shown, and asked for."""

from cli.asking import ask
from infra.deploy import Proposal
from runtime import printer


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
