"""The move itself: copy, put in place, verify; taken back where it does not come to that, or when somebody says so until it is confirmed.

Every step is written down before it begins, and each may be done twice: the same command completes what was interrupted.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from infra.cluster import closing
from infra.cluster.platform import Platform, Say
from infra.cluster.promote import compare, doors, journal, links
from infra.cluster.promote.compare import Holds
from infra.cluster.promote.journal import Promotion, Rehearsed
from infra.cluster.promote.listing import listed
from infra.cluster.promote.tables import held
from infra.cluster.promote.there import AFTER, ARRIVING, BEFORE, FOLDERS, There
from infra.deployment import Deployment
from infra.keep import database
from runtime import files
from runtime.errors import PlanError

SECRETS: Final = ("administrator", "blogs-keys", "wiki-key")
"""What content depends on: who is signed in, and what was signed; passwords of accounts are in the databases."""
OWN: Final = "promotion-secrets"
WORK: Final = "promotion"
TAKEN_BACK: Final = "taken-back"
SITES: Final = "SELECT CONCAT('https://', domain, path) FROM blogs.wp_blogs WHERE deleted = 0 AND path NOT LIKE '/underdesk-test-%' ORDER BY blog_id;"
TITLES: Final = "SELECT page_title FROM wiki.page WHERE page_namespace = 0 AND page_is_redirect = 0 ORDER BY page_touched DESC LIMIT 10;"
LINKS: Final = "links"
WHY: Final = "promote"


@dataclass(frozen=True)
class Move:
    """A desk on its way into a cluster."""

    desk: Deployment
    platform: Platform
    there: There
    say: Say

    @property
    def work(self) -> Path:
        """Where dump and lists lie on this machine."""
        return self.desk.folder / WORK

    @property
    def kept(self) -> Path:
        """The folder that the managers keep."""
        return self.platform.deployment.folder


@dataclass(frozen=True)
class Outcome:
    """What became of it: ``links`` that the cluster answered, ``closed`` that this machine may not ask for; ``left`` is where what is lost was kept."""

    promotion: Promotion
    seconds: float = 0.0
    links: int = 0
    closed: int = 0
    since: Mapping[str, int] | None = None
    left: str = ""


def begin(move: Move, promotion: Promotion) -> Promotion:
    """Write down, on both sides, that the desk moves."""
    journal.write(move.kept, promotion.model_copy(update={"key": ""}))
    move.platform.held.store(move.say)
    return journal.write(move.desk.folder, promotion)


def carry_out(move: Move, promotion: Promotion) -> Outcome:
    """Bring ``promotion`` to where it must be confirmed, from whatever step it has come to; a rehearsal is taken back then, as is whatever fails."""
    outcome = Outcome(promotion)
    try:
        if promotion.phase == "prepare":
            promotion = _prepared(move, promotion)
        if promotion.phase == "copy":
            promotion = _copied(move, promotion)
        if promotion.phase == "swap":
            outcome = _in_place(move, promotion)
    except PlanError as problem:
        move.say(f"goes back: {problem}")
        take_back(move, journal.read(move.desk.folder) or promotion)
        raise
    if outcome.promotion.rehearsal:
        measured = outcome.promotion
        journal.remember(move.desk.folder, Rehearsed(time=_now(), cluster=measured.cluster, read_only_s=measured.read_only_s))
        move.say("putting back what the cluster had")
        take_back(move, measured)
    return outcome


def confirm(move: Move, promotion: Promotion) -> Outcome:
    """Remove what the cluster had before; the desk stays closed."""
    for suffix in (ARRIVING, BEFORE):
        move.there.drop(suffix)
    move.there.forget(ARRIVING, BEFORE)
    shutil.rmtree(move.kept / OWN, ignore_errors=True)
    promotion = promotion.model_copy(update={"phase": "confirmed"})
    journal.write(move.kept, promotion.model_copy(update={"key": ""}))
    move.platform.held.store(move.say)
    _swept(move)
    return Outcome(journal.write(move.desk.folder, promotion))


def take_back(move: Move, promotion: Promotion) -> Outcome:
    """Put back what the cluster had and let people write on the desk; what was written on the cluster since is kept in files on this machine."""
    if promotion.phase in journal.NOTHING_YET and not promotion.rehearsal:
        reopen(move.desk, move.say)
    promotion = journal.write(move.desk.folder, promotion.model_copy(update={"phase": "back"}))
    if move.there.has(BEFORE):
        closing.close(move.platform)
    move.there.swap_tables(BEFORE, AFTER)
    move.there.swap_files(BEFORE, AFTER)
    closing.open_again(move.platform, move.say)
    since, left = _kept(move, promotion)
    if not promotion.rehearsal:
        reopen(move.desk, move.say)
    for suffix in (ARRIVING, BEFORE, AFTER):
        move.there.drop(suffix)
    move.there.forget(ARRIVING, BEFORE, AFTER)
    _own_secrets_back(move)
    journal.remove(move.kept)
    move.platform.held.store(move.say)
    _swept(move)
    journal.remove(move.desk.folder)
    return Outcome(promotion, since=since, left=left)


def reopen(desk: Deployment, say: Say) -> None:
    """Let people write on the desk again."""
    say("letting people write on the desk again")
    doors.open_desk(desk)


def _prepared(move: Move, promotion: Promotion) -> Promotion:
    """Give the cluster the desk's secrets, and copy files while people write on."""
    move.work.mkdir(mode=0o700, exist_ok=True)
    for suffix in (ARRIVING, BEFORE, AFTER):
        move.there.drop(suffix)
    move.there.forget(ARRIVING, BEFORE, AFTER)
    _desk_secrets(move)
    move.say("copying files, while people write on")
    _files(move, whole=False)
    move.say("choosing links of the desk that must answer on the cluster, too")
    server = database.of(move.desk)
    wiki = (f"{move.desk.urls['wiki']}wiki/{quote(title)}" for title in server.ask(TITLES).split())
    files.write(move.work / LINKS, "\n".join(links.sample(move.desk, [*server.ask(SITES).split(), *wiki])), files.PRIVATE)
    return journal.write(move.desk.folder, promotion.model_copy(update={"phase": "copy"}))


