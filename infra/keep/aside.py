"""What restores have put aside: nobody but its owner removes it, so it is named until then."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.deployment import Deployment

PATTERN = "*.before-*"


@dataclass(frozen=True)
class Aside:
    """A folder that a restore left, and how large it is."""

    folder: Path
    size_bytes: int

    def __str__(self) -> str:
        return f"{self.folder}, {self.size_bytes / 1024**2:,.0f} MiB, was there before a restore: remove it when you no longer need it"


def asides(deployment: Deployment) -> list[Aside]:
    """Return them, the oldest first."""
    return [Aside(path, _size(path)) for path in sorted(deployment.folder.glob(PATTERN))]


def _size(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # its owner may be removing it now
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - a hundred thousand of them
    return total
