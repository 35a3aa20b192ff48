"""The database of a running platform, and one that is made from a backup: dump, import, replay of the binary log."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from infra.deployment import Deployment
from infra.keep.manifest import Position
from runtime.errors import PlanError
from runtime.run import Completed, run

LONG_S: Final = 24 * 3600
TOOL: Final = "underdesk-database"
MOVED: Final = ("definition has changed", "doesn't exist")  # a test space was made or removed meanwhile
DUMP_ATTEMPTS = 4
PLACED: Final = "-- CHANGE MASTER TO"
SITES: Final = "SELECT blog_id FROM blogs.wp_blogs ORDER BY blog_id"
BLOGS: Final = "SELECT COUNT(*) FROM blogs.wp_blogs"
POSTS = "(SELECT COUNT(*) FROM blogs.wp_{}posts WHERE post_type = 'post' AND post_status = 'publish')"
COMMENTS = "(SELECT COUNT(*) FROM blogs.wp_{}comments WHERE comment_approved = '1')"
COUNTS: Final = {
    "people": "SELECT COUNT(*) FROM blogs.wp_users",
    "wiki pages": "SELECT COUNT(*) FROM wiki.page",
    "wiki revisions": "SELECT COUNT(*) FROM wiki.revision",
}


@dataclass(frozen=True)
class Server:
    """A database server in ``container``, asked by its administrator over its own socket."""

    container: str

    def ask(self, statement: str) -> str:
        """Return the answer to ``statement``: lines, columns parted by tabs."""
        return self.run(["ask"], stdin=statement, limit_s=120).stdout.strip()

    def run(self, arguments: Sequence[str], *, stdin: str | Path = "", stdout: Path | None = None, limit_s: float = LONG_S) -> Completed:
        """Let the container's own tool do it, as its administrator; raises PlanError with what it said."""
        done = run(["docker", "exec", "-i", "-u", "0", self.container, TOOL, *arguments], stdin=stdin, stdout=stdout, timeout_s=limit_s, check=False)
        if done.returncode:
            raise failed(arguments[0], done)
        return done

    def version(self) -> str:
        """Return the server's version."""
        return self.ask("SELECT @@version")

    def rotate(self) -> None:
        """Begin a new file of the binary log: those before are complete."""
        self.ask("FLUSH BINARY LOGS")

    def dump(self, to: Path) -> None:
        """Write all rows as they are at one moment to ``to``, while people write on."""
        for left in reversed(range(DUMP_ATTEMPTS)):
            try:
                self.run(["dump"], stdout=to)
            except PlanError as problem:
                if left and any(sign in problem.message for sign in MOVED):
                    continue
                raise
            break
        if not ended(to):
            raise PlanError("the dump is not whole", where=str(to), hint="is the disk full? run it again")

    def load(self, dump: Path) -> None:
        """Run a dump; nothing of it goes into the binary log, and it is durable when the server has been stopped in order."""
        self.run(["load"], stdin=dump)

    def replay(self, files: Sequence[str], start: int, until: datetime | None) -> None:
        """Run what the binary log ``files`` (paths in the container, in order) hold, from ``start`` of the first to the end of the second ``until`` (UTC)."""
        stop = f"{until + timedelta(seconds=1):%Y-%m-%d %H:%M:%S}" if until else ""  # the first that is left out; the log counts in seconds
        self.run(["replay", str(start), stop, *files])

    def counts(self) -> dict[str, int]:
        """Return how many posts, comments, people, pages and revisions there are."""
        numbers = self.ask(SITES).split()
        queries = {"blogs": BLOGS, "posts": _sum(POSTS, numbers), "comments": _sum(COMMENTS, numbers), **COUNTS}
        answers = self.ask("; ".join(queries.values())).split()
        return dict(zip(queries, map(int, answers), strict=True))


def of(deployment: Deployment) -> Server:
    """Return the database server that runs for ``deployment``; raises PlanError where none does."""
    return Server(deployment.container("database"))


def digest(dump: Path) -> str:
    """Return the SHA-256 of the rows in ``dump``: its comments (position, server) are left out."""
    total = hashlib.sha256()
    with dump.open("rb") as lines:
        for line in lines:
            if not line.startswith(b"--"):
                total.update(line)
    return total.hexdigest()


def ended(dump: Path) -> bool:
    """Tell whether ``dump`` has its last line."""
    return b"-- Dump completed" in _last(dump, 200)


def position(dump: Path, timeline: str) -> Position:
    """Return where the binary log stood when ``dump`` was taken."""
    with dump.open("rb") as lines:
        for _, line in zip(range(200), lines, strict=False):
            if line.startswith(PLACED.encode()):
                return placed(line.decode(), timeline, str(dump))
    return placed("", timeline, str(dump))


def placed(line: str, timeline: str, where: str) -> Position:
    """Return the position that ``line`` of a dump says; raises PlanError where it says none."""
    found = re.search(r"MASTER_LOG_FILE='([^']+)', MASTER_LOG_POS=(\d+)", line)
    if not found:
        raise PlanError("says no position in the binary log", where=where, hint="run it again; if it stays, please report it")
    return Position(timeline=timeline, file=found[1], offset=int(found[2]))


def failed(what: str, done: Completed, where: str = "database") -> PlanError:
    """Return what a server's administrator was told, with the mend."""
    said = " | ".join(done.stderr.strip().splitlines()[-3:]) or f"ended with {done.returncode}"
    return PlanError(f"{what}: {said}", where=where, hint=_mend(said))


def timeline(folder: Path) -> str:
    """Return which data directory's log this is: a mark beside the data, made with it."""
    mark = folder / "data" / "database" / "timeline"
    return mark.read_text(encoding="ascii").strip() if mark.exists() else "first"


def _sum(query: str, sites: Sequence[str]) -> str:
    return "SELECT " + " + ".join(["0", *(query.format("" if site == "1" else f"{site}_") for site in sites)])


def _last(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - count))
        return file.read()


def _mend(said: str) -> str:
    if "No space" in said or "Errcode: 28" in said or "is full" in said:
        return "make space on the disk, then run the same command again"
    return "see 'plan status' and 'plan logs database', then run the same command again"
