"""The copied binary log, read again: what a restore has beside the log on the platform's own disk, or instead of it."""

import re
from pathlib import Path
from typing import Final

from infra.deployment import Deployment
from infra.keep import changes
from infra.keep.let_in import other_host, sftp
from runtime.errors import PlanError

TIMELINE: Final = re.compile(r"[0-9a-f]{16}")
LONG_S: Final = 24 * 3600


def logs(deployment: Deployment, timeline: str, work: Path) -> tuple[tuple[str, Path], ...]:
    """Return the folder that holds the copied files of ``timeline``, with its name; nothing where none were copied.

    From another host they are fetched to ``work`` first. Raises PlanError where that host does not give them.
    """
    if not TIMELINE.fullmatch(timeline):
        return ()
    if place := changes.folder(deployment):
        return ((timeline, place / timeline),) if (place / timeline).is_dir() else ()
    found = _fetched(deployment, timeline, work) if other_host(deployment) else None
    return ((timeline, found),) if found else ()


def _fetched(deployment: Deployment, timeline: str, work: Path) -> Path | None:
    account, folder = other_host(deployment) or ("", "")
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    done = sftp(deployment, f"get -r {folder}/{deployment.name}/{timeline} {work}\n", LONG_S)
    if done.returncode and "not found" not in done.stderr and "No such file" not in done.stderr:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise PlanError(
            f"does not give the copied changes: {said[-1] if said else 'nothing said'}", where=account, hint="see 'plan deploy': it says what is missing"
        )
    return work / timeline if not done.returncode else None
