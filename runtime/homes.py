"""Folders of the person who runs a command, outside of any checkout."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder for what is fetched or built once."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "underdesk"


def state_folder() -> Path:
    """Return the folder for what the next command must know."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "underdesk"
