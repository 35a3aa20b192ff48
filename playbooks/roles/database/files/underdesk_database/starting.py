"""Start the server of this host: agreed with the other members, where it is one of several."""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import copying
import members
import position
from agreement import WAITING, Decision, Member, decide
from settings import RUN, SERVER, Settings, word

PAUSE_S = 0.5
NOTE = RUN / "waiting.json"


def start(settings: Settings) -> NoReturn:
    """Become the server, when it is agreed how."""
    options = _agreed(settings) if settings.mode == "galera" else []
    os.execv(SERVER, [SERVER, *os.environ.get("MYSQLD_OPTS", "").split(), *options])


def waiting() -> Member | None:
    """Return what a start that waits for the others has found here, None where none waits."""
    try:
        told = json.loads(NOTE.read_text(encoding="utf-8"))
        if b"underdesk-database" not in Path(f"/proc/{told['pid']}/cmdline").read_bytes():
            return None
    except (OSError, ValueError, KeyError):
        return None
    return members.read(json.dumps(told["member"]))


def with_words(member: Member) -> dict[str, object]:
    """Return a member's fields with what an operator said on this host."""
    remembered = copying.word()
    return {
        **asdict(member),
        "without": tuple(word("without").split()),
        "begins": bool(word("begin-here")),
        "yields": bool(word("give-up-data")) or remembered.primary not in {"", member.name},
        "primary_is": remembered.primary,
        "term": remembered.term,
        "ready": remembered.ready,
    }


def _agreed(settings: Settings) -> list[str]:
    found = position.find()
    holds = Member(settings.name, WAITING, found.uuid, found.seqno, position.JOINING.exists(), position.has_data(settings.databases))
    NOTE.write_text(json.dumps({"pid": os.getpid(), "member": asdict(holds)}), encoding="utf-8")
    said = ""
    while True:
        decision = decide(Member(**with_words(holds)), settings.members, members.ask(settings))
        if decision.do != "wait":
            return _options(decision, found)
        if decision.why != said:
            said = decision.why
            _say(f"waits: {said}")
        time.sleep(PAUSE_S)


def _options(decision: Decision, found: position.Position) -> list[str]:
    _say(f"{decision.do}s: {decision.why}")
    at = [f"--wsrep-start-position={found.start}"] if found.start else []
    if decision.do == "join":
        position.joins()
        return at
    position.let_begin()
    return ["--wsrep-new-cluster", *at]


def _say(text: str) -> None:
    sys.stderr.write(f"underdesk-database: {text}\n")
    sys.stderr.flush()
