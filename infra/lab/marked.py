"""Is this a lab host? What is timed on one says nothing of a real host."""

from pathlib import Path
from typing import Final

from runtime.errors import PlanError

MARK: Final = Path("/etc/underdesk/lab-host")


def refuse(where: str) -> None:
    """Raise PlanError on a host of a lab; ``where`` is the command."""
    if MARK.exists():
        hint = "measure on a machine that the platform really runs on"
        raise PlanError("this is a host of a lab: its cores are shared with others, what is timed here never calibrates anything", where=where, hint=hint)
