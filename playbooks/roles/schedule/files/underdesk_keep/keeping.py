"""What this manager keeps of the deployment, unpacked for the time of one piece of work; and the work's own folder."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from problems import KeepError, NotNowError
from settings import Settings

SPARE = 64 * 1024**2


@contextmanager
def folder(settings: Settings, name: str) -> Iterator[Path]:
    """Give an empty folder on this host that is nobody else's, and take it away afterwards; what a killed one left goes first."""
    place = settings.home / "keep" / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def unpack(settings: Settings, to: Path) -> None:
    """Unpack the newest that is kept; raises KeepError where there is nothing that may be backed up now."""
    archives = sorted(settings.kept.glob("0*-*"))
    if not archives:
        raise NotNowError("this manager keeps nothing of the deployment yet")
    try:
        with tarfile.open(archives[-1], "r:gz") as packed:
            for member in packed:
                if not (member.isfile() or member.isdir()) or member.name.startswith("/") or ".." in Path(member.name).parts:
                    raise KeepError(f"{archives[-1]} holds what it should not: {member.name}")
                member.mode = 0o700 if member.isdir() else 0o600
                member.uid = member.gid = 0
                packed.extract(member, to, set_attrs=True)
    except (OSError, EOFError, tarfile.TarError) as problem:
        raise KeepError(f"{archives[-1]} cannot be read: {problem}") from problem
    if (to / settings.told["removed"]).exists() or not _read(to / "deployment.json").get("images"):
        raise NotNowError("the platform is not deployed")
    if _read(to / settings.told["restoring"]).get("stage") == settings.told["half"]:
        raise NotNowError("a restore has not ended: 'plan restore --inventory' completes it")
    if _read(to / settings.told["renewing"]).get("key"):  # its backup must not be forgotten for a newer one, with other tables
        raise NotNowError("an upgrade that changes tables has not ended: 'plan upgrade --inventory' completes it")
    if not (to / "secrets" / "backup").is_file():
        raise KeepError("the key of the backups is not there")


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def need(place: Path, wanted: int, what: str) -> None:
    """Raise KeepError where the disk of ``place`` has not so many bytes free."""
    free = shutil.disk_usage(place).free
    if free < wanted + SPARE:
        raise KeepError(f"{free / 1024**2:,.0f} MiB are free, {what} needs {(wanted + SPARE) / 1024**2:,.0f}")


def counted(below: Path, names: list[str]) -> dict[str, int]:
    """Return how many files people have put below a folder, and their bytes."""
    found = [path.lstat().st_size for name in names for path in (below / name).rglob("*") if path.is_file() and not path.is_symlink()]
    return {"files": len(found), "file bytes": sum(found)}
