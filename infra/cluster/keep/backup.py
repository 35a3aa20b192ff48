"""Back up a cluster: both databases at one moment, the files that hosts share, and what its managers keep, copied by one of its hosts."""

import functools
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from infra.cluster.carry import kept
from infra.cluster.claim import claim, held
from infra.cluster.cluster import Cluster
from infra.cluster.keep import database as keep_database
from infra.cluster.keep.database import Member
from infra.cluster.keep.host import OnHost
from infra.cluster.parts import folders
from infra.cluster.standing import Standing
from infra.deployment import Deployment
from infra.keep import backup as keeping
from infra.keep import database, key, manifest, places
from infra.keep.backup import Material
from infra.keep.manifest import Manifest
from infra.keep.repository import Repository, Snapshot
from runtime import files
from runtime.errors import PlanError
from runtime.run import last_line
from runtime.together import together

Say = Callable[[str], None]
WORK: Final = "keep/backup"
"""On the host that does it: everything that is copied, but files."""
LOCK: Final = "/run/underdesk-keep"
BUSY: Final = "a backup, restore or drill works on this host"
MOUNTED: Final = "its files are not mounted"
LOOK_S: Final = 30
CLAIMS, CLAIM_PAUSE_S = 10, 3.0
SIZE: Final = "SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema IN ('blogs', 'wiki')"


@dataclass(frozen=True)
class Vault:
    """A deployment's backups, as ``host`` reaches them: ``there`` is how the cluster stands, the deployment's folder is that of the managers."""

    there: Standing
    deployment: Deployment
    host: OnHost
    repository: Repository

    @property
    def cluster(self) -> Cluster:
        """The hosts."""
        return self.there.cluster

    def member(self, name: str) -> Member:
        """Return a member of the database."""
        return keep_database.of(self.cluster, name, self.host)

    @property
    def reader(self) -> Member:
        """A member of the database that is not written to, on the host that copies where there is one."""
        return self.member(keep_database.reader(self.cluster, self.there.tells.told, (self.host.name,)))


@contextmanager
def opened(there: Standing, to: str = "") -> Iterator[Vault]:
    """Give the backups of the deployment that stands there, held against others; ``to`` is another place than the plan's.

    Raises PlanError where no host has the files, or most managers do not answer.
    """
    fetched = kept.fetch(there.cluster, there.folder)
    deployment = replace(there.deployment, folder=fetched.folder)
    _absolute(to)
    host = choose(there, places.repository(deployment, to).folder if not to else Path(to) if to.startswith("/") else None)
    host.make_ready()
    with held(host.reach, f"{LOCK}-{deployment.name}", BUSY):
        yield Vault(there, deployment, host, places.repository(deployment, to, host))


def choose(there: Standing, folder: Path | None) -> OnHost:
    """Return the host that copies: its files are there, then those that have backups in ``folder``, have a database that is not written to, and manage."""
    cluster, told = there.cluster, there.tells.told
    answering = [name for name in cluster.placement.hosts("web") if name not in cluster.lost]
    hosts = {name: OnHost(cluster.reach[name], there.folder, there.deployment.place) for name in answering}
    said = dict(zip(hosts, together([functools.partial(_look, cluster, host, folder) for host in hosts.values()]), strict=True))
    able = {name: one for name, one in said.items() if one in {"files", "backups"}}
    if not able:
        why = "; ".join(f"{name}: {said.get(name, 'does not answer')}" for name in cluster.placement.hosts("web"))
        raise PlanError(f"no host has the files ({why})", where=cluster.name, hint="see 'plan status --inventory', then run the same command again")
    likes = keep_database.reader(cluster, told, tuple(able))
    first = min(able, key=lambda name: (able[name] != "backups", name != likes, name not in cluster.managers))
    return hosts[first]


def take(vault: Vault, say: Say, why: str = "by hand") -> Snapshot:
    """Back up, and have what came of it recorded on the managers. Raises PlanError; then the last backups are as they were."""
    path = keeping.record(vault.deployment, vault.repository)
    say(f"{vault.host.name} copies, {vault.reader.container} writes down the database")
    try:
        return keeping.taken(vault.deployment, vault.repository, _gather(vault), say, why)
    finally:
        if path.exists():
            noted(vault, path, say)


def forget(vault: Vault, say: Say) -> None:
    """Remove the backups that the policy no longer keeps."""
    say(f"keeping {keeping.policy(vault.deployment)}")
    vault.repository.forget(keeping.policy(vault.deployment))


