"""A drill: the newest backup, restored beside the running platform and proved by content."""

import hashlib
import html
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from time import monotonic
from typing import Any, Final

from infra import deploy, version
from infra.deployment import Deployment, names, plan_file, read_plan
from infra.images import wanted
from infra.keep import backup, choose, manifest, memory, places, staging
from infra.keep.repository import Snapshot
from infra.keep.staging import Staged
from infra.reach import Page, follow
from infra.stack import Services
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.printer import quiet
from sizing.evidence import evidence
from sizing.limits import least
from sizing.plan import Plan, Space

WORK = "drill"
LAST = "keep/last-drill.json"
READ_PERCENT: Final = 5
OK: Final = 200
LONGEST_NAME: Final = 20
DIGITS: Final = 4
TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
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
        try:
            proof = _cleanly(deployment, say, sign_in)
        except PlanError as problem:
            memory.failed(deployment.folder / LAST, datetime.now(UTC), str(problem))
            raise
    record(deployment, proof)
    return proof


def last(deployment: Deployment) -> dict[str, Any]:
    """Return what was recorded of the last drill; {} where there was none. ``time`` is that of the last that passed."""
    return memory.last(deployment.folder / LAST)


def clean(deployment: Deployment, say: Say) -> None:
    """Take away what a drill made, also what a killed one left."""
    folder = deployment.folder / WORK
    if (folder / "pulumi").is_dir():
        say("taking the restored platform away")
        Services(_beside(deployment, folder, deployment.plan), quiet).destroy(quiet)  # its own plan may be half written
    shutil.rmtree(folder, ignore_errors=True)


def name_of(deployment: Deployment) -> str:
    """Return the name of the restored platform: as long as a name may be, of this deployment alone, the same at each drill."""
    name = f"{deployment.name}-drill"
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(deployment.name.encode()).hexdigest()[:DIGITS]
    return f"{deployment.name[: LONGEST_NAME - DIGITS - len('--drill')]}-{digest}-drill"


def _cleanly(deployment: Deployment, say: Say, sign_in: Prove) -> Proof:
    if name_of(deployment) in names():
        raise PlanError("has the name that the restored platform would have", where=f"the deployment {name_of(deployment)}", hint="deploy it by another name")
    try:
        clean(deployment, say)
        return _drilled(deployment, say, sign_in)
    finally:
        clean(deployment, say)


def _drilled(deployment: Deployment, say: Say, sign_in: Prove) -> Proof:
    started, repository, folder = monotonic(), places.repository(deployment), deployment.folder / WORK
    say(f"reading {READ_PERCENT} % of all that is kept")
    repository.check(share_percent=READ_PERCENT)
    source = choose.source(repository, choose.newest(repository))
    staging.fetch(source, folder, say, only=(manifest.WORK, "plan.json", version.FILE, "secrets", "passphrase", "tls", *manifest.FILES))
    beside = _beside(deployment, folder, _backed_up(folder) or deployment.plan)
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


def _backed_up(folder: Path) -> Plan | None:
    saved = plan_file(folder)
    return read_plan(saved) if saved.exists() else None


def _beside(deployment: Deployment, folder: Path, plan: Plan) -> Deployment:
    """Return the restored platform as a deployment of its own: on free ports, small, silent, with the same addresses in its pages."""
    return Deployment(_small(plan, name_of(deployment)), folder, deployment.address, _free_ports())


def _small(plan: Plan, name: str) -> Plan:
    platform = plan.platform
    alone = {
        "name": name,
        "hosts_file": False,
        "tls": platform.tls.model_copy(update={"acme": None}),
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
    """Ask for the first page of each space, as a browser would, and return what is wrong with it."""
    wrong: list[str] = []
    for space in beside.plan.platform.spaces:
        base = beside.urls["wiki" if space.kind == "wiki" else space.visibility]
        url = f"{base}{space.path}/" if space.path and space.kind == "blog" else base
        try:
            said = _not_its_page(space, url, follow(beside, url))
        except (PlanError, OSError, HTTPException) as problem:
            said = str(problem)
        wrong += [f"{url}: {said}"] if said else []
        say(f"{url}: {said or 'is there'}")
    return tuple(wrong)


def _not_its_page(space: Space, url: str, page: Page) -> str:
    """Return what tells ``page`` from the first page of ``space`` at ``url``; empty where nothing does."""
    if page.status != OK:
        return f"answers {page.status}"
    if not page.url.startswith(url) or (space.kind == "blog" and page.url != url):
        return f"leads to {page.url}"
    window = TITLE.search(page.text)
    shown = page.text if space.kind == "wiki" else window[1] if window else ""  # a blog's page lists other blogs, too
    return "" if _plain(space.title) in _plain(html.unescape(shown)) and "</html>" in page.text else f"is not the page of {space.title!r}"


def _plain(text: str) -> str:
    """Return the words alone: WordPress sets other quotation marks and dashes than were written."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def record(deployment: Deployment, proof: Proof) -> None:
    """Record what a drill came to."""
    path, now = deployment.folder / LAST, datetime.now(UTC)
    content = {"snapshot": proof.snapshot.id, "minutes": proof.minutes, "counts": proof.counts, "shown": list(proof.shown)}
    if proof.passed:
        memory.succeeded(path, {"time": now.isoformat(timespec="seconds"), **content})
    else:
        memory.failed(path, now, "; ".join(proof.wrong), content)
