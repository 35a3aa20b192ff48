"""The front door's log as requests: files, gzip or a stream, merged into one order of time, whatever order they are named in."""

import gzip
import heapq
import io
import json
import re
import sys
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from infra.request_class import class_of, page_of
from runtime.errors import PlanError
from sizing.observing.request import HIT, MISS, PAGES, Request

STDIN: Final = Path("-")
LONGEST: Final = 65_536
LOOKED_AT: Final = 4096
GZIP: Final = b"\x1f\x8b"
PACKED: Final = {b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
PSEUDONYM: Final = re.compile(r"[0-9A-F]{16}")
DOOR: Final = "https"
CACHE: Final = {"HIT": HIT, "STALE": HIT, "UPDATING": HIT, "REVALIDATED": HIT, "MISS": MISS, "EXPIRED": MISS, "BYPASS": MISS}
WAITS_S: Final = 900.0
OVERLAP_S: Final = 900.0
AHEAD_S: Final = 86_400.0
FIRST_S: Final = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
OK, REDIRECTED, NOT_MODIFIED, ELSEWHERE, REFUSED = 200, 300, 304, 308, 400
HOW: Final = "'plan logs frontdoor --json > FILE' writes them"

NOT_UNDERSTOOD, TOO_LONG, OLD = "not understood", "longer than 64 KiB", "written before the front door told visitors apart"
SECOND, FAILED, TESTS, PROGRAMS, TWICE = "inside the platform", "failed or redirected", "of tests", "of programs", "read twice"


@dataclass
class Counted:
    """What was read so far."""

    lines: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    reached_s: float = 0.0


def requests(names: Sequence[Path], now_s: float, counted: Counted, stdin: IO[bytes] | None = None) -> Iterator[Request]:
    """Yield the requests in the logs ``names`` (``-``: stdin) in the order of time; ``counted`` says what was read.

    Memory does not grow with the logs. Files whose times overlap (several front doors, a copy that begins before the last one
    ended) are merged; a line that is in two of them counts once. Raises PlanError, which never repeats what a line says.
    """
    _check(names)
    several = len(names) > 1
    logs = [_Log(name, now_s, counted, stdin, marked=several) for name in names]
    waiting = [(began, at, None, "") for at, log in enumerate(logs) if (began := log.first_s()) is not None]
    heap: list[tuple[float, int, Request | None, str]] = list(waiting)
    heapq.heapify(heap)
    opened: dict[int, Iterator[tuple[Request, str]]] = {}
    seen = _Seen()
    while heap:
        _, at, request, mark = heapq.heappop(heap)
        lines = opened.get(at)
        if lines is None:
            lines = opened[at] = logs[at].requests()
        if request is not None and not (several and seen.elsewhere(request, mark, at)):
            counted.requests += 1
            counted.reached_s = request.began_s
            yield request
        elif request is not None:
            counted.left_out[TWICE] += 1
        following = next(lines, None)
        if following is not None:
            heapq.heappush(heap, (following[0].began_s, at, *following))
    if not counted.requests:
        raise _nothing(names, counted)


def _check(names: Sequence[Path]) -> None:
    for at, name in enumerate(names):
        if name == STDIN:
            if name in names[:at]:
                raise PlanError("stdin is named twice", where="-", hint="name it once")
            continue
        if name.is_dir():
            raise PlanError("is a folder", where=str(name), hint=f"name the files in it: {name}/*")
        if not name.exists():
            raise PlanError("no such file", where=str(name), hint=HOW)
        if any(other != STDIN and other.samefile(name) for other in names[:at]):
            raise PlanError("is named twice", where=str(name), hint="name each file once")


def _nothing(names: Sequence[Path], counted: Counted) -> PlanError:
    where = f"{len(names)} files" if len(names) > 1 else "stdin" if names[0] == STDIN else str(names[0])
    if not counted.lines:
        return PlanError("is empty" if len(names) == 1 else "all are empty", where=where, hint=HOW)
    if counted.left_out[OLD]:
        hint = "'plan deploy' renews the front door's log; then let people use the platform for two weeks"
        return PlanError(f"{counted.left_out[OLD]:,} lines are of a front door that does not tell visitors apart yet", where=where, hint=hint)
    if counted.left_out[NOT_UNDERSTOOD] + counted.left_out[TOO_LONG] == counted.lines:
        return PlanError(f"none of its {counted.lines:,} lines is one of this platform's front door", where=where, hint=HOW)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counted.left_out.most_common())
    return PlanError(f"no request of a person among {counted.lines:,} lines ({reasons})", where=where, hint="log real use, not tests; then run this again")


