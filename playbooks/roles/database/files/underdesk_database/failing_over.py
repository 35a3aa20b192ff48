"""Make this host's copy the primary, by an operator's word; what the old one wrote last is taken over where it can be."""

import json
import sys
import time
from collections.abc import Callable

import copying
import members
from agreement import RUNNING, Member
from hearing import numbers
from server import tell
from settings import Settings

REFUSES_S, APPLIED_S, TAKEN_S = 20.0, 600.0, 20.0
PAUSE_S = 0.3


def fail_over(settings: Settings, *, lost: bool) -> int:
    """Become primary; ``lost``: also where the old one does not answer, so that what it wrote last and had not sent is lost."""
    own = copying.word()
    seen = {name: member for name, member in members.ask(settings).items() if member.phase == RUNNING}
    if refused := _refusal(settings, own, seen, lost=lost):
        return _no(refused)
    if own.primary != settings.name:
        own = copying.Word(settings.name, own.term + 1, ready=False)
        copying.remember(own)
    if seen and not _met(lambda: all(not one.writable for one in members.ask(settings).values()), REFUSES_S):
        return _no("the old primary still takes writes; stop its server, then say this again")
    behind = _taken_over(settings, seen=bool(seen))
    copying.remember(copying.Word(settings.name, own.term))
    if not _met(lambda: members.own(settings).writable, TAKEN_S):
        return _no("the server here takes no writes yet; see journalctl --unit underdesk-database")
    tell("STOP ALL SLAVES; RESET SLAVE ALL")  # waits as long as it still tries to reach the old one
    sys.stdout.write(json.dumps({"primary": settings.name, "term": own.term, "all_taken_over": bool(seen) and not behind}) + "\n")
    return 0


def _refusal(settings: Settings, own: copying.Word, seen: dict[str, Member], *, lost: bool) -> str:
    """Return why this host does not become primary, '' where it may."""
    if settings.mode != "copy" or not own.primary:
        return "there is no copy here that could become the primary"
    if own.primary == settings.name and own.ready:
        return "this host is the primary already"
    if not seen and not lost:
        return "the primary's server does not answer: what it wrote last may be nowhere else. If it is lost, say: underdesk-database fail-over --lost"
    if own.primary != settings.name and not tell("SHOW SLAVE STATUS").strip():
        return "the server here is no copy: it does not follow the primary. 'plan deploy' makes it one"
    return ""


def _taken_over(settings: Settings, *, seen: bool) -> bool:
    """Wait until all that came from the old primary is applied, and apply no more; return whether it had more."""
    wanted = next((one.gtid for one in members.ask(settings).values()), "") if seen else ""
    met = _met(lambda: _reached(wanted), APPLIED_S if wanted else 0)
    _met(_drained, APPLIED_S)
    tell("STOP SLAVE SQL_THREAD")
    return bool(wanted) and not met


def _reached(wanted: str) -> bool:
    """Tell whether everything up to the other's last change is here; sequence numbers by domain."""
    has, wants = numbers(tell("SELECT @@gtid_slave_pos, @@gtid_binlog_pos")), numbers(wanted)
    return all(has.get(domain, 0) >= number for domain, number in wants.items())


def _drained() -> bool:
    """Tell whether nothing that was received waits to be applied."""
    said = tell("SELECT STATE FROM information_schema.PROCESSLIST WHERE COMMAND = 'Slave_SQL'")
    return not said.strip() or "has read all relay log" in said


def _met(condition: Callable[[], bool], limit_s: float) -> bool:
    until = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_S)
    return True


def _no(why: str) -> int:
    sys.stderr.write(f"error: {why}\n")
    return 1
