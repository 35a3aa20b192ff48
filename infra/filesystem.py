"""Whether the file system that holds the data comes through a power cut: by a journal, or by never writing over what is in force."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
BLOCK_DEVICES: Final = Path("/sys/dev/block")
EXT4: Final = Path("/sys/fs/ext4")
NO_JOURNAL: Final = "<none>"  # what Linux says of the task that writes the journal where there is none
WITH_JOURNAL: Final = {"ext3", "ext4", "xfs", "jfs", "reiserfs"}
NEVER_OVER: Final = {"btrfs", "zfs", "bcachefs", "f2fs"}
WITHOUT_JOURNAL: Final = {"ext2", "vfat", "msdos", "exfat", "minix", "hfs", "ufs", "udf"}
IN_MEMORY: Final = {"tmpfs", "ramfs", "rootfs", "devtmpfs"}
NO_BARRIER: Final = {"nobarrier", "barrier=0", "barrier=none"}
USE: Final = "use ext4, XFS, Btrfs or ZFS for it: move the folder to such a disk, and mount that there"
ESCAPED: Final = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One line of the kernel's table of mounts; ``device`` is MAJOR:MINOR."""

    device: str
    point: Path
    kind: str
    source: str
    options: frozenset[str]


@dataclass(frozen=True)
class Judgement:
    """What holds the data; ``mend`` is empty where a power cut takes nothing that was answered, as far as that can be seen."""

    said: str
    mend: str = ""


def judge(folder: Path, table: str | None = None, journal: Callable[[str], bool | None] | None = None) -> Judgement:
    """Judge the file system of ``folder``, or of the nearest one above it that is there.

    ``table`` is the kernel's table of mounts; ``journal`` tells of an ext4 on a device (MAJOR:MINOR) whether it has a journal, None where that is unknown.
    """
    there = nearest(folder).resolve()
    mount = holding(there, mounts(_table() if table is None else table))
    if mount is None:
        return Judgement(f"of {there} unknown: {MOUNTS} does not name it")
    return _judged(mount, there, journal or has_journal)


def mounts(table: str) -> list[Mount]:
    """Return the mounts in ``table``, later ones lie over earlier ones; source of the format: proc_pid_mountinfo(5)."""
    return [mount for line in table.splitlines() if (mount := _mount(line))]


def holding(folder: Path, among: Iterable[Mount]) -> Mount | None:
    """Return the mount that holds ``folder``: the deepest, of equally deep ones the last."""
    above = [mount for mount in among if folder.is_relative_to(mount.point)]
    return max(reversed(above), key=lambda mount: len(mount.point.parts), default=None)


def has_journal(device: str) -> bool | None:
    """Tell whether the mounted ext4 on ``device`` has a journal; None where the kernel does not say."""
    with suppress(OSError):
        return (EXT4 / (BLOCK_DEVICES / device).resolve(strict=True).name / "journal_task").read_text(encoding="ascii").strip() != NO_JOURNAL
    return None


def _judged(mount: Mount, folder: Path, journal: Callable[[str], bool | None]) -> Judgement:
    said = f"{mount.kind} on {mount.source} holds {folder}"
    if mount.kind in IN_MEMORY:
        return Judgement(f"{said}: it is memory, and gone with the power", USE)
    if mount.kind in WITHOUT_JOURNAL:
        return Judgement(f"{said}: it has no journal, so a power cut may take what was answered", USE)
    if mount.kind == "ext4" and journal(mount.device) is False:
        return Judgement(
            f"{said}, made without a journal, so a power cut may take what was answered",
            f"'tune2fs -O has_journal {mount.source}' while it is not mounted (a disk with the system on it: from a rescue system); or use another disk",
        )
    if mount.options & NO_BARRIER:
        return Judgement(
            f"{said}, mounted without barriers, so a power cut may take what was answered", f"take the option away: 'mount -o remount,barrier {mount.point}'"
        )
    return Judgement(f"{said}{_known(mount.kind)}")


def _known(kind: str) -> str:
    if kind in WITH_JOURNAL:
        return ", with a journal"
    return "" if kind in NEVER_OVER else ": whether it has a journal is not known here"


def _mount(line: str) -> Mount | None:
    front, _, back = line.partition(" - ")
    fields, more = front.split(), back.split()
    if len(fields) < 6 or len(more) < 2:  # noqa: PLR2004 - the fields that are always there
        return None
    options = {*fields[5].split(","), *(more[2].split(",") if len(more) > 2 else ())}  # noqa: PLR2004 - the same
    return Mount(fields[2], Path(_plain(fields[4])), more[0], _plain(more[1]), frozenset(options))


def _plain(text: str) -> str:
    """Undo the kernel's escapes of blanks and backslashes."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)


def nearest(folder: Path) -> Path:
    """Return ``folder``, or the nearest one above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _table() -> str:
    with suppress(OSError):
        return MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    return ""
