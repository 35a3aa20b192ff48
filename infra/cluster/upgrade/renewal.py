"""How far an upgrade of a cluster's images has come, as its managers keep it: the same command completes what was interrupted."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from infra.upgrade.journal import Journal
from runtime import files
from runtime.errors import PlanError

FILE: Final = "renewal.json"
UPGRADE: Final = "upgrade"
"""Why a version was deployed, in the history: the one deploy after which its upgrade goes on."""


def read(folder: Path) -> Journal | None:
    """Return the upgrade that has not ended, of the deployment in ``folder``; None where there is none, or nobody can read it."""
    try:
        return Journal.model_validate_json(files.read(folder / FILE))
    except (PlanError, ValidationError):
        return None


def note(folder: Path, journal: Journal) -> Journal:
    """Write down how far it has come, and return it."""
    files.write(folder / FILE, journal.model_dump_json(indent=1), files.PRIVATE)
    return journal


def ended(folder: Path) -> None:
    """Forget it."""
    (folder / FILE).unlink(missing_ok=True)


def before_deploy(folder: Path) -> str:
    """Return what must be said of an interrupted upgrade; raises PlanError where a deploy would be in its way."""
    begun = read(folder)
    if begun is None:
        return ""
    if begun.phase == "back":
        raise PlanError("an upgrade is being taken back", where=folder.name, hint="'plan upgrade --inventory' completes that; then run this again")
    if begun.phase == "build":
        return "an upgrade was interrupted before its rollout: it is dropped, 'plan upgrade --inventory' begins it anew"
    return "an upgrade was interrupted: this deploy completes it, without its test ('plan upgrade --inventory' would test, and go back where it fails)"


def lines(folder: Path) -> list[str]:
    """Return what must be said of an upgrade that has not ended."""
    begun = read(folder)
    return [f"{'upgrade':12} of {begun.started} was interrupted while {begun.doing}: 'plan upgrade --inventory' goes on"] if begun else []
