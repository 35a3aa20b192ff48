"""Tell front doors whether this host's server can serve, and the other members what it holds; runs before and without the server."""

import os
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import copying
import hearing
import members
import position
import server
import settings as places
import starting
from agreement import DOWN, RUNNING, SETTLED_S, Member, stuck
from settings import Settings

PAUSE_S, ASK_S, STALE_S, SLOW_CLIENT_S = 0.25, 0.5, 2.0, 5.0
SYNCED, DONOR = "4", "2"
UNSETTLED = "what it got from the other members is not on its disk yet"
LEAVES, LEAVES_S = Path("/run/underdesk-database-leaves"), 60
"""Written by who starts the server again, and gone when it has."""
HANDED_OVER = 3
"""The first socket that a service manager hands over: it listens also while this program is started anew."""


def leaving(mark: Path = LEAVES, now: float | None = None) -> bool:
    """Tell whether somebody is about to start the server again: front doors shall send nobody new. Who was killed meanwhile does not count for long."""
    try:
        age = (time.time() if now is None else now) - mark.stat().st_mtime
    except OSError:
        return False
    return 0 <= age < LEAVES_S


class Watch:
    """Looks at the server four times a second; what it saw last is what is told."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self._server = settings, server.Server()
        self._told: dict[str, str] | None = None
        self._at = 0.0
        self._alone_since: float | None = None
        self._stuck_since: float | None = None
        self._settling: threading.Thread | None = None
        self._copying, self._hearing = copying.Copying(settings.name), hearing.Hearing()
        self.others: dict[str, Member] = {}
        self.looked = threading.Event()

    def run(self) -> None:
        """Look, and do what only this program can."""
        while True:
            told = self._server.ask()
            if told is not None and self.settings.mode == "galera":
                self._of_cluster(told)
            elif self.settings.mode == "copy":
                self._copying.look(told, self.others)
                self._hear(told)
            self._told, self._at = told, time.monotonic()
            self.looked.set()
            time.sleep(PAUSE_S)

    def ask(self) -> None:
        """Ask the other server of a primary and a copy, beside the looks: who is cut off answers late."""
        while True:
            self.others = members.ask(self.settings)
            time.sleep(ASK_S)

    def trouble(self) -> str:
        """Return why this server cannot serve, '' where it can."""
        if leaving():
            return "the server is about to be started again"
        told = self._told if time.monotonic() - self._at < STALE_S else None
        if told is None:
            held = starting.waiting()
            return "the server waits for the other members" if held else "the server does not answer"
        if self.settings.mode == "galera" and (lacks := _lacks(told) or (UNSETTLED if position.JOINING.exists() else "")):
            return lacks
        return "the server takes no writes" if told.get("read_only", "OFF") not in {"OFF", "0"} else ""

    def member(self) -> Member:
        """Return what this host tells the other members."""
        told = self._told
        heard = self._hearing.told(copying.word().primary, hearing.now()) if self.settings.mode == "copy" else {}
        if told is None:
            return Member(**{**starting.with_words(starting.waiting() or Member(self.settings.name, DOWN)), **heard})
        uuid = told.get("wsrep_local_state_uuid", "")
        holds = Member(
            self.settings.name,
            RUNNING,
            "" if uuid == position.NONE else uuid,
            int(told.get("wsrep_last_committed", "-1")),
            position.JOINING.exists(),
            position.has_data(self.settings.databases),
            primary=_primary(told),
            writable=told.get("read_only") == "OFF",
            gtid=_position(told),
            alone_s=round(time.monotonic() - self._alone_since, 1) if self._alone_since else 0.0,
        )
        return Member(**{**starting.with_words(holds), **heard})

    def _settles(self) -> bool:
        """Tell whether a copy of the others, of which nothing is missing, is still on its way to the disk: that happens beside the looks."""
        if self._settling is None and position.JOINING.exists():
            self._settling = threading.Thread(target=_or_end, args=(position.settle,), daemon=True)
            self._settling.start()
        if self._settling is not None and not self._settling.is_alive():
            self._settling = None
        return self._settling is not None

    def _hear(self, told: dict[str, str] | None) -> None:
        primary = copying.word().primary
        if told is not None and primary != self.settings.name:
            self._hearing.look(_position(told), self.others.get(primary), hearing.now())

    def _of_cluster(self, told: dict[str, str]) -> None:
        if not _lacks(told) and not self._settles():
            places.forget_words()
            copying.FILE.unlink(missing_ok=True)
        if _primary(told):
            self._alone_since = self._stuck_since = None
            return
        self._alone_since = self._alone_since or time.monotonic()
        own = self.member()
        self._stuck_since = (self._stuck_since or time.monotonic()) if own.alone and stuck(own, self.settings.members, members.ask(self.settings)) else None
        if self._stuck_since and time.monotonic() - self._stuck_since > SETTLED_S:
            print("stops the server, which has lost the others: all agree anew who begins", flush=True)  # noqa: T201 - the journal
            server.stop()
            self._stuck_since = None


def serve(settings: Settings) -> None:
    """Answer until the end."""
    watch = Watch(settings)
    for work in [watch.run, *([watch.ask] if settings.mode == "copy" else [])]:
        threading.Thread(target=_or_end, args=(work,), daemon=True).start()
    made = type("Answering", (Answer,), {"watch": watch})
    with Listening(("", 0), made, bind_and_activate=False) as listening:
        listening.socket.close()
        listening.socket = socket.socket(fileno=HANDED_OVER)
        listening.serve_forever()


class Listening(ThreadingHTTPServer):
    """Takes many questions at once."""

    daemon_threads = True


class Answer(BaseHTTPRequestHandler):
    """``/`` 200 where the server can serve, else 503 with the reason; ``/member`` what it holds."""

    watch: Watch
    timeout = SLOW_CLIENT_S
    server_version, sys_version = "underdesk", ""

    def do_GET(self) -> None:
        """Answer, from the first look on."""
        self.watch.looked.wait(STALE_S)
        if self.path == members.PATH:
            self._say(HTTPStatus.OK, members.written(self.watch.member()), "application/json")
            return
        trouble = self.watch.trouble()
        self._say(HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK, f"{trouble or 'serves'}\n")

    do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - as the library asks for them

    def log_message(self, *_: object) -> None:
        """Stay silent: this is asked several times a second."""

    def _say(self, status: HTTPStatus, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            with suppress(ConnectionError):  # who asked had no time to wait
                self.wfile.write(body)


def _or_end(work: Callable[[], None]) -> None:
    """Look until something breaks, and end then: the service manager starts all of it anew."""
    try:
        work()
    except BaseException:  # noqa: BLE001 - whatever it is
        traceback.print_exc()
        os._exit(1)


def _primary(told: dict[str, str]) -> bool:
    return told.get("wsrep_cluster_status") == "Primary"


def _position(told: dict[str, str]) -> str:
    """Return how far its changes go, of both kinds: its own, and those of another, which came with all data or one by one."""
    return ",".join(pos for name in ("gtid_binlog_pos", "gtid_slave_pos") if (pos := told.get(name)))


def _lacks(told: dict[str, str]) -> str:
    if not _primary(told):
        return f"not with most of the members ({told.get('wsrep_cluster_status', 'unknown')})"
    if told.get("wsrep_ready") != "ON" or told.get("wsrep_local_state") not in {SYNCED, DONOR}:
        return f"is behind the other members ({told.get('wsrep_local_state_comment', 'unknown')})"
    return ""
