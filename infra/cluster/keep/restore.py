"""Bring a backup back to a cluster, its own or one of a desk: into the databases through the member that is written to, and into the store of files.

Who stops it in between finds the platform closed, and the same command completes it: what was there is put aside once, before anything is changed.
"""

import shlex
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.cluster import closing
from infra.cluster.keep import changes
from infra.cluster.keep import database as keep_database
from infra.cluster.keep.backup import Vault
from infra.cluster.keep.commands import ADDED
from infra.cluster.keep.database import Member
from infra.cluster.keep.host import OnHost
from infra.cluster.keep.restoring import CHANGED, CLOSED, Begun, again, begun, note
from infra.cluster.parts import database as databases
from infra.cluster.platform import Platform, Proposal
from infra.keep import backup as keeping
from infra.keep import key, manifest, memory
from infra.keep.manifest import Manifest
from infra.keep.repository import Snapshot
from runtime import files
from runtime.errors import PlanError
from runtime.printer import quiet
from sizing.plan import Plan

Say = Callable[[str], None]
WORK: Final = "keep/restore"
"""On the host that does it: database and secrets of the backup."""
STAGED: Final = ".restoring"
"""In the store: files of the backup, before they are in their place."""
OURS: Final = ("secrets", "tls")
"""What of a backup's settings comes along: who may sign in, what the database calls its users, and the certificate authority that people trust."""
STAY: Final = (key.file(Path()).name,)
"""Secrets that stay where backups were taken with them."""
NEWEST: Final = (
    "SELECT GREATEST((SELECT COALESCE(MAX(UNIX_TIMESTAMP(CONVERT_TZ(user_registered, '+00:00', @@session.time_zone))), 0) FROM blogs.wp_users),"
    " (SELECT COALESCE(MAX(UNIX_TIMESTAMP(CONVERT_TZ(STR_TO_DATE(CONVERT(rev_timestamp USING ascii), '%Y%m%d%H%i%s'), '+00:00', @@session.time_zone))), 0)"
    " FROM wiki.revision){posts})"
)
ANOTHER: Final = "choose another: plan backup --list --inventory"
POSTS: Final = ", (SELECT COALESCE(MAX(UNIX_TIMESTAMP(CONVERT_TZ(post_modified_gmt, '+00:00', @@session.time_zone))), 0) FROM blogs.wp_{}posts)"


@dataclass(frozen=True)
class Report:
    """What was brought back, in how many seconds, and where what was there before is."""

    snapshot: str
    taken: datetime
    counts: dict[str, int]
    seconds: float
    aside: str
    at: str = ""


def newer(vault: Vault, taken: datetime) -> str:
    """Return what would be lost by a backup that was ``taken`` then; "" where nothing was written since, or nobody can tell."""
    member = vault.member(keep_database.writer(vault.cluster, vault.there.tells.told))
    try:
        numbers = member.ask("SELECT blog_id FROM blogs.wp_blogs ORDER BY blog_id").split()
        posts = "".join(POSTS.format("" if number == "1" else f"{number}_") for number in numbers)
        newest = datetime.fromtimestamp(int(float(member.ask(NEWEST.format(posts=posts)))), UTC)
    except (PlanError, ValueError, OverflowError):
        return ""
    return f"something was written at {newest:%Y-%m-%d %H:%M:%S} UTC, after the backup of {taken:%Y-%m-%d %H:%M:%S} UTC" if newest > taken else ""


def refuse_other_names(vault: Vault, snapshot: Snapshot) -> None:
    """Raise PlanError where the backup is of a platform that people find elsewhere, and nobody would lead them here; by former names they are led."""
    try:
        backed_up = Plan.model_validate_json(vault.repository.text(snapshot.id, "plan.json")).platform
    except ValueError:
        return
    here = vault.cluster.plan.platform
    former = here.former_hosts.model_dump()
    known = all(name == here.hosts.model_dump()[use] or name in former[use] for use, name in backed_up.hosts.model_dump().items())
    if not known or backed_up.ports.https != here.ports.https:
        names = ", ".join(f"{name}:{backed_up.ports.https}" for name in backed_up.hosts.model_dump().values())
        raise PlanError(
            f"is of a platform at {names}",
            where=f"backup {snapshot.id}",
            hint="deploy this cluster with the same port, and these names or as former ones (access.former_hosts), first",
        )


