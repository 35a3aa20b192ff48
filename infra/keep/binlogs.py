"""The binary log, wherever a copy of it is: what leads from a backup to a later moment."""

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from infra.keep import database
from infra.keep.manifest import BINLOG_NAMES, BINLOGS, Position, log_files
from infra.keep.repository import Repository
from runtime.errors import PlanError


def collect(sources: Sequence[Path], position: Position, to: Path) -> list[str]:
    """Copy the files from ``position`` on out of the folders ``sources`` to ``to``; return their names, in order.

    Raises PlanError where a file is missing in between. Of a file that several have, the longest is taken: the log only grows.
    """
    to.mkdir(mode=0o755, parents=True, exist_ok=True)
    longest: dict[str, Path] = {}
    for path in (path for source in sources for path in log_files(source)):
        if path.name >= position.file and (path.name not in longest or path.stat().st_size > longest[path.name].stat().st_size):
            longest[path.name] = path
    names = sorted(longest)
    _whole(names, position.file)
    for name in names:
        shutil.copyfile(longest[name], to / name)
        (to / name).chmod(0o644)
    return names


def end(folder: Path) -> Position:
    """Return where the binary log of the deployment in ``folder`` ends; whatever is written to its database moves that."""
    last = log_files(folder / BINLOGS)[-1:]
    return Position(timeline=database.timeline(folder), file=last[0].name if last else "", offset=last[0].stat().st_size if last else 0)


def of_backup(repository: Repository, snapshot: str, to: Path) -> Path:
    """Write the binary log files that ``snapshot`` holds below ``to``; return their folder."""
    repository.restore(snapshot, to, only=(f"{BINLOGS}/{BINLOG_NAMES}",))
    return to / BINLOGS


def _whole(names: Sequence[str], first: str) -> None:
    missing = [first] if names and names[0] != first else [f"what follows {one}" for one, after in pairwise(names) if _number(after) != _number(one) + 1]
    if missing:
        raise PlanError(
            f"{missing[0]} is missing: changes after it cannot be brought back",
            where="the binary log",
            hint="name an earlier time with --at, or a backup as it is with --backup",
        )


def _number(name: str) -> int:
    return int(name.rsplit(".", 1)[1])
