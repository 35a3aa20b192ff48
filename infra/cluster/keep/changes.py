"""What members of a cluster's database have written down of changes after a backup: its way to a later moment.

Members number changes alike (GTID), so the log of any of them leads on from a backup that another made.
"""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.cluster.keep.commands import CHANGES, MARK
from infra.cluster.keep.database import Member
from infra.cluster.keep.host import OnHost, carry
from infra.keep.manifest import Manifest
from runtime.errors import PlanError


def timeline(cluster: str, host: str, number: str) -> str:
    """Return what a manifest calls the log that leads on from a backup: whose it is, and the number of the last change that is in it."""
    return f"{cluster}/{host}{MARK}{number}"


def number(said: Manifest, snapshot: str) -> str:
    """Return the number of the last change that is in a backup; raises PlanError where it says none: it is of a desk, or of an older version."""
    _, _, found = said.position.timeline.partition(MARK)
    if not found:
        hint = "name it with --backup, or an earlier or later time"
        raise PlanError("does not say which change of this cluster's database is the last in it", where=f"backup {snapshot}", hint=hint)
    return found


def fetch(members: Sequence[Member], after: str, until: datetime, host: OnHost, file: Path) -> str:
    """Have a host know what changed after a number up to a moment, as statements in a file; return the name of the member that knew.

    Raises PlanError where no member's log reaches so far back.
    """
    stop = f"{until.astimezone(UTC) + timedelta(seconds=1):%Y-%m-%d %H:%M:%S}"  # the first that is left out; the log counts in seconds
    problems = []
    for member in members:
        try:
            carry(member.host, CHANGES.format(number=shlex.quote(after), stop=shlex.quote(stop)), host, f"(umask 077; cat >{shlex.quote(str(file))})")
        except PlanError as problem:
            problems.append(f"{member.container}: {problem.message}")
        else:
            return member.container
    raise PlanError(f"no member knows what was changed after it ({'; '.join(problems)})", where="the binary log", hint="name a backup with --backup")


def run_again(writer: Member, host: OnHost, file: Path) -> None:
    """Let the member that is written to do the changes in a file of a host."""
    carry(host, f"cat {shlex.quote(str(file))}", writer.host, f"{writer.client} --binary-mode")