def restore(  # noqa: PLR0913 - what, where to, and how much of it
    vault: Vault, platform: Platform, snapshot: Snapshot, say: Say, at: datetime | None = None, *, tables_alone: bool = False
) -> Report:
    """Put the content of ``snapshot`` in the place of what the cluster holds, and open it again. Killed at any point, the same call completes it.

    ``at``: with what was changed after it up to that moment, as members of the database have written it down. ``tables_alone``: files stay, as they are
    those of the snapshot.
    """
    started, folder = time.monotonic(), platform.deployment.folder
    there = begun(folder)
    until = at.isoformat() if at else ""
    if there and (there.place, there.snapshot, there.at) != (vault.repository.place, snapshot.id, until):
        raise again(there)
    said = manifest.read(vault.repository, snapshot)
    if at:
        changes.number(said, snapshot.id)  # refused before anything is closed
    if not (there and there.stage == CHANGED):
        there = there or Begun(vault.repository.place, snapshot.id, CLOSED, f"before-{datetime.now(UTC):%Y%m%dT%H%M%S}", until, tables_alone)
        there = _exchanged(vault, platform, said, there, say)
    say("opening the platform")
    platform.apply(Proposal(), say)  # nobody is let in: there is nothing to compare, and nobody for whom front doors must be covered
    platform.verify()
    platform.record("restore")
    _tidy(vault)
    return Report(snapshot.id, said.taken, said.counts, round(time.monotonic() - started, 1), f"{vault.host.data}/{there.aside}", until)


def _exchanged(vault: Vault, platform: Platform, said: Manifest, there: Begun, say: Say) -> Begun:
    host, folder = vault.host, platform.deployment.folder
    writer = vault.member(keep_database.writer(vault.cluster, vault.there.tells.told))
    rows, later = fetch(vault, there, said, say), host.home / WORK / "changes.sql"
    members = [vault.member(name) for name in databases.members(vault.cluster)] if databases.mode(vault.cluster) == "galera" else [writer]
    if there.at:
        after = changes.number(said, there.snapshot)
        who = changes.fetch([writer, *(one for one in members if one != writer)], after, datetime.fromisoformat(there.at), host, later)
        say(f"{who} knows what was changed since")
    _note(platform, there)
    say("closing the platform")
    closing.close(platform.reached())
    _put_aside(vault, there, writer, say)
    say(f"loading the database ({said.dump_bytes / 1024**2:,.1f} MiB) on {writer.container}")
    writer.load_from(host, host.home / WORK / manifest.DUMP)
    keep_database.alike(members, rows)
    _same_counts(said, writer)
    if there.at:
        say(f"doing again what was changed up to {there.at}")
        changes.run_again(writer, host, later)
        keep_database.alike(members, writer.rows())
    if not there.tables_alone:
        say("putting the files in their place")
        host.do(swap(host.data, there.aside))
    if there.at:
        host.do(ADDED.format(data=shlex.quote(str(host.data)), aside=there.aside))
    secrets_back(host, folder, platform.work.folder, own_key=backed_up(vault.deployment.folder))
    there = replace(there, stage=CHANGED)
    _note(platform, there)
    return there


def fetch(vault: Vault, there: Begun, said: Manifest, say: Say) -> str:
    """Have the backup on the host, read back; return the digest of the rows in it."""
    host, work, staged = vault.host, vault.host.home / WORK, vault.host.data / STAGED
    _tidy(vault)
    host.do(f"umask 077; mkdir -p {shlex.quote(str(work))} {shlex.quote(str(staged))}")
    host.need(work, 2 * said.dump_bytes + keeping.SPARE_BYTES, "the database of the backup")
    if not there.tables_alone:
        host.need(staged, said.counts.get("file bytes", 0) + keeping.SPARE_BYTES, "the files of the backup")
    say(f"{host.name} fetches backup {there.snapshot} of {said.taken:%Y-%m-%d %H:%M:%S} UTC")
    vault.repository.restore(there.snapshot, work, only=(manifest.WORK, *OURS), verify=True)
    rows = _rows_as_said(host, work / manifest.DUMP, said, there.snapshot)
    if not there.tables_alone:
        vault.repository.restore(there.snapshot, staged, only=manifest.FILES, verify=True)
        _files_as_said(host, staged, said, there.snapshot)
    return rows