def noted(vault: Vault, path: Path, say: Say) -> None:
    """Keep a record on the managers as they are by now: somebody may have deployed meanwhile, and whoever deploys just now must not find it changed."""
    content, below = path.read_bytes(), path.relative_to(vault.deployment.folder)
    try:
        with _claimed(vault.cluster):
            fresh = kept.fetch(vault.cluster, vault.there.folder)
            (fresh.folder / below).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (fresh.folder / below).write_bytes(content)
            for without in kept.store(vault.cluster, vault.there.folder, fresh).without:
                say(without)
    except PlanError as problem:
        say(f"note: the managers do not know of it: {problem}")


@contextmanager
def _claimed(cluster: Cluster) -> Iterator[None]:
    """Hold the cluster for a moment, soon after whoever deploys; where the manager is lost that keeps the lock, nobody deploys."""
    if min(cluster.managers) in cluster.lost:
        yield
        return
    with ExitStack() as stack:
        for left in reversed(range(CLAIMS)):
            try:
                stack.enter_context(claim(cluster))
                break
            except PlanError:
                if not left:
                    raise
                time.sleep(CLAIM_PAUSE_S)
        yield


def _gather(vault: Vault) -> keeping.Gather:
    @contextmanager
    def gather(why: str, say: Say) -> Iterator[Material]:
        host, work = vault.host, vault.host.home / WORK
        host.do(f"rm -rf {shlex.quote(str(work))}; umask 077; mkdir -p {shlex.quote(str(work / 'data'))} {shlex.quote(str(work / manifest.WORK))}")
        try:
            names = [name for name in (*manifest.SETTINGS, manifest.STATE) if (vault.deployment.folder / name).exists()]
            host.bring(vault.deployment.folder, names, work)
            said = _written_down(vault, work, why, say)
            there = host.names(host.data) or frozenset()
            yield Material(said, work, [manifest.WORK, *names, *(name for name in manifest.FILES if Path(name).name in there)])
        finally:
            host.do(f"rm -rf {shlex.quote(str(work))}")

    return gather


def _written_down(vault: Vault, work: Path, why: str, say: Say) -> Manifest:
    host, member, file = vault.host, vault.reader, work / manifest.DUMP
    host.need(work, int(member.ask(SIZE)) + keeping.SPARE_BYTES, "the copy of the database")
    say("writing down the database")
    dump = member.dump_to(host, file)
    said = Manifest(
        name=vault.deployment.name,
        taken=datetime.now(UTC),  # the dump's moment is before it
        why=why,
        underdesk=version("underdesk"),
        database=member.version(),
        dump_sha256=dump.digest,
        dump_bytes=dump.size,
        position=database.placed(dump.placed, f"{vault.cluster.name}/{member.container}", f"the dump of {member.container}"),
        counts={**member.counts(), **host.files(host.home)},
    )
    host.do(f"umask 077; cat >{shlex.quote(str(work / manifest.MANIFEST))}", said.model_dump_json(indent=1))
    return said


def _look(cluster: Cluster, host: OnHost, folder: Path | None) -> str:
    """Return "backups" or "files" where a host can copy, else why not."""
    data, place = shlex.quote(str(host.data)), shlex.quote(str(folder or "/nowhere"))
    mounted = f"mountpoint -q {data} || {{ echo {shlex.quote(MOUNTED)}; exit 0; }}; " if folders.replicated(cluster) else ""
    backups = f"if [ -e {place}/config ] || [ -e {place}/{shlex.quote(cluster.deployment)}/config ]; then echo backups; else echo files; fi"
    try:
        return last_line(host.do(f"{mounted}ls {data}/uploads >/dev/null && {backups}", limit_s=LOOK_S))
    except PlanError as problem:
        return problem.message


def _absolute(to: str) -> None:
    if to and not to.startswith(("/", "sftp:", "s3:")):
        raise PlanError("is no folder of the hosts", where=to, hint=f"begin it with /: the hosts have it, not this machine; else {places.HINT}", exit_code=2)


def recorded(vault: Vault) -> dict[str, Any]:
    """Return what is recorded of the last attempt at this place."""
    return keeping.last(vault.deployment, vault.repository)


def copy_key(there: Standing, file: Path) -> None:
    """Write the key of the backups to a new file; raises PlanError where there is none, or the file is there."""
    own = key.file(there.deployment.folder)
    if not own.is_file():
        raise PlanError("has no key of backups yet", where=there.deployment.name, hint="run 'plan deploy' first")
    if file.exists():
        raise PlanError("is there already", where=str(file), hint="name a new file")
    files.write(file, own.read_bytes(), files.PRIVATE)
