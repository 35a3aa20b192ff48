"""Is there room? Asked before anything is copied."""

import shutil
from pathlib import Path

from runtime.errors import PlanError

MIB = 1024**2


def need(folder: Path, wanted_bytes: int, what: str, mend: str = "make space") -> None:
    """Raise PlanError where the disk of ``folder`` has not ``wanted_bytes`` free for ``what``."""
    free = shutil.disk_usage(folder).free
    if free < wanted_bytes:
        raise PlanError(
            f"{free / MIB:,.0f} MiB are free, {what} needs {wanted_bytes / MIB:,.0f}", where=str(folder), hint=f"{mend}, then run the same command again"
        )