def _rows_as_said(host: OnHost, dump: Path, said: Manifest, snapshot: str) -> str:
    written = keep_database.written(host, dump)
    if written.digest != said.dump_sha256:
        raise PlanError("its database is not what its manifest says", where=f"backup {snapshot}", hint=ANOTHER)
    return written.rows


def _files_as_said(host: OnHost, staged: Path, said: Manifest, snapshot: str) -> None:
    found = host.files(staged)
    if wrong := [f"{what}: {count} are there, {said.counts.get(what)} were backed up" for what, count in found.items() if said.counts.get(what, 0) > count]:
        raise PlanError("; ".join(wrong), where=f"backup {snapshot}", hint=ANOTHER)


def _put_aside(vault: Vault, there: Begun, writer: Member, say: Say) -> None:
    """Write down the databases that are there, once: they are not there any more when this is done again."""
    host, aside = vault.host, vault.host.data / there.aside
    file = aside / "database.sql"
    say(f"putting aside what is there: {aside}")
    host.do(f"umask 077; mkdir -p {shlex.quote(str(aside))}")
    if "database.sql" in (host.names(aside) or ()):
        return
    try:
        writer.dump_to(host, file.with_name(".database.sql"))
    except PlanError as problem:
        say(f"note: what is in the database now cannot be written down ({problem}): it is not kept")
        host.do(f"echo '-- it could not be written down' >{shlex.quote(str(file.with_name('.database.sql')))}")
    host.do(f"sync -f {shlex.quote(str(aside))}; mv {shlex.quote(str(file.with_name('.database.sql')))} {shlex.quote(str(file))}")


def swap(data: Path, aside: str) -> str:
    """Return the script that moves what is in ``data`` to the folder ``aside`` in it, and what was staged in its place; done again it completes that."""
    return (
        f'set -e; cd {shlex.quote(str(data))}; mkdir -p {aside}; for new in {STAGED}/data/*; do [ -e "$new" ] || continue; name=${{new##*/}}; '
        f'if [ -e "$name" ]; then if [ -e "{aside}/$name" ]; then rm -rf "$name"; else mv "$name" "{aside}/$name"; fi; fi; mv "$new" "$name"; done; sync -f .'
    )


def backed_up(folder: Path) -> bool:
    """Tell whether backups were taken with the key in the deployment's ``folder``."""
    return any("place" in memory.last(path) for path in (folder / "keep").glob("last-backup*.json"))


def secrets_back(host: OnHost, folder: Path, private: Path, *, own_key: bool) -> None:
    """Put secrets and certificates of the backup into the deployment's ``folder``; the ``own_key`` stays where backups were taken with it."""
    to = private / "secrets-back"
    shutil.rmtree(to, ignore_errors=True)
    try:
        host.fetch(host.home / WORK, OURS, to)
        for path in sorted(one for one in to.rglob("*") if one.is_file()):
            if path.name in STAY and path.parent.name == "secrets" and own_key:
                continue
            files.write(folder / path.relative_to(to), path.read_bytes(), files.PRIVATE)
    finally:
        shutil.rmtree(to, ignore_errors=True)


def _same_counts(said: Manifest, member: Member) -> None:
    found = member.counts()
    if wrong := [f"{what}: {count} are there, {said.counts[what]} were backed up" for what, count in found.items() if said.counts.get(what, count) != count]:
        raise PlanError("; ".join(wrong), where=f"database on {member.container}", hint="run the same command again")


def _note(platform: Platform, there: Begun) -> None:
    note(platform.deployment.folder, there)
    platform.held.store(quiet)


def _tidy(vault: Vault) -> None:
    host = vault.host
    host.do(f"rm -rf {shlex.quote(str(host.home / WORK))} {shlex.quote(str(host.data / STAGED))}")
