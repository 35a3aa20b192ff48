"""A folder as one archive whose bytes say the same as its content, and back, into a folder that holds nothing else; no network, no host."""

import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Final

from runtime.errors import PlanError

MOST_BYTES: Final = 256 * 1024 * 1024
FOLDER, FILE = 0o700, 0o755
"""Most that anybody may with a folder, and with a file."""


def pack(folder: Path, without: Sequence[str]) -> bytes:
    """Return everything in ``folder`` but the paths ``without`` (below it) as a tar: equal bytes for equal names, modes and contents.

    Raises PlanError where something is neither file nor folder, or all of it is too large.
    """
    packed, total = io.BytesIO(), 0
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in _content(folder, frozenset(without)):
            content = b"" if path.is_dir() else path.read_bytes()
            total += len(content)
            if total > MOST_BYTES:
                raise PlanError(f"holds more than {MOST_BYTES / 1e6:.0f} MB", where=str(folder), hint=f"what is large in it does not belong there: see {path}")
            archive.addfile(_entry(path, path.relative_to(folder).as_posix(), len(content)), io.BytesIO(content))
    return packed.getvalue()


def digest(packed: bytes) -> str:
    """Return the SHA-256 of what ``pack`` returned."""
    return hashlib.sha256(packed).hexdigest()


def compress(packed: bytes) -> bytes:
    """Return the same in fewer bytes."""
    return gzip.compress(packed, compresslevel=6, mtime=0)


def decompress(compressed: bytes) -> bytes:
    """Return what was compressed; raises ValueError where that is damaged or too large."""
    try:
        with gzip.open(io.BytesIO(compressed)) as file:
            whole = file.read(2 * MOST_BYTES)
            if file.read(1):
                raise ValueError("is too large")
    except (OSError, EOFError, zlib.error) as problem:
        raise ValueError(str(problem)) from problem
    return whole


def unpack(packed: bytes, folder: Path) -> None:
    """Make ``folder`` what was packed, and nothing else; it is as it was, or new, however this ends.

    Raises ValueError, with nothing changed, where the archive holds anything but files and folders below it.
    """
    making = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=FOLDER)
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
            for member in archive:
                _put(member, archive.extractfile(member) if member.isfile() else None, making)
    except (tarfile.TarError, OSError, ValueError) as problem:
        shutil.rmtree(making, ignore_errors=True)
        if isinstance(problem, OSError) and not isinstance(problem, FileExistsError | NotADirectoryError):
            raise PlanError(f"cannot be written: {problem.strerror}", where=str(folder), hint="is there space on the disk?") from problem
        raise ValueError(str(problem)) from problem
    shutil.rmtree(folder, ignore_errors=True)
    making.rename(folder)


def _content(folder: Path, without: frozenset[str]) -> Iterator[Path]:
    """Return everything below ``folder``, folders before what is in them, in one order for all machines."""
    return _below(folder, folder, without)


def _below(at: Path, folder: Path, without: frozenset[str]) -> Iterator[Path]:
    for path in sorted(at.iterdir(), key=lambda one: os.fsencode(one.name)):
        if path.relative_to(folder).as_posix() in without:
            continue
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise PlanError("is neither file nor folder, so it cannot be kept", where=str(path), hint="remove it; what a deployment needs are files")
        yield path
        if stat.S_ISDIR(mode):
            yield from _below(path, folder, without)


def _entry(path: Path, name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE if path.is_dir() else tarfile.REGTYPE
    entry.mode = path.stat().st_mode & (FOLDER if path.is_dir() else FILE)
    entry.size = size
    return entry  # no owner, no moment: they are nobody's content


def _put(member: tarfile.TarInfo, content: IO[bytes] | None, folder: Path) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not name.parts or "\0" in member.name:
        raise ValueError(f"holds something outside: {member.name!r}")
    place = folder / name
    if member.isdir():
        place.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        return
    if content is None:
        raise ValueError(f"holds something that is neither file nor folder: {member.name!r}")
    place.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, (member.mode & FILE) | stat.S_IRUSR | stat.S_IWUSR)
        shutil.copyfileobj(content, file)
