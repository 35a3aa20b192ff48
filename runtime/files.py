"""Files written whole or not at all."""

import errno
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from runtime.errors import PlanError

PRIVATE = 0o600
PUBLIC = 0o644
MOST_BYTES = 64 * 1024 * 1024


def write(path: Path, content: str | bytes, mode: int = PUBLIC) -> None:
    """Replace ``path`` by ``content`` in one step, and on the disk; it has ``mode`` from its first byte.

    Raises PlanError where the folder cannot be written or the disk is full.
    """
    content = content.encode() if isinstance(content, str) else content
    refuse_special(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as problem:
        raise PlanError(f"cannot write: {problem.strerror}", where=str(path), hint="is the folder yours, and is there space?") from problem
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        _settle(path.parent)
    except BaseException as problem:
        Path(name).unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise PlanError(f"cannot write: {problem.strerror}", where=str(path), hint="is there space on the disk?") from problem
        raise


def refuse_special(path: Path) -> None:
    """Raise PlanError where ``path`` is there and is no file that may be replaced (a folder, a device, a pipe), or cannot be a name."""
    try:
        folder, other = path.is_dir(), path.exists() and not path.is_file()
    except OSError as problem:
        raise PlanError(f"cannot be used: {problem.strerror}", where=str(path), hint="name another file") from problem
    if folder:
        raise PlanError("is a folder", where=str(path), hint="name a file in it")
    if other:
        raise PlanError("is no file", where=str(path), hint="name a file; a device or a pipe is never replaced")


def same(one: Path, other: Path) -> bool:
    """Tell whether two names lead to the same place, whether anything is there or not; links in a circle lead nowhere and are no error."""
    return os.path.realpath(one) == os.path.realpath(other)


def _settle(folder: Path) -> None:
    """Make the new name in ``folder`` last through a power cut, where its file system can."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)


def bound(path: Path, most_bytes: int) -> None:
    """Put a log that is larger than ``most_bytes`` aside as ``path`` with .1, in place of the one before; whoever writes to it goes on there."""
    with suppress(FileNotFoundError):
        if path.stat().st_size > most_bytes:
            path.replace(path.with_name(f"{path.name}.1"))


def read(path: Path, hint: str = "", most_bytes: int = MOST_BYTES) -> str:
    """Return the text of ``path``; raises PlanError with ``hint`` where it cannot be read, or is larger than ``most_bytes``."""
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise PlanError(f"is larger than {most_bytes / 1e6:.0f} MB", where=str(path), hint="is this the right file?")
        return content.decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError as problem:
        raise PlanError("no such file", where=str(path), hint=hint) from problem
    except UnicodeDecodeError as problem:
        raise PlanError("is not UTF-8 text", where=str(path), hint="save it as UTF-8") from problem
    except OSError as problem:
        raise PlanError(f"cannot be read: {problem.strerror}", where=str(path), hint=hint) from problem


def digest(content: str | bytes) -> str:
    """Return the SHA-256 of ``content``, in hex."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
