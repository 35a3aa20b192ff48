"""How far a promotion has come: written before each step, beside the desk and with what the managers keep, so that the same command completes it."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime import files
from runtime.errors import PlanError

FILE: Final = "promotion.json"
REHEARSED: Final = "promotion-rehearsed.json"
Phase = Literal["prepare", "copy", "swap", "moved", "back", "confirmed"]
NOTHING_YET: Final = ("prepare", "copy")
"""What the cluster serves is still its own."""
DOING: Final = {
    "prepare": "making the cluster ready",
    "copy": "copying",
    "swap": "putting the desk's content in place",
    "moved": "waiting to be confirmed",
    "back": "taking it back",
    "confirmed": "nothing: it is confirmed",
}


class Promotion(BaseModel):
    """``promotion.json``: there from the beginning of a promotion until it is taken back; a confirmed one stays, since the desk stays closed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    started: str = Field(description="UTC, ISO 8601")
    desk: str = Field(description="the deployment that moves")
    machine: str = Field(description="where it is")
    cluster: str = Field(description="what the inventory calls the cluster")
    rehearsal: bool = False
    phase: Phase = "prepare"
    key: str = Field(default="", description="what lets nobody but us write on the desk meanwhile")
    closed: str = Field(default="", description="UTC: since when nobody can write, or could not if it were no rehearsal")
    read_only_s: float = Field(default=0.0, description="how long nobody could write, measured")
    counts: dict[str, int] = Field(default_factory=dict, description="what was moved")

    @property
    def doing(self) -> str:
        """Return what it was doing, in words."""
        return DOING[self.phase]


class Rehearsed(BaseModel):
    """``promotion-rehearsed.json``: what the last rehearsal measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: str
    cluster: str
    read_only_s: float


def read(folder: Path) -> Promotion | None:
    """Return the promotion that stands in ``folder``, None where there is none; raises PlanError where that is damaged."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return Promotion.model_validate_json(files.read(path))
    except ValidationError as problem:
        hint = "the other copy of it is with the managers (or, of theirs, on the desk): put that in its place, then run the same command again"
        raise PlanError("the journal of a promotion is damaged", where=str(path), hint=hint) from problem


def write(folder: Path, promotion: Promotion) -> Promotion:
    """Keep ``promotion`` and return it."""
    files.write(folder / FILE, promotion.model_dump_json(indent=1), files.PRIVATE)
    return promotion


def remove(folder: Path) -> None:
    """Say that there is none any more."""
    (folder / FILE).unlink(missing_ok=True)


def refuse(name: str, folder: Path) -> None:
    """Raise PlanError where the desk ``name`` moves, or has moved: whatever changes it would let people write on it again."""
    if moves := read(folder):
        hint = "'plan promote' with --take-back lets this desk go on, until it is confirmed"
        raise PlanError(f"moves into the cluster {moves.cluster} ({moves.doing})", where=name, hint=hint)


def rehearsed(folder: Path) -> Rehearsed | None:
    """Return what the last rehearsal measured, None where there was none."""
    path = folder / REHEARSED
    try:
        return Rehearsed.model_validate_json(files.read(path)) if path.exists() else None
    except ValidationError:
        return None


def remember(folder: Path, measured: Rehearsed) -> None:
    """Keep what a rehearsal measured."""
    files.write(folder / REHEARSED, measured.model_dump_json(indent=1))