def _copied(move: Move, promotion: Promotion) -> Promotion:
    """Close the desk (not in a rehearsal), copy everything beside what the cluster has, and compare both sides."""
    move.work.mkdir(mode=0o700, exist_ok=True)
    promotion = journal.write(move.desk.folder, promotion.model_copy(update={"closed": promotion.closed or _now()}))
    if not promotion.rehearsal:
        move.say("refusing writes on the desk; reading goes on")
        doors.close_desk(move.desk, promotion.key, move.say)
    dump = move.work / "dump.sql"
    move.say("taking the dump")
    database.of(move.desk).dump(dump)
    move.say(f"loading it ({dump.stat().st_size / 1e6:,.0f} MB), beside what the cluster has")
    move.there.load(dump)
    move.say("copying the last files")
    desk_files, there_files = _files(move, whole=True)
    move.say("comparing tables and files of both sides")
    with dump.open("rb") as lines:
        desk = Holds(held(lines), desk_files)
    compare.same(desk, Holds(move.there.tables(ARRIVING), there_files))
    for what, count in desk.counts.items():
        move.say(f"{count:,} {what}: the same on both sides")
    return journal.write(move.desk.folder, promotion.model_copy(update={"phase": "swap", "counts": desk.counts}))


def _in_place(move: Move, promotion: Promotion) -> Outcome:
    """Put the desk's content in place, open the cluster, and ask for pages that the desk has."""
    move.say("closing the cluster for the change")
    closing.close(move.platform)
    move.there.swap_tables(ARRIVING, BEFORE)
    move.there.swap_files(ARRIVING, BEFORE)
    move.say("opening it")
    closing.open_again(move.platform, move.say)
    asked = files.read(move.work / LINKS).split() if (move.work / LINKS).exists() else list(move.desk.urls.values())
    good, closed = links.check(move.desk, move.platform.deployment, asked)
    move.say(f"{good} of {len(asked)} sampled links answer on the cluster{f'; {closed} it does not show to this machine' if closed else ''}")
    if led := links.lead_on(move.desk, move.platform.deployment, asked):
        move.say(f"{led} of them lead on there by the desk's host names, too")
    seconds = (datetime.now(UTC) - datetime.fromisoformat(promotion.closed)).total_seconds()
    promotion = promotion.model_copy(update={"phase": "moved", "read_only_s": round(seconds, 1)})
    journal.write(move.kept, promotion.model_copy(update={"key": ""}))
    move.platform.held.store(move.say)
    return Outcome(journal.write(move.desk.folder, promotion), seconds, good, closed)


