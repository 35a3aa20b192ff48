"""How far an upgrade has come: written before each step, so that the same command completes what was interrupted."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.version import Version
from runtime import files
from runtime.errors import PlanError

FILE = "upgrade.json"
Phase = Literal["build", "roll", "test", "back", "tables", "open"]


class Journal(BaseModel):
    """``upgrade.json``: there only while an upgrade is under way."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    started: str = Field(description="UTC, ISO 8601")
    origin: int = Field(description="number of the version that ran before")
    to: Version = Field(description="packages of the version that is tried")
    phase: Phase = "build"
    snapshot: str = Field(default="", description="backup that was taken before the rollout")
    tables: tuple[str, ...] = Field(default=(), description="what changes of the database; then nothing may be written meanwhile")
    key: str = Field(default="", description="what lets the upgrade's own test write while nobody else may")
    reasons: tuple[str, ...] = Field(default=(), description="why it goes back")
    aside: str = Field(default="", description="folder with the database that the old tables have replaced")

    @property
    def doing(self) -> str:
        """Return what it was doing, in words."""
        return {
            "build": "building images",
            "roll": "rolling out",
            "test": "testing",
            "back": "rolling back",
            "tables": "bringing tables back",
            "open": "ending",
        }[self.phase]


def read(folder: Path) -> Journal | None:
    """Return the journal of an upgrade that is under way; raises PlanError where it is damaged."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return Journal.model_validate_json(files.read(path))
    except ValidationError as problem:
        hint = f"remove that file; then 'plan deploy' completes the rollout, 'plan rollback' takes it back; a backup was taken before it ({folder.name})"
        raise PlanError("the journal of an interrupted upgrade is damaged", where=str(path), hint=hint) from problem


def refusing(folder: Path) -> bool:
    """Tell whether one has not ended that changes tables: nobody may write, and it may need its backup."""
    begun = read(folder)
    return bool(begun and begun.key)


def write(folder: Path, journal: Journal) -> Journal:
    """Keep ``journal`` and return it."""
    files.write(folder / FILE, journal.model_dump_json(indent=1), files.PRIVATE)
    return journal


def remove(folder: Path) -> None:
    """Say that no upgrade is under way any more."""
    (folder / FILE).unlink(missing_ok=True)
