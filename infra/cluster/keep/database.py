"""The members of a cluster's database as backups, restores and drills ask them: by their administrator, over their own socket."""

import functools
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from infra.cluster.cluster import Cluster
from infra.cluster.keep.commands import CLIENT, COPIED, DUMP, EMPTY, POSITION, ROWS, SOCKET
from infra.cluster.keep.host import OnHost, carry
from infra.cluster.parts import database
from infra.cluster.seen import condition
from infra.cluster.seen.tells import Told
from infra.cluster.session import administer
from infra.keep.database import DUMP_ATTEMPTS, MOVED, PLACED, Server, failed
from runtime.errors import PlanError
from runtime.run import Completed
from runtime.together import together

LONG_S: Final = 24 * 3600
CAUGHT_UP: Final = "SET SESSION wsrep_sync_wait = 15; SELECT COUNT(*) FROM information_schema.schemata"


@dataclass(frozen=True)
class Written:
    """What is known of a dump: digest without comments, bytes, the line with the position, digest of its rows."""

    digest: str
    size: int
    placed: str
    rows: str


@dataclass(frozen=True)
class Member(Server):
    """A server on a host, by its ``socket``; ``container`` names the host."""

    host: OnHost
    socket: str = SOCKET

    def run(self, arguments: Sequence[str], *, stdin: str | Path = "", stdout: Path | None = None, limit_s: float = LONG_S) -> Completed:
        """Let its administrator do it; raises PlanError with what was said."""
        script = {"ask": f"{self.client} --batch --raw --skip-column-names", "load": self.client}[arguments[0]]
        done = administer(self.host.reach, self.host.folder, script, stdin, stdout=stdout, limit_s=limit_s)
        if done.returncode:
            raise failed(arguments[0], done, f"database on {self.container}")
        return done

    @property
    def client(self) -> str:
        """The command that takes statements."""
        return CLIENT.format(socket=self.socket)

    def dumping(self, *, position: bool = True) -> str:
        """Return the command that says all rows as they are at one moment."""
        return DUMP.format(socket=self.socket, position=POSITION if position else "")

    def dump_to(self, host: OnHost, file: Path) -> Written:
        """Write all rows as they are at one moment to a file of a host, while people write on."""
        for left in reversed(range(DUMP_ATTEMPTS)):
            try:
                carry(self.host, self.dumping(), host, f"(umask 077; cat >{shlex.quote(str(file))})")
            except PlanError as problem:
                if left and any(sign in problem.message for sign in MOVED):
                    continue
                raise
            break
        return written(host, file)

    def load_from(self, host: OnHost, file: Path) -> None:
        """Put the databases in a dump, a file of a host, in the place of those that are there; other members get it row by row."""
        consume = f"{{ echo {shlex.quote(EMPTY)}; {COPIED}; }} | {self.client}"
        carry(host, f"cat {shlex.quote(str(file))}", self.host, consume)

    def catch_up(self) -> None:
        """Return when everything is there that was written elsewhere before."""
        self.ask(CAUGHT_UP)

    def rows(self) -> str:
        """Return the digest of all rows, when everything has come that was written elsewhere before."""
        self.catch_up()
        return self.host.do(f"exec bash -o pipefail -c {shlex.quote(f'{self.dumping(position=False)} | {ROWS}')}").strip()


def of(cluster: Cluster, name: str, beside: OnHost) -> Member:
    """Return the member on the host called ``name``, reached as the host ``beside`` it."""
    return Member(name, replace(beside, reach=cluster.reach[name]))


def written(host: OnHost, file: Path) -> Written:
    """Return what is known of a dump on a host; raises PlanError where it is not whole."""
    path = shlex.quote(str(file))
    script = (
        f"export LC_ALL=C; tail -c 200 {path} | grep -aq 'Dump completed' || {{ echo 'the dump is not whole: is the disk full?' >&2; exit 1; }}; "
        f"grep -av '^--' {path} | sha256sum | cut -c1-64; stat -c %s {path}; head -n 200 {path} | grep -am1 '^{PLACED}' || echo none; cat {path} | {ROWS}"
    )
    digest, size, placed, rows = host.do(script).splitlines()
    return Written(digest, int(size), placed, rows)


def writer(cluster: Cluster, told: Mapping[str, Told]) -> str:
    """Return the member that front doors write to, else one that serves; raises PlanError where none does, or doors disagree."""
    found = condition.members(cluster, told)
    serving = [name for name, trouble in found.members.items() if not trouble]
    if len(found.writers) > 1:
        raise PlanError(f"front doors write to {' and '.join(found.writers)}", where="database", hint="see 'plan status --inventory'")
    if writers := [name for name in found.writers if name in serving]:
        return writers[0]
    if serving:
        return serving[0]
    said = "; ".join(f"{name}: {trouble}" for name, trouble in found.members.items())
    raise PlanError(f"no member serves ({said})", where="database", hint="see 'plan status --inventory'")


def reader(cluster: Cluster, told: Mapping[str, Told], likes: Sequence[str] = ()) -> str:
    """Return a member that has everything and is not the one that is written to, one of ``likes`` before others; the writer where no other is."""
    written_to = writer(cluster, told)
    if database.mode(cluster) == "copy":
        return written_to  # a copy may be behind
    found = condition.members(cluster, told).members
    rest = [name for name, trouble in found.items() if not trouble and name != written_to]
    return next((name for name in likes if name in rest), next(iter(rest), written_to))


def alike(members: Sequence[Member], rows: str) -> None:
    """Raise PlanError where a member has other rows than those whose digest is ``rows``."""
    found = together([functools.partial(member.rows) for member in members])
    if wrong := [member.container for member, one in zip(members, found, strict=True) if one != rows]:
        raise PlanError("the rows that were loaded are not those of the backup", where=f"database on {', '.join(wrong)}", hint="run the same command again")


def release(version: str) -> str:
    """Return what of a server's version tells which dumps it writes."""
    return ".".join(re.findall(r"\d+", version)[:2])
