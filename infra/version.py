"""Which packages a deployment's images hold: the marks that a security update sets, and what a rollback holds on to."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime import files
from runtime.errors import PlanError

FILE = "packages.json"


class Schema(BaseModel):
    """Version of the file's shape."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1


class Version(BaseModel):
    """``packages.json`` of a deployment; where there is none, images are what their contexts say and nothing more."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_: Schema = Field(default=Schema(), alias="schema")
    as_of: dict[str, str] = Field(default={}, description="by image: the moment (UTC) as of which its own packages are taken; part of its tag")
    held: dict[str, str] = Field(default={}, description="references that a rollback runs instead of those that the contexts give now")

    def marked(self, names: frozenset[str], moment: str) -> "Version":
        """Return the version in which the packages of ``names`` are taken as of ``moment``; nothing is held any more."""
        return Version(as_of={**self.as_of, **dict.fromkeys(sorted(names), moment)})


def read(folder: Path) -> Version:
    """Return the version in force in a deployment's ``folder``; raises PlanError where the file is damaged."""
    path = folder / FILE
    if not path.exists():
        return Version()
    try:
        return Version.model_validate_json(files.read(path))
    except ValidationError as problem:
        first = problem.errors()[0]
        inside = ".".join(str(part) for part in first["loc"])
        hint = f"put it back from {folder / 'history'} (the newest number), then run the command again"
        raise PlanError(first["msg"], where=f"{path}: {inside}".removesuffix(": "), hint=hint) from problem


def write(folder: Path, version: Version) -> None:
    """Make ``version`` the one in force."""
    files.write(folder / FILE, version.model_dump_json(indent=1, by_alias=True))
