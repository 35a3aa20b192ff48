"""The versions that a deployment ran: each recorded deploy, its verdict, and which one to go back to."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra import images, version
from infra.deployment import Deployment, read_plan
from runtime import files
from runtime.errors import PlanError
from sizing.plan import Plan

FOLDER = "history"
KEPT = 10
Verdict = Literal["", "passed", "failed", "left"]


class Note(BaseModel):
    """``entry.json``: when and why this version was deployed, and what became of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: str = Field(description="UTC, ISO 8601")
    why: str = Field(description="deploy, upgrade, rollback to N")
    verdict: Verdict = Field(default="", description="of the smoke test, where one ran; left: a rollback went away from it")
    reasons: tuple[str, ...] = ()
    images: dict[str, str] = Field(description="reference of each image by its name")


@dataclass(frozen=True)
class Entry:
    """One version in ``history/NUMBER/``."""

    number: int
    folder: Path
    note: Note

    @property
    def good(self) -> bool:
        """Whether nobody has found anything wrong with it."""
        return self.note.verdict in {"", "passed"}

    @property
    def plan(self) -> Plan:
        """The plan that was deployed."""
        return read_plan(self.folder / "plan.json")

    @property
    def packages(self) -> version.Version:
        """The packages that its images held."""
        return version.read(self.folder)

    def __str__(self) -> str:
        return f"version {self.number} of {self.note.time[:16].replace('T', ' ')} ({self.note.why}{_said(self.note.verdict)})"


def entries(deployment: Deployment) -> list[Entry]:
    """Return the versions that are kept, oldest first; half-written ones do not count."""
    found = (_entry(path) for path in (deployment.folder / FOLDER).glob("*") if path.name.isdecimal())
    return sorted((entry for entry in found if entry), key=lambda entry: entry.number)


def keep(deployment: Deployment, why: str, record: str) -> None:
    """Keep what was just deployed (``record`` is its deployment.json); the same version once more is no new one."""
    before = entries(deployment)
    note = Note(time=datetime.now(UTC).isoformat(timespec="seconds"), why=why, images=images.wanted(deployment))
    if before and _same(before[-1], deployment, note):
        files.write(before[-1].folder / "deployment.json", record, files.PRIVATE)
        _write_note(before[-1], before[-1].note.model_copy(update={"verdict": ""} if before[-1].note.verdict == "left" else {}))
        return
    number = before[-1].number + 1 if before else 1
    making = deployment.folder / FOLDER / f".{number}"
    shutil.rmtree(making, ignore_errors=True)
    files.write(making / "plan.json", deployment.plan.model_dump_json(indent=1))
    files.write(making / "deployment.json", record, files.PRIVATE)
    version.write(making, deployment.packages)
    files.write(making / "entry.json", note.model_dump_json(indent=1))
    making.rename(making.with_name(str(number)))
    for old in before[: max(0, len(before) + 1 - KEPT)]:
        doubt(deployment, unneeded(deployment) | {*old.note.images.values()})
        shutil.rmtree(old.folder)


def judge(deployment: Deployment, verdict: Verdict, reasons: tuple[str, ...] = ()) -> None:
    """Write the verdict of a test beside the version that runs."""
    for entry in entries(deployment)[-1:]:
        _write_note(entry, entry.note.model_copy(update={"verdict": verdict, "reasons": reasons}))


def last_good(deployment: Deployment) -> Entry:
    """Return the version to go back to: the newest good one that is not what runs, or the newest where a deploy did not end."""
    kept = entries(deployment)
    current = None if deployment.interrupted or not kept else kept[-1]
    for entry in reversed(kept):
        if entry.good and (current is None or not _equal(entry, current)):
            return entry
    raise PlanError("there is no earlier good version", where=deployment.name, hint=_choice(kept))


def numbered(deployment: Deployment, number: int) -> Entry:
    """Return version ``number``; raises PlanError where it is not kept."""
    kept = entries(deployment)
    for entry in kept:
        if entry.number == number:
            return entry
    raise PlanError(f"version {number} is not kept", where="--to", hint=_choice(kept))


def leave(deployment: Deployment, target: Entry) -> None:
    """Mark every version after ``target`` as left, so that no later rollback goes there, and this one, interrupted, goes on."""
    for entry in entries(deployment):
        if entry.number > target.number and entry.good and not _equal(entry, target):
            _write_note(entry, entry.note.model_copy(update={"verdict": "left"}))


def needed(deployment: Deployment) -> set[str]:
    """Return the references that one may still go back to."""
    return {reference for entry in entries(deployment) if entry.good for reference in entry.note.images.values()}


def unneeded(deployment: Deployment) -> set[str]:
    """Return the references of versions that are no longer kept, and not yet looked at."""
    try:
        return set(json.loads(files.read(deployment.folder / FOLDER / "unneeded.json")))
    except (PlanError, ValueError):
        return set()


def doubt(deployment: Deployment, references: set[str]) -> None:
    """Remember ``references`` as perhaps needed by nobody."""
    files.write(deployment.folder / FOLDER / "unneeded.json", json.dumps(sorted(references)))


def _entry(folder: Path) -> Entry | None:
    try:
        return Entry(int(folder.name), folder, Note.model_validate_json(files.read(folder / "entry.json")))
    except (PlanError, ValidationError):
        return None


def _write_note(entry: Entry, note: Note) -> None:
    files.write(entry.folder / "entry.json", note.model_dump_json(indent=1))


def _same(entry: Entry, deployment: Deployment, note: Note) -> bool:
    return entry.note.images == note.images and _plan_text(entry) == deployment.plan.model_dump_json(indent=1)


def _equal(one: Entry, other: Entry) -> bool:
    return one.note.images == other.note.images and _plan_text(one) == _plan_text(other)


def _plan_text(entry: Entry) -> str:
    return files.read(entry.folder / "plan.json")


def _choice(kept: list[Entry]) -> str:
    return f"kept are: {'; '.join(map(str, kept))}" if kept else "each deploy that ends is kept; none has yet"


def _said(verdict: Verdict) -> str:
    return {"": "", "passed": ", smoke test passed", "failed": ", smoke test failed", "left": ", rolled back"}[verdict]