class _Seen:
    """Lines of the last quarter of an hour, and which log they came from; one log may well have two that are alike."""

    def __init__(self) -> None:
        self.marks: dict[str, int] = {}
        self.order: deque[tuple[float, str]] = deque()

    def elsewhere(self, request: Request, mark: str, at: int) -> bool:
        while self.order and self.order[0][0] < request.began_s - OVERLAP_S:
            self.marks.pop(self.order.popleft()[1], None)
        if mark not in self.marks:
            self.order.append((request.began_s, mark))
        return self.marks.setdefault(mark, at) != at


class _Log:
    """One file, or stdin."""

    def __init__(self, name: Path, now_s: float, counted: Counted, stdin: IO[bytes] | None, *, marked: bool) -> None:
        self.name, self.now_s, self.counted, self.stdin, self.marked = name, now_s, counted, stdin, marked
        self.title = "stdin" if name == STDIN else str(name)

    def first_s(self) -> float | None:
        """Return when the first request began; None where there is none. A stream, which can be read only once, comes at once."""
        if self.name == STDIN or not self.name.is_file():
            return 0.0
        before, self.counted = self.counted, Counted()
        found = next((request.began_s for request, _ in self.requests()), None)
        if found is None:  # nothing will be read again
            before.lines += self.counted.lines
            before.left_out += self.counted.left_out
        self.counted = before
        return found

    def requests(self) -> Iterator[tuple[Request, str]]:
        """Yield what the lines tell, and what a line is known again by."""
        reached_s = 0.0
        for number, line in self._lines():
            self.counted.lines += 1
            fields = _fields(line)
            found = NOT_UNDERSTOOD if fields is None else _told(fields)
            if fields is None or isinstance(found, str):
                self.counted.left_out[str(found)] += 1
                continue
            if not FIRST_S < found.began_s < self.now_s + AHEAD_S:
                raise self._untimely(number, found.began_s)
            if found.began_s + found.took_s < reached_s - WAITS_S:
                raise PlanError(
                    f"the clock goes back by {(reached_s - found.began_s) / 60:,.0f} minutes",
                    where=f"{self.title}: line {number}",
                    hint="was the clock set, or files joined in another order? cut the file before this line and name both parts",
                )
            reached_s = max(reached_s, found.began_s)
            yield found, _mark(fields) if self.marked else ""

    def _untimely(self, number: int, began_s: float) -> PlanError:
        when = datetime.fromtimestamp(min(max(began_s, 0.0), 253e9), UTC)
        words = "lies in the future" if began_s > self.now_s else "lies before this platform was written"
        hint = "is this machine's clock right ('timedatectl'), and was that of the front door? leave out the lines of a wrong clock"
        return PlanError(f"{when:%Y-%m-%d} {words}", where=f"{self.title}: line {number}", hint=hint)

    def _lines(self) -> Iterator[tuple[int, str]]:
        number = 0
        try:
            with ExitStack() as held:
                stream = self._opened(held)
                while line := stream.readline(LONGEST):
                    number += 1
                    if len(line) == LONGEST and not line.endswith(b"\n"):
                        self._skip(stream)
                        self.counted.lines += 1
                        self.counted.left_out[TOO_LONG] += 1
                        continue
                    yield number, line.decode("utf-8", "replace")
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            hint = f"copy the file again; what is left of it: zcat {self.title} 2>/dev/null | plan observe -"
            raise PlanError("the compressed data ends in the middle, or is damaged", where=f"{self.title}: after line {number}", hint=hint) from problem
        except OSError as problem:
            raise PlanError(f"cannot be read: {(problem.strerror or 'failed').lower()}", where=self.title, hint="run it with sudo, or as root") from problem

    @staticmethod
    def _skip(stream: IO[bytes]) -> None:
        while (piece := stream.readline(LONGEST)) and not piece.endswith(b"\n"):
            pass

    def _opened(self, held: ExitStack) -> IO[bytes]:
        raw = self.stdin or sys.stdin.buffer if self.name == STDIN else held.enter_context(self.name.open("rb"))
        stream = io.BufferedReader(_Whole(raw), LONGEST)
        begin = stream.peek(LOOKED_AT)[:LOOKED_AT]
        if begin.startswith(GZIP):
            return io.BufferedReader(held.enter_context(gzip.GzipFile(fileobj=stream)), LONGEST)
        packed = next((how for sign, how in PACKED.items() if begin.startswith(sign)), None)
        if packed:
            raise PlanError(f"is packed with {packed}", where=self.title, hint="unpack it, or pack it with gzip")
        if b"\0" in begin:
            raise PlanError("is not text", where=self.title, hint=f"is this the right file? {HOW}")
        return stream


