"""How far a restore has come: written when it is made whole, so that the same command puts it in its place."""

import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.deployment import Deployment
from infra.keep.manifest import Position
from runtime import files
from runtime.errors import PlanError

WORK = "restore"  # below the deployment's folder: the same disk, so that moving is renaming
LATER = "restore-logs"
COPIED = "restore-copied"
FILE = "journal.json"


class Journal(BaseModel):
    """``journal.json``: there while a restore is made whole and not yet ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: str = Field(description="of the backups")
    request: str = Field(description="what is brought back, in words")
    again: str = Field(description="the command that completes it")
    snapshot: str
    taken: datetime
    replayed: tuple[str, ...] = Field(description="files of the binary log that were run")
    counts: dict[str, int]
    aside: str = Field(default="", description="folder for what is there now; '' on a bare machine")
    end: Position | None = Field(default=None, description="where the platform's binary log ended then")

    @property
    def moved(self) -> bool:
        """Whether what is there has begun to be exchanged: from there on only its own completion makes it whole."""
        return bool(self.aside) and Path(self.aside).exists()


def read(work: Path) -> Journal | None:
    """Return what stands in ``work``; None where nothing was made whole."""
    with suppress(PlanError, ValidationError):
        return Journal.model_validate_json(files.read(work / FILE))
    return None


def write(work: Path, journal: Journal) -> Journal:
    """Keep ``journal`` and return it."""
    files.write(work / FILE, journal.model_dump_json(indent=1), files.PRIVATE)
    return journal


def left(work: Path, place: str, request: str) -> Journal | None:
    """Return the journal of a restore of the same ``request`` from the same ``place`` that was made whole."""
    found = read(work)
    return found if found and (found.place, found.request) == (place, request) else None


def refuse_another(deployment: Deployment, request: str = "") -> None:
    """Raise PlanError where a restore of anything but ``request`` is half in its place."""
    found = read(deployment.folder / WORK)
    if found and found.moved and found.request != request:
        raise PlanError(f"a restore ({found.request}) is being put in its place", where=deployment.name, hint=f"'{found.again}' completes that; then run this")


def unended(deployment: Deployment) -> str:
    """Return what must be said of a restore that has not ended; empty where none was begun."""
    found = read(deployment.folder / WORK)
    if found and found.moved:
        return f"a restore ({found.request}) is being put in its place and has not ended: '{found.again}' completes it"
    if (deployment.folder / WORK).exists():
        again = found.again if found else "plan restore"
        return f"a restore was begun and has not ended, the data is as it was: '{again}' goes on; 'plan deploy' opens the platform as it is"
    return ""


def before_deploy(deployment: Deployment) -> str:
    """Return what must be said of an interrupted restore; raises PlanError where a deploy would be in its way."""
    refuse_another(deployment)
    if not (deployment.folder / WORK).exists():
        return ""
    return "a restore was interrupted, the data is as it was: what it had made is dropped, the platform opens as it is; 'plan restore' begins anew"


def after_deploy(deployment: Deployment) -> None:
    """Drop what an interrupted restore had made: people write from here on, and it would bring back what was before."""
    for made in (WORK, LATER, COPIED):
        shutil.rmtree(deployment.folder / made, ignore_errors=True)
