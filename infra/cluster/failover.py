"""The copy of a database becomes the primary: who is who and what would be lost, as the hosts themselves say it, and the change.

Known from the inventory alone: with the primary's host the only manager may be lost, and with it the plan.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from infra.cluster.claim import FILE, held
from infra.cluster.make_ready import private
from infra.cluster.session import administer
from infra.inventory.connect import LOST, Reach, reaches
from infra.inventory.keys import wrong_files
from infra.inventory.model import Inventory
from infra.inventory.probe import Part, why_not
from infra.inventory.reading import read, refuse
from runtime.errors import PlanError
from runtime.run import last_line
from runtime.together import together

RUNNING: Final = "running"
BETWEEN_S: Final = 2.0
"""The copy asks its primary every half second, and waits 1.5 s for the answer: what is written between two answers, nobody heard of."""
LIMIT_S: Final = 1500
END: Final = "--- underdesk"
ASK: Final = f"""cat /etc/underdesk/database.json 2>/dev/null || exit 0
echo '{END}'; underdesk-database status; echo '{END}'
mariadb --no-defaults --socket=/run/mysqld/mysqld.sock --connect-timeout=3 --batch --skip-column-names --execute='SHOW SLAVE STATUS' 2>/dev/null || true"""
STATUS: Final = "see 'plan status --inventory'"
DEPLOY: Final = "'plan deploy --inventory' makes it one"
BUSY: Final = "somebody works on this cluster"


class Server(Part):
    """What a host tells of its server, as far as it matters here (agreement.py of the role ``database``)."""

    name: str
    phase: str = ""
    writable: bool = False
    primary_is: str = ""
    term: int = 0
    ready: bool = True
    heard_s: float = -1.0
    lacked: int = -1
    pace: float = 0.0


@dataclass(frozen=True)
class View:
    """What a host says: how the database stands (``mode``), which servers it hears, its own included, and whether its own follows another."""

    mode: str
    servers: Mapping[str, Server]
    follows: bool


@dataclass(frozen=True)
class Change:
    """``host`` becomes the primary in the place of ``was``; pure.

    ``well``: that one takes writes. ``heard``: the copy hears its server now. ``goes_on``: it was begun before. The rest is of when the copy heard it
    last: seconds ago, changes that it lacked, changes in a second; less than 0: nobody knows.
    """

    host: str
    was: str
    well: bool = False
    heard: bool = False
    goes_on: bool = False
    heard_s: float = -1.0
    lacked: int = -1
    pace: float = 0.0

    @property
    def loses(self) -> str:
        """Return what is lost, in words; "" where nothing is."""
        if self.heard:
            return ""
        if self.heard_s < 0:
            return f"how much of {self.was} the copy lacks nobody knows: what its server told last is not remembered on {self.host}"
        some = f" (some {self.pace * BETWEEN_S + max(0, self.lacked):.0f} changes)" if self.pace else ""
        lacked = f"the {self.lacked} changes that the copy lacked then, " if self.lacked > 0 else ""
        return (
            f"{lacked}what {self.was} took in the {BETWEEN_S:.0f} s around the moment when it was heard last, {_ago(self.heard_s)}{some},"
            " and whatever it took after that, unheard by the copy"
        )


@dataclass(frozen=True)
class Seen:
    """What the hosts of an inventory say; ``folder`` is private, for connections."""

    inventory: Inventory
    reach: Mapping[str, Reach]
    folder: Path
    views: Mapping[str, View]
    lost: Mapping[str, PlanError] = field(default_factory=dict)


@contextmanager
def seen(path: Path) -> Iterator[Seen]:
    """Ask the hosts of the inventory in ``path``; nothing is changed, and who does not answer is lost, not an error."""
    inventory = read(path)
    refuse(found.problem for found in wrong_files(inventory)[0])
    everyone = {one.name: one for one in reaches(inventory)}
    with private(everyone) as folder:
        said = dict(zip(everyone, together([functools.partial(_ask, reach, folder) for reach in everyone.values()]), strict=True))
        views = {name: one for name, one in said.items() if isinstance(one, View)}
        yield Seen(inventory, everyone, folder, views, {name: one for name, one in said.items() if isinstance(one, PlanError)})


def change(found: Seen) -> Change:
    """Return what a fail-over would do; raises PlanError where there is none to do."""
    cluster = found.inventory.name
    if not found.views:
        said = "; ".join(map(str, found.lost.values())) or "no host holds one"
        raise PlanError(f"no host with a database answers ({said})", where=cluster, hint="mend that first: the copy must answer")
    _refuse_mode(found)
    servers = _servers(found)
    latest = max(servers.values(), key=lambda server: server.term)
    others = [name for name in servers if name != latest.primary_is]
    if not latest.primary_is or not others:
        raise PlanError("who is the primary and who its copy is not known", where=cluster, hint="run 'plan deploy --inventory'")
    primary, host = servers.get(latest.primary_is), others[0]
    if primary and primary.name in found.views and primary.phase == RUNNING and not (primary.writable or primary.ready):
        return Change(primary.name, host, heard=_hears(found, primary.name, host), goes_on=True, heard_s=primary.heard_s)
    return _to(found, host, latest.primary_is, servers)


def _to(found: Seen, host: str, was: str, servers: Mapping[str, Server]) -> Change:
    copy, primary = servers[host], servers.get(was)
    if host not in found.views:
        raise PlanError(f"the copy does not answer: {found.lost[host].message}" if host in found.lost else "no copy answers", where=host, hint=STATUS)
    if copy.phase != RUNNING:
        raise PlanError("the server of the copy does not run", where=host, hint="there: sudo systemctl start mariadb; journalctl --unit mariadb says why not")
    if not found.views[host].follows:
        raise PlanError(f"the server here is no copy: it does not follow {was}", where=host, hint=DEPLOY)
    well = bool(primary and primary.phase == RUNNING and primary.writable)
    return Change(host, was, well, _hears(found, host, was), heard_s=copy.heard_s, lacked=copy.lacked, pace=copy.pace)


def make(found: Seen, wanted: Change) -> dict[str, object]:
    """Make it so, and return what the host says of it; raises PlanError where that host refuses. The same again completes it."""
    script = f"exec underdesk-database fail-over{'' if wanted.heard else ' --lost'}"
    with ExitStack() as stack:
        for name in found.views:
            stack.enter_context(held(found.reach[name], FILE, BUSY))
        done = administer(found.reach[wanted.host], found.folder, script, limit_s=LIMIT_S)
    if done.returncode:
        hint = f"see 'journalctl --unit underdesk-database' on {wanted.host}; then run the same command again"
        raise PlanError(last_line(done.stderr).removeprefix("error: "), where=wanted.host, hint=hint)
    told: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def _refuse_mode(found: Seen) -> None:
    modes = {view.mode for view in found.views.values()}
    if "galera" in modes:
        said = "the members of this database choose by themselves who is written to (Galera): a host that is lost needs no fail-over"
        hint = f"{STATUS}; where all were down and one does not come back: 'sudo underdesk-database go-without HOST' on another"
        raise PlanError(said, where=found.inventory.name, hint=hint)
    if "alone" in modes:
        raise PlanError("the database is one server, and has no copy", where=found.inventory.name, hint="'plan restore --inventory' brings a backup back")


def _servers(found: Seen) -> dict[str, Server]:
    """Return what is known of each server: what its own host says counts before what others heard, members that nobody hears by their name alone."""
    heard = {name: server for view in found.views.values() for name, server in view.servers.items()}
    own = {name: view.servers[name] for name, view in found.views.items() if name in view.servers}
    return {**heard, **own}


def _hears(found: Seen, host: str, other: str) -> bool:
    server = found.views[host].servers.get(other)
    return server is not None and server.phase == RUNNING


def _ask(reach: Reach, folder: Path) -> View | PlanError | None:
    try:
        done = administer(reach, folder, ASK, limit_s=40)
    except PlanError as problem:
        return PlanError(f"does not answer: {problem.message}", where=f"{reach.name} ({reach.address})", hint="see 'plan doctor --inventory'")
    return why_not(reach, done) if done.returncode == LOST else parsed(done.stdout)


def parsed(said: str) -> View | None:
    """Return what a host said; None where it has no database."""
    settings, _, rest = said.partition(END)
    status, _, slave = rest.partition(END)
    try:
        told = json.loads(settings)
        lines = (line.partition(": ") for line in status.splitlines())
        servers = {name.strip(): Server.model_validate_json(text) for name, _, text in lines if text.startswith("{")}
        missing = {name: Server(name=name) for name in told["members"] if name not in servers}
        return View(str(told["mode"]), {**servers, **missing}, bool(slave.strip()))
    except (ValueError, KeyError, TypeError, ValidationError):
        return None


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s ago" if seconds < 180 else f"{seconds / 60:.0f} minutes ago" if seconds < 7200 else f"{seconds / 3600:.0f} hours ago"  # noqa: PLR2004 - in words
