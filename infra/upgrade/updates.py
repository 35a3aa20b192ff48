"""Pending updates: what apt said, who it concerns, and what was found when."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.images import PARENTS
from runtime import files
from runtime.errors import PlanError

FILE = "updates.json"
INSTALL = re.compile(r"^Inst (?P<package>[^\s:]+)(?::\S+)?(?: \[(?P<old>[^\]]+)\])? \((?P<new>\S+)(?P<origins>[^\[)]*)")


class Update(BaseModel):
    """One package that has a newer version; ``old`` is empty where it comes as a new dependency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    old: str
    new: str
    security: bool

    def __str__(self) -> str:
        return f"{self.package} {self.old or '(new)'} -> {self.new}{' (security)' if self.security else ''}"


class Schema(BaseModel):
    """Version of the file's shape."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1


class Found(BaseModel):
    """``updates.json``: what the last check found."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_: Schema = Field(default=Schema(), alias="schema")
    time: str = Field(description="UTC, ISO 8601")
    images: dict[str, tuple[Update, ...]] = Field(description="by the image that brings the package in")
    host: tuple[Update, ...] = ()
    host_note: str = Field(default="", description="why the host's answer is not whole")

    def security(self, *, host: bool) -> int:
        """Return how many different security updates are pending, in images and (``host``) on the host."""
        inside = {update for updates in self.images.values() for update in updates}
        return sum(update.security for update in inside) + (sum(update.security for update in self.host) if host else 0)

    def others(self) -> int:
        """Return how many different other updates are pending in images."""
        return sum(not update.security for update in {update for updates in self.images.values() for update in updates})

    def images_to_renew(self, *, every: bool) -> frozenset[str]:
        """Return the images whose own packages have security updates (``every``: any updates)."""
        return frozenset(name for name, updates in self.images.items() if any(every or update.security for update in updates))


def parse(simulated: str) -> tuple[Update, ...]:
    """Return the updates in the output of ``apt-get -s upgrade``.

    Security are those that an archive of security updates offers, as apt names their origin.
    """
    matches = (INSTALL.match(line) for line in simulated.splitlines())
    return tuple(Update(package=m["package"], old=m["old"] or "", new=m["new"], security="security" in m["origins"].lower()) for m in matches if m)


def by_owner(pending: Mapping[str, Iterable[Update]], installed: Mapping[str, frozenset[str]]) -> dict[str, tuple[Update, ...]]:
    """Give each image's ``pending`` updates to the image that brings the package in: the first of its ancestors that has it ``installed``."""
    found: dict[str, set[Update]] = {}
    for image, updates in pending.items():
        for update in updates:
            owner = next((one for one in lineage(image) if update.package in installed.get(one, frozenset())), image)
            found.setdefault(owner, set()).add(update)
    return {name: tuple(sorted(updates, key=lambda update: update.package)) for name, updates in sorted(found.items())}


def lineage(image: str) -> tuple[str, ...]:
    """Return ``image`` and what it is built on, the base first."""
    return (*lineage(PARENTS[image]), image) if image in PARENTS else (image,)


def now() -> str:
    """Return this moment as it stands in files."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write(folder: Path, found: Found) -> None:
    """Keep what a check found in a deployment's ``folder``."""
    files.write(folder / FILE, found.model_dump_json(indent=1, by_alias=True))


def last(folder: Path) -> Found | None:
    """Return what the last check found; None where nobody checked, or the file is damaged."""
    try:
        found = Found.model_validate_json(files.read(folder / FILE))
        datetime.fromisoformat(found.time)
    except (PlanError, ValueError):
        return None
    return found
