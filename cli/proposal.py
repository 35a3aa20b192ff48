"""What a command would change: shown, and asked for."""

from collections.abc import Mapping, Sequence

from cli.asking import ask
from infra.deploy import Proposal
from runtime import printer


def say_parts(parts: Mapping[str, Sequence[object]]) -> None:
    """Say lines below the title of their part, where it has any."""
    for title, lines in parts.items():
        if lines:
            printer.say(f"{title}:")
        for line in lines:
            printer.say(f"    {line}")


def show(proposal: Proposal) -> None:
    """Say what would change."""
    parts = {"differs from the last deploy, will be mended": proposal.drift or (), "on this host": proposal.host, "services": proposal.services}
    say_parts(parts)
    for note in proposal.notes:
        printer.say(f"note: {note}")
    if proposal.empty:
        printer.say("nothing to change")


def confirm(proposal: Proposal, *, where: str, wanted: bool) -> None:
    """Ask whether to apply what was shown; raises PlanError where the answer is no, or nobody is there to give one."""
    if not proposal.empty:
        ask("Apply this?", where=where, wanted=wanted)
