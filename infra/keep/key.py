"""The key that opens the backups: whoever has no copy of it elsewhere loses them with this machine."""

from pathlib import Path

COPIED = "keep/key-copied"


def file(folder: Path) -> Path:
    """Return the key of the deployment in ``folder``."""
    return folder / "secrets" / "backup"


def copied(folder: Path) -> bool:
    """Tell whether somebody said that a copy is kept elsewhere."""
    return (folder / COPIED).exists()


def advice(folder: Path) -> str:
    """Return what its owner must do."""
    return f"copy {file(folder)} somewhere safe: without it no backup can be opened"
