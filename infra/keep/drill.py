"""A drill: the newest backup, restored beside the running platform and proved by content."""

import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

from infra import deploy, version
from infra.deployment import Deployment, read_plan
from infra.images import wanted
from infra.keep import backup, choose, manifest, memory, places, staging
from infra.keep.repository import Snapshot
from infra.keep.staging import Staged
from infra.reach import fetch
from infra.stack import Services
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.printer import quiet
from sizing.evidence import evidence
from sizing.limits import least
from sizing.plan import Plan

WORK = "drill"
LAST = "keep/last-drill.json"
READ_PERCENT: Final = 5
OK: Final = 200
Say = Callable[[str], None]
Prove = Callable[[Deployment], tuple[str, ...]]


@dataclass(frozen=True)
class Proof:
    """What a drill showed: each of ``shown`` held, each of ``wrong`` did not; ``minutes`` from the backup to the last page."""

    snapshot: Snapshot
    minutes: float
    counts: dict[str, int]
    shown: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.wrong


def drill(deployment: Deployment, say: Say, sign_in: Prove) -> Proof:
    """Restore the newest backup of ``deployment`` beside it, look at it as people would, and take it away again.

    ``sign_in`` lets test users work on the restored platform and returns what went wrong. Raises PlanError where the
    restore itself is impossible; either way it is recorded, and nothing is left.
    """
    with lock(backup.guard(deployment)):
        clean(deployment, say)
        try:
            proof = _drilled(deployment, say, sign_in)
        except PlanError as problem:
            memory.failed(deployment.folder / LAST, datetime.now(UTC), str(problem))
            raise
        finally:
            clean(deployment, say)
    _record(deployment, proof)
    return proof


def last(deployment: Deployment) -> dict[str, Any]:
    """Return what was recorded of the last drill; {} where there was none. ``time`` is that of the last that passed."""
    return memory.last(deployment.folder / LAST)


def clean(deployment: Deployment, say: Say) -> None:
    """Take away what a drill made, also what a killed one left."""
    folder = deployment.folder / WORK
    if (folder / "pulumi").is_dir():
        say("taking the restored platform away")
        Services(_beside(deployment, folder), quiet).destroy(quiet)
    shutil.rmtree(folder, ignore_errors=True)


def _drilled(deployment: Deployment, say: Say, sign_in: Prove) -> Proof:
    started, repository, folder = monotonic(), places.repository(deployment), deployment.folder / WORK
    say(f"reading {READ_PERCENT} % of all that is kept")
    repository.check(share_percent=READ_PERCENT)
    source = choose.source(repository, choose.newest(repository))
    staging.fetch(source, folder, say, only=(manifest.WORK, "plan.json", version.FILE, "secrets", "passphrase", "tls", *manifest.FILES))
    beside = _beside(deployment, folder)
    staged = staging.build(source, folder, beside.plan, say, wanted(beside)["database"])
    say("starting it beside the platform")
    deploy.apply(beside, deploy.Proposal(), quiet)
    wrong = (*_counted(source.manifest, staged), *_pages(beside, say), *sign_in(beside))
    shown = (
        f"every row: {staged.counts['posts']:,} posts, {staged.counts['comments']:,} comments, {staged.counts['wiki pages']:,} wiki pages",
        f"{source.manifest.counts['files']:,} files, read back and compared",
        f"a page of each of {len(beside.plan.platform.spaces)} spaces",
        "test users signed in, read, posted and edited",
    )
    return Proof(source.snapshot, round((monotonic() - started) / 60, 2), staged.counts, shown, wrong)


def _beside(deployment: Deployment, folder: Path) -> Deployment:
    """Return the restored platform as a deployment of its own: on free ports, small, silent, with the same addresses in its pages."""
    saved = folder / "plan.json"
    if not saved.exists():
        saved = folder / "plan.pending.json"
    plan = _small(read_plan(saved) if saved.exists() else deployment.plan, f"{deployment.name}-drill")
    return Deployment(plan, folder, deployment.address, _free_ports())


def _small(plan: Plan, name: str) -> Plan:
    platform = plan.platform
    alone = {
        "name": name,
        "hosts_file": False,
        "mail": platform.mail.model_copy(update={"relay": ""}),
        "backup": platform.backup.model_copy(update={"scheduled": False, "changes_to": ""}),
    }
    return plan.model_copy(update={"platform": platform.model_copy(update=alone), "limits": least(plan.limits, evidence().medians())})


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _counted(said: manifest.Manifest, staged: Staged) -> tuple[str, ...]:
    found = manifest.files_of(staged.folder)
    there = {**staged.counts, **found}
    return tuple(f"{what}: {there.get(what)} are there, {count} were backed up" for what, count in said.counts.items() if there.get(what) != count)


def _pages(beside: Deployment, say: Say) -> tuple[str, ...]:
    """Ask for the first page of each space, as a browser would."""
    wrong = []
    for space in beside.plan.platform.spaces:
        role, path = ("wiki", "/") if space.kind == "wiki" else (space.visibility, f"/{space.path}/" if space.path else "/")
        status, text = fetch(beside, role, path)
        if status not in (OK, 301, 302) or (status == OK and "</html>" not in text):
            wrong.append(f"{role}{path} answers {status}")
        say(f"{role}{path}: {status}")
    return tuple(wrong)


def _record(deployment: Deployment, proof: Proof) -> None:
    path, now = deployment.folder / LAST, datetime.now(UTC)
    content = {"snapshot": proof.snapshot.id, "minutes": proof.minutes, "counts": proof.counts, "shown": list(proof.shown)}
    if proof.passed:
        memory.succeeded(path, {"time": now.isoformat(timespec="seconds"), **content})
    else:
        memory.failed(path, now, "; ".join(proof.wrong), content)
