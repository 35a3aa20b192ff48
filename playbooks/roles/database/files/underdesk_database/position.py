"""How far the data of this host goes, while its server does not run."""

import os
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from settings import DATA, MEMORY, SERVER

NONE = "00000000-0000-0000-0000-000000000000"
STATE = "grastate.dat"
JOINING = MEMORY / "joining"
"""Stands from before a copy of the others begins until the member has all of it, on its disk; in it since which boot."""
BOOT = Path("/proc/sys/kernel/random/boot_id")
RECOVERED = re.compile(r"WSREP: Recovered position:\s*(([0-9a-f-]{36}):(-?\d+)\S*)")


@dataclass(frozen=True)
class Position:
    """History and number of the last change; ``start`` is how the server is told."""

    uuid: str = ""
    seqno: int = -1
    start: str = ""


def find() -> Position:
    """Return what the data says, recovered where the server was killed; nothing where a copy never ended, or nothing is there yet.

    A copy that had not come to the disk when the host went down may be there in part, whatever its log says: it counts for nothing.
    Raises RuntimeError where the data cannot be read.
    """
    noted = of_state((DATA / STATE).read_text(encoding="utf-8")) if (DATA / STATE).exists() else None
    if noted is None or (JOINING.exists() and not (noted.uuid and JOINING.read_text(encoding="utf-8") == _boot())):
        return Position()
    done = subprocess.run([SERVER, "--wsrep-recover", "--disable-log-error"], capture_output=True, text=True, errors="replace", check=False)
    found = RECOVERED.search(done.stderr)
    if found is None:
        if JOINING.exists():
            return Position()
        sys.stderr.write(done.stderr[-4000:])
        raise RuntimeError("the position of the data cannot be recovered; see above")
    return Position() if found[2] == NONE and not noted.uuid else noted if found[2] == NONE else Position(found[2], int(found[3]), found[1])


def of_state(text: str) -> Position:
    """Read what Galera writes at an orderly stop; of a killed server only the history stands there."""
    told = dict(line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    uuid, seqno = told.get("uuid", NONE).strip(), int(told.get("seqno", "-1"))
    return Position() if uuid == NONE else Position(uuid, seqno, f"{uuid}:{seqno}")


def joins() -> None:
    """Remember, on the disk, that a copy of the others begins."""
    JOINING.write_text(_boot(), encoding="utf-8")
    for path in (JOINING, JOINING.parent):
        _settle(path)


def settle(folder: Path = DATA) -> None:
    """Have all that was copied on the disk, and forget that it was a copy: neither the program that copies nor the server syncs what came.

    Raises RuntimeError where the data is not to be seen here, as by a program that was started before its disk was mounted.
    """
    if not (folder / STATE).exists():
        raise RuntimeError(f"{folder} is not what the server sees")
    for path in (*folder.rglob("*"), folder):
        if path.is_dir() or path.is_file():
            with suppress(FileNotFoundError, PermissionError):  # gone meanwhile, or a note of the installation that is not the server's
                _settle(path)
    JOINING.unlink(missing_ok=True)
    _settle(JOINING.parent)


def has_data(databases: tuple[str, ...]) -> bool:
    """Tell whether any of the databases is there."""
    return any((DATA / name).is_dir() for name in databases)


def let_begin() -> None:
    """Have Galera believe that this member may begin, as was agreed; what it remembers of its last companions is of no use then."""
    (DATA / "gvwstate.dat").unlink(missing_ok=True)
    state = DATA / STATE
    if state.exists():
        _replace(state, re.sub(r"safe_to_bootstrap:\s*0", "safe_to_bootstrap: 1", state.read_text(encoding="utf-8")))


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.underdesk-new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _settle(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _boot() -> str:
    """Return what the kernel calls itself since it started, "" where it does not say."""
    with suppress(OSError):
        return BOOT.read_text(encoding="ascii").strip()
    return ""
