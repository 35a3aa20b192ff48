"""How far a restore to a cluster has come, as its managers keep it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from runtime import files
from runtime.errors import PlanError

JOURNAL: Final = "keep/restore.json"
NO: Final = 3
CLOSED, CHANGED = "closed", "changed"
"""How far it has come: the platform is closed, and what is there may be half; everything is in its place."""


@dataclass(frozen=True)
class Begun:
    """What is being brought back: ``stage`` says how far it has come, ``aside`` where in the store that is which was there.

    ``at``: changes up to then follow. ``tables_alone``: files stay.
    """

    place: str
    snapshot: str
    stage: str
    aside: str
    at: str = ""
    tables_alone: bool = False


def begun(folder: Path) -> Begun | None:
    """Return the restore that has not ended, of the deployment in ``folder``; None where there is none."""
    try:
        found = json.loads(files.read(folder / JOURNAL))
        return Begun(**found) if isinstance(found, dict) else None
    except (PlanError, ValueError, TypeError):
        return None


def refuse_half(folder: Path) -> None:
    """Raise PlanError where the platform must not be opened: what is there may be half of a backup."""
    half = begun(folder)
    if half and half.stage == CLOSED:
        raise again(half)


def halts(folder: Path) -> list[PlanError]:
    """Return what keeps the platform closed, with how it is mended."""
    half = begun(folder)
    return [again(half, exit_code=NO)] if half and half.stage == CLOSED else []


def note(folder: Path, there: Begun) -> None:
    """Write down how far it has come, in the deployment's ``folder``."""
    files.write(folder / JOURNAL, json.dumps(asdict(there)), files.PRIVATE)


def ended(folder: Path) -> None:
    """Forget it: the platform is open with what was brought back."""
    (folder / JOURNAL).unlink(missing_ok=True)


def again(there: Begun, exit_code: int = 1) -> PlanError:
    """Return what is said to whoever wants something else meanwhile."""
    said = f"a restore of backup {there.snapshot} has not ended"
    which = f"--at {there.at}" if there.at else f"--backup {there.snapshot}"
    return PlanError(said, where=there.place, hint=f"'plan restore {which} --inventory' completes it; then run this", exit_code=exit_code)


def lines(folder: Path) -> list[str]:
    """Return what must be said of a restore that has not ended."""
    there = begun(folder)
    return [f"{'restore':12} {again(there)}: {again(there).hint}"] if there else []