class _Whole(io.RawIOBase):
    """A stream of bytes, closed by whoever opened it."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner = inner

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, room: Any) -> int:  # noqa: ANN401 - a buffer
        """Fill ``room`` as far as it goes."""
        read = getattr(self.inner, "read1", self.inner.read)
        piece = read(len(room))
        room[: len(piece)] = piece
        return len(piece)


def _told(fields: dict[str, Any]) -> Request | str:
    """Return the request that a line tells of, or why there is none."""
    try:
        if fields["frontend"] != DOOR:
            return SECOND
        return _request(fields) if "began_ms" in fields else OLD
    except (KeyError, TypeError, ValueError, AttributeError):
        return NOT_UNDERSTOOD


def _mark(fields: dict[str, Any]) -> str:
    return f"{fields['began_ms']} {fields['visitor']} {fields['total_ms']} {fields['bytes']} {fields['path']}"


def _fields(line: str) -> dict[str, Any] | None:
    """Return the front door's own line, whatever wrote it down: HAProxy, the engine's log files, 'plan logs --json', a prefix of syslog."""
    begin = line.find("{")
    if begin < 0:
        return None
    try:
        fields = json.loads(line[begin:] if begin else line)
        wrapped = fields.get("log") or fields.get("line")
        if isinstance(wrapped, str) and "frontend" not in fields:
            fields = json.loads(wrapped)
    except (ValueError, AttributeError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _request(fields: dict[str, Any]) -> Request | str:
    method, path, status, visitor, person = fields["method"], fields["path"], fields["status"], fields["visitor"], fields["person"]
    began_s, took_s = int(fields["began_ms"]) / 1000, max(int(fields["total_ms"]), 0) / 1000
    agent, service, asks, _ = fields["agent"], fields["service"], fields["asks"], fields["bytes"]
    if agent == "test":
        return TESTS
    if status >= REFUSED or status < OK or status == ELSEWHERE or (method != "POST" and REDIRECTED <= status != NOT_MODIFIED):
        return FAILED
    if not PSEUDONYM.fullmatch(visitor) or (person and not PSEUDONYM.fullmatch(person)):
        return NOT_UNDERSTOOD
    kind = class_of(method, path, service, asks, bool(person))
    if agent == "program" and kind != "feed":
        return PROGRAMS
    page = page_of(fields["host"], path) if kind in PAGES else ""
    return Request(began_s, took_s, visitor, person, kind, page, CACHE.get(fields["cache"], ""))