def _files(move: Move, *, whole: bool) -> tuple[compare.Files, compare.Files]:
    """Copy what differs, and return what then lies on both sides; ``whole``: with the digest of each file."""
    data = move.desk.folder / "data"
    here, come = listed(str(data), FOLDERS, whole=False), move.there.files(ARRIVING, whole=False)
    if gone := compare.to_remove(here, come):
        move.there.remove(gone)
    move.there.copy(data, compare.to_copy(here, come), move.work)
    if not whole:
        return {}, {}
    return listed(str(data), FOLDERS, whole=True), move.there.files(ARRIVING)


def _desk_secrets(move: Move) -> None:
    """Let the cluster have the desk's secrets that content depends on; its own are kept aside."""
    own, changed = move.kept / OWN, False
    for name in SECRETS:
        there, here = move.kept / "secrets" / name, files.read(move.desk.folder / "secrets" / name).strip()
        before = files.read(there).strip()
        if before != here:
            if not (own / name).exists():
                own.mkdir(mode=0o700, exist_ok=True)
                files.write(own / name, before, files.PRIVATE)
            files.write(there, here, files.PRIVATE)
            changed = True
    if changed:
        move.say("giving the cluster the desk's keys: its services start anew, one after the other")
    if changed or move.platform.deployment.interrupted:
        move.platform.services_anew(WHY, move.say)


def _own_secrets_back(move: Move) -> None:
    own = move.kept / OWN
    if not own.is_dir():
        return
    move.say("giving the cluster its own keys back")
    for path in own.iterdir():
        files.write(move.kept / "secrets" / path.name, files.read(path), files.PRIVATE)
    move.platform.services_anew(WHY, move.say)
    shutil.rmtree(own)


def _kept(move: Move, promotion: Promotion) -> tuple[Mapping[str, int], str]:
    """Keep what was on the cluster of the desk's content, where it was open; return how much more there was than had been moved, and where it is."""
    if promotion.rehearsal or not move.there.has(AFTER):
        return {}, ""
    left = move.desk.folder / TAKEN_BACK
    left.mkdir(mode=0o700, exist_ok=True)
    move.say(f"keeping what was written on the cluster since, in {left}")
    move.there.dump(AFTER, left / "tables.sql.gz")
    data = move.desk.folder / "data"
    cluster = move.there.files(AFTER, whole=False)
    newer = [path for path in compare.to_copy(cluster, listed(str(data), FOLDERS, whole=False)) if cluster[path]]
    move.there.fetch(AFTER, newer, left / "files.tar.gz")
    counts = Holds(move.there.tables(AFTER), cluster).counts
    since = {what: count - promotion.counts.get(what, 0) for what, count in counts.items() if count != promotion.counts.get(what, 0)}
    files.write(left / "since.json", json.dumps(since, indent=1), files.PRIVATE)
    return since, str(left)


def _swept(move: Move) -> None:
    shutil.rmtree(move.work, ignore_errors=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
