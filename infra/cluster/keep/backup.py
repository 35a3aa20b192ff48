"""Back up a cluster: both databases at one moment, the files that hosts share, and what its managers keep, copied by one of its hosts."""

import functools
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from infra.cluster.carry import kept
from infra.cluster.claim import WAIT_S, held
from infra.cluster.cluster import Cluster
from infra.cluster.keep import changes, records
from infra.cluster.keep import database as keep_database
from infra.cluster.keep.commands import NUMBER, SIZE
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
BUSY: Final = "a backup, restore or drill is at work"
MOUNTED: Final = "its files are not mounted"
LOOK_S: Final = 30


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
def opened(there: Standing, to: str = "", *, alone: bool = True, wait_s: int = WAIT_S) -> Iterator[Vault]:
    """Give the backups of the deployment that stands there, ``alone`` held against others on all hosts; ``to`` is another place than the plan's.

    Who is at work on them is waited for, ``wait_s`` at most.

    Raises PlanError where no host has the files, or most managers do not answer.
    """
    fetched = kept.fetch(there.cluster, there.folder)
    records.put(there.records, fetched.folder)
    deployment = replace(there.deployment, folder=fetched.folder)
    _absolute(to)
    host = choose(there, places.repository(deployment, to).folder if not to else Path(to) if to.startswith("/") else None)
    host.make_ready()
    with held(host.reach, str(host.data / records.FOLDER / records.LOCK), BUSY, wait_s) if alone else nullcontext():
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
    """Back up, and have what came of it recorded. Raises PlanError; then the last backups are as they were."""
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
    """Keep a record where all hosts see it."""
    try:
        records.store(vault.host, path)
    except PlanError as problem:
        say(f"note: nobody else knows of it: {problem}")


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
    member.catch_up()
    dump = member.dump_to(host, file)
    placed = database.placed(dump.placed, "", f"the dump of {member.container}")
    number = member.ask(NUMBER.format(file=placed.file, offset=placed.offset))
    said = Manifest(
        name=vault.deployment.name,
        taken=datetime.now(UTC),  # the dump's moment is before it
        why=why,
        underdesk=version("underdesk"),
        database=member.version(),
        dump_sha256=dump.digest,
        dump_bytes=dump.size,
        position=placed.model_copy(update={"timeline": changes.timeline(vault.cluster.name, member.container, number)}),
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
