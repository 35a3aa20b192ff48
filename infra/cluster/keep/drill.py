"""A drill on a cluster: the newest backup restored beside the platform, on hosts that nobody writes to, and compared with what it says of itself."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from infra.cluster.keep import database as keep_database
from infra.cluster.keep.backup import Vault, noted
from infra.cluster.keep.commands import CLEAR, COMES_OF, MEMORY_MIB, SERVER, START, START_S, UNIT
from infra.cluster.keep.database import Member
from infra.cluster.keep.host import OnHost
from infra.keep import choose, manifest, memory
from infra.keep import drill as drilling
from infra.keep.backup import SPARE_BYTES
from infra.keep.drill import Proof
from infra.keep.manifest import Manifest
from runtime.errors import PlanError

Say = Callable[[str], None]
WORK: Final = "keep/drill"


def drill(vault: Vault, say: Say) -> Proof:
    """Restore the newest backup beside the platform and compare it; what it came to is recorded on the managers, and nothing is left on hosts.

    Raises PlanError where the restore itself is impossible.
    """
    path = vault.deployment.folder / drilling.LAST
    try:
        proof = _drilled(vault, say)
        drilling.record(vault.deployment, proof)
    except PlanError as problem:
        memory.failed(path, datetime.now(UTC), str(problem))
        raise
    finally:
        if path.exists():
            noted(vault, path, say)
    return proof


def _drilled(vault: Vault, say: Say) -> Proof:
    started, repository, host = monotonic(), vault.repository, vault.host
    say(f"reading {drilling.READ_PERCENT} % of all that is kept")
    repository.check(share_percent=drilling.READ_PERCENT)
    snapshot = choose.newest(repository)
    said, work = manifest.read(repository, snapshot), host.home / WORK
    with _folder(host, work):
        host.need(work, said.dump_bytes + said.counts.get("file bytes", 0) + SPARE_BYTES, "the backup beside the platform")
        say(f"{host.name} fetches backup {snapshot.id} of {snapshot.time:%Y-%m-%d %H:%M:%S} UTC")
        repository.restore(snapshot.id, work, verify=True)
        dump = keep_database.written(host, work / manifest.DUMP)
        reader = vault.reader
        with _server(reader, said, say) as server:
            say(f"loading the database on {reader.container}, beside the platform's")
            server.load_from(host, work / manifest.DUMP)
            rows, counts = server.rows(), {**server.counts(), **host.files(work)}
    differ = [f"{what}: {counts.get(what)} are there, {count} were backed up" for what, count in said.counts.items() if counts.get(what) != count]
    wrong = (
        *differ,
        *(["the dump is not the one that the manifest names"] if dump.digest != said.dump_sha256 else []),
        *(["the rows that were loaded are not those of the dump"] if rows != dump.rows else []),
    )
    shown = (
        f"every row: {counts['posts']:,} posts, {counts['comments']:,} comments, {counts['wiki pages']:,} wiki pages",
        f"{counts['files']:,} files, read back and compared",
    )
    return Proof(snapshot, round((monotonic() - started) / 60, 2), counts, shown, wrong)


@contextmanager
def _folder(host: OnHost, folder: Path) -> Iterator[None]:
    """Have an empty folder on a host, and nothing of it afterwards."""
    path = shlex.quote(str(folder))
    host.do(f"rm -rf {path}; umask 077; mkdir -p {path}")
    try:
        yield
    finally:
        host.do(f"rm -rf {path}")


@contextmanager
def _server(member: Member, said: Manifest, say: Say) -> Iterator[Member]:
    """Have a throwaway server on the host of a member, small, and reached by nobody else."""
    host, folder = member.host, member.host.home / SERVER
    quoted = shlex.quote(str(folder))
    clear = CLEAR.format(unit=UNIT, folder=quoted)
    host.do(f"{clear}; mkdir -p {quoted}")
    try:
        host.need(folder, COMES_OF * said.dump_bytes + SPARE_BYTES, "a database beside the platform's")
        say(f"starting a server of its own on {host.name}")
        host.do(START.format(unit=UNIT, folder=quoted, memory=MEMORY_MIB, patience=START_S))
        yield replace(member, socket=str(folder / "socket"))
    finally:
        host.do(clear)
