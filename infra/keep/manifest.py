"""What a backup holds, and what it says of itself: read before anything of it is used."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.keep.repository import Repository, Snapshot
from runtime.errors import PlanError

VERSION: Final = 1
WORK = "keep/work"  # below the deployment's folder: what is made for a backup
MANIFEST = f"{WORK}/manifest.json"
DUMP = f"{WORK}/database.sql"
BINLOGS = "data/database/data"
BINLOG_NAMES = "binlog.[0-9]*"  # its index files, too
BINLOG_NAME: Final = re.compile(r"binlog\.[0-9]+")
DATABASE: Final = "data/database"
FILES: Final = ("data/uploads", "data/wiki-images", "data/sink", "data/mail-queue")
SETTINGS: Final = ("plan.json", "plan.pending.json", "deployment.json", "packages.json", "secrets", "passphrase", "tls", "images", "frontdoor", "history")
STATE = "pulumi"


class Position(BaseModel):
    """A place in the primary's binary log; ``timeline`` tells one data directory's log from another's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeline: str
    file: str
    offset: int


class Manifest(BaseModel):
    """The first thing that is read of a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = VERSION
    name: str
    taken: datetime = Field(description="UTC; the database is as it was then, files are as new or newer")
    why: str
    underdesk: str
    database: str = Field(description="version of the server that was dumped")
    dump_sha256: str = Field(description="of the dump without its comments: the rows of all tables")
    dump_bytes: int
    position: Position
    counts: dict[str, int] = Field(description="posts, comments, people, wiki pages and revisions, files and their bytes")


def read(repository: Repository, snapshot: Snapshot) -> Manifest:
    """Return what ``snapshot`` says of itself; raises PlanError where it is damaged, or newer than this program."""
    text = repository.text(snapshot.id, MANIFEST)
    where = f"backup {snapshot.id}"
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        if first["loc"] == ("version",):
            raise PlanError(
                f"was made by a newer Underdesk (its version is {first['input']}, this one reads {VERSION})", where=where, hint="use the newer Underdesk"
            ) from None
        raise PlanError(
            f"its manifest is not readable: {'.'.join(map(str, first['loc']))} {first['msg']}", where=where, hint="choose another: plan backup --list"
        ) from None


def content(folder: Path, position: Position) -> list[str]:
    """Return what goes into a backup of the deployment in ``folder``: paths below it.

    Of the binary log the files that were complete when the dump was taken: with them an earlier backup reaches any
    moment up to this one.
    """
    binlogs = [path.name for path in log_files(folder / BINLOGS) if path.name < position.file]
    return [path for path in (WORK, *SETTINGS, STATE, *FILES) if (folder / path).exists()] + [f"{BINLOGS}/{name}" for name in binlogs]


def log_files(folder: Path) -> list[Path]:
    """Return the files of the binary log in ``folder``, in order."""
    return sorted(path for path in folder.glob(BINLOG_NAMES) if BINLOG_NAME.fullmatch(path.name))


def files_of(folder: Path) -> dict[str, int]:
    """Return how many files people have put into the deployment in ``folder``, and their bytes."""
    found = [path.stat() for name in FILES for path in (folder / name).rglob("*") if path.is_file()]
    return {"files": len(found), "file bytes": sum(one.st_size for one in found)}
