"""Where a deployment's backups lie, in words and as a repository."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import PydanticCustomError

from infra.deployment import Deployment
from infra.keep import key
from infra.keep.repository import Repository
from infra.keep.where import HERE, Where
from runtime.errors import PlanError
from sizing.vocabulary import backup_place

OWN = "backups"
HINT = "write a folder (/mnt/disk/backups), sftp:USER@HOST:/FOLDER or s3:https://SERVER/BUCKET"


def own(deployment: Deployment) -> Path:
    """Return where backups go that no other place is named for: of a cluster beside the files, in the store that its hosts share."""
    return deployment.place / "data" / OWN if deployment.on_hosts else deployment.folder / OWN


def repository(deployment: Deployment, to: str = "", at: Where = HERE) -> Repository:
    """Return the repository of ``deployment``: at ``to``, else where its plan says, else on its own disk; restic runs ``at`` a machine.

    ``to`` is a place as in the brief, below which each deployment has a folder of its own, or that folder, as ``--list`` prints it.
    """
    folder, wanted, inside = deployment.place, deployment.plan.platform.backup.to, own(deployment)
    place = planned(wanted, deployment.name, inside)
    if to and written(to) not in {place, wanted and written(wanted)}:
        place = written(to) if _is_repository(written(to), deployment.name, at) else f"{written(to)}/{deployment.name}"
    if _inside(place, folder) and not _inside(place, inside):
        raise PlanError("lies inside the data that is backed up", where=place, hint="name a folder of another disk")
    return Repository(place, key.file(deployment.folder), folder / "keep" / "cache", at)


def planned(wanted: str, name: str, inside: Path) -> str:
    """Return where backups of ``name`` lie by the plan: below the place that it names, else in ``inside``."""
    return f"{written(wanted)}/{name}" if wanted else str(inside)


def _is_repository(place: str, name: str, at: Where) -> bool:
    """Tell whether the backups of ``name`` are ``place`` itself; of another host its last name says so."""
    if not place.startswith("/"):
        return place.endswith(f"/{name}")
    return {"config", "keys"} <= (at.names(Path(place)) or frozenset())


def _inside(place: str, folder: Path) -> bool:
    return place.startswith("/") and any(Path(place).is_relative_to(one) for one in (folder, folder.resolve()))


@dataclass(frozen=True)
class Found:
    """Backups of the deployment ``name``, found on a machine that has nothing of it."""

    name: str
    at: Repository


def elsewhere(place: str, key_file: Path, name: str = "") -> Found:
    """Return the backups of ``name`` at ``place`` (the folder of all deployments, or of this one).

    Raises PlanError where it must be named, where the key is no file, or where a host cannot be asked.
    """
    if not key_file.is_file():
        raise PlanError("no such file", where=str(key_file), hint="name the file with the key of the backups: the copy of secrets/backup that you kept")
    base = written(place)
    if not base.startswith("/"):
        return _far(base, key_file.resolve(), name)
    folder = Path(base)
    there = [folder] if (folder / "config").is_file() else sorted(path.parent for path in folder.glob("*/config"))
    chosen = [one for one in there if not name or name in (one.name, one.parent.name)]
    if len(chosen) != 1:
        names = ", ".join(one.name for one in there) or "none"
        raise PlanError(
            "holds no backups" if not there else f"holds backups of {names}",
            where=base,
            hint="name the right folder" if not there else "choose one with --name",
        )
    return Found(name or (chosen[0].parent.name if chosen[0].name == OWN else chosen[0].name), Repository(str(chosen[0]), key_file.resolve()))


def _far(base: str, key_file: Path, name: str) -> Found:
    """Return the backups at ``base`` on another host, where there is no looking around: that of ``name`` below it, or ``base`` itself."""
    last = base.rpartition("/")[2]
    below, itself = Repository(f"{base}/{name}", key_file), Repository(base, key_file)
    if not name or (name == last and not below.there()):
        return Found(last, itself)
    return Found(name, below)


def written(place: str) -> str:
    """Return ``place`` as restic writes it; raises PlanError where it is none.

    Another host is written as in the brief; a folder may have any name, and may be said from where we are.
    """
    if not place.startswith(("sftp:", "s3:")) and ":" not in place.split("/", 1)[0]:
        return str(Path(place).expanduser().resolve())
    try:
        return backup_place(place)
    except PydanticCustomError as problem:
        raise PlanError("is no place for backups", where=re.sub(r"//[^/]*@", "//...@", place), hint=HINT) from problem


def on_own_disk(deployment: Deployment, repository: Repository) -> bool:
    """Tell whether the loss of the platform's disk takes the backups along."""
    folder = repository.folder
    while folder and not folder.exists():
        folder = folder.parent
    return folder is not None and folder.stat().st_dev == deployment.folder.stat().st_dev
