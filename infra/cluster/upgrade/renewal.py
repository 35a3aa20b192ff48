"""How far an upgrade of a cluster's images has come, as its managers keep it: the same command completes what was interrupted."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from infra.upgrade.journal import Journal
from runtime import files
from runtime.errors import PlanError

FILE: Final = "renewal.json"
NO: Final = 3


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


def over(folder: Path, reasons: tuple[str, ...]) -> None:
    """Write down that nothing of it can be taken back any more: its tables are those of what runs, for ``reasons`` those of before."""
    if begun := read(folder):
        note(folder, begun.model_copy(update={"phase": "open", "reasons": begun.reasons or reasons}))


def ended(folder: Path) -> None:
    """Forget it."""
    (folder / FILE).unlink(missing_ok=True)


def refusing(folder: Path) -> bool:
    """Tell whether nobody may write until it has ended: it changes tables."""
    begun = read(folder)
    return bool(begun and begun.key)


def refuse_half(folder: Path) -> None:
    """Raise PlanError where it is being taken back: what comes in between would run beside tables that are not its own."""
    begun = read(folder)
    if begun and begun.phase in {"back", "tables"}:
        raise PlanError("an upgrade is being taken back", where=folder.name, hint="'plan upgrade --inventory' completes that; then run this again")


def refuse_any(folder: Path) -> None:
    """Raise PlanError where one has not ended."""
    if begun := read(folder):
        said = f"an upgrade has not ended: it was interrupted while {begun.doing}"
        raise PlanError(said, where=folder.name, hint="'plan upgrade --inventory' completes it; then run this again")


def halts(folder: Path) -> list[PlanError]:
    """Return what keeps people from writing, with how it is mended."""
    said = "nobody can write: an upgrade that changes tables has not ended"
    return [PlanError(said, where=folder.name, hint="'plan upgrade --inventory' completes it", exit_code=NO)] if refusing(folder) else []


def refuse_rollback(folder: Path) -> None:
    """Raise PlanError where one changes tables, or is being taken back: going back by hand would leave tables that are not of what runs then."""
    refuse_half(folder)
    begun = read(folder)
    if begun and begun.key and begun.phase in {"roll", "test"}:
        hint = "'plan upgrade --inventory' completes it, or takes it back with its tables; then run this again"
        raise PlanError("an upgrade that changes tables has not ended", where=folder.name, hint=hint)


def before_deploy(folder: Path) -> str:
    """Return what must be said of an interrupted upgrade; raises PlanError where a deploy would be in its way."""
    begun = read(folder)
    if begun is None:
        return ""
    refuse_half(folder)
    if begun.phase == "build":
        return "an upgrade was interrupted before its rollout: it is dropped, 'plan upgrade --inventory' begins it anew"
    return "an upgrade was interrupted: this deploy completes it, without its test ('plan upgrade --inventory' would test, and go back where it fails)"


def lines(folder: Path) -> list[str]:
    """Return what must be said of an upgrade that has not ended."""
    begun = read(folder)
    if begun is None:
        return []
    until = "; nobody can write until then" if begun.key else ""
    return [f"{'upgrade':12} of {begun.started} was interrupted while {begun.doing}: 'plan upgrade --inventory' goes on{until}"]
