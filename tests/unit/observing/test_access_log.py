"""Logs are read whatever wrote them down and in whatever order; what is wrong is said with where and how to mend it."""

import gzip
import io
import json
import os
import threading
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra import access_log
from infra.access_log import Counted, requests
from runtime.errors import PlanError
from sizing.observing.request import Request
from tests.unit.observing.door import RECORDED, line

NOW_S = 1_795_900_000.0
START_S = 1_795_800_000.0
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, *told: str, packed: bool = False) -> Path:
        path, content = tmp_path / name, "".join(f"{one}\n" for one in told).encode()
        path.write_bytes(gzip.compress(content) if packed else content)
        return path

    return written


def read(*paths: Path, stdin: bytes = b"") -> tuple[list[Request], Counted]:
    counted = Counted()
    return list(requests(paths, NOW_S, counted, io.BytesIO(stdin))), counted


def at(number: float, zone_h: int = 0, **more: object) -> str:
    return line(START_S + 60 * number, zone_h, **more)


def docker(text: str) -> str:
    return json.dumps({"log": f"{text}\n", "stream": "stdout", "time": "2026-11-28T10:00:00.000000000Z"})


def plan_logs(text: str) -> str:
    return json.dumps({"schema": {"version": 1}, "time": "2026-11-28T10:00:00.0Z", "service": "frontdoor", "container": "abc", "line": text})


def syslog(text: str) -> str:
    return f"pilot-frontdoor.1.abc@host    | {text}"


def test_the_recorded_line_is_understood(write: Write) -> None:
    ((found,), _) = read(write("a", RECORDED))
    assert found == Request(1795878032.263, 0.0, "72608AF2D70CD741", "216B2BAB5EEFDB01", "page_signed_in", "blogs.sample.example/field/2026/a-post/", "")


@pytest.mark.parametrize("wrapped", [docker, plan_logs, syslog])
def test_whoever_wrote_the_line_down_it_tells_the_same(wrapped: Callable[[str], str], write: Write) -> None:
    assert read(write("a", wrapped(RECORDED)))[0] == read(write("b", RECORDED))[0]


def test_stdin_gzip_and_files_tell_the_same(write: Write) -> None:
    told = [at(number) for number in range(50)]
    plain, _ = read(write("a", *told))
    assert len(plain) == 50
    content = "".join(f"{one}\n" for one in told).encode()
    assert read(write("a.gz", *told, packed=True))[0] == plain
    assert read(Path("-"), stdin=content)[0] == plain
    assert read(Path("-"), stdin=gzip.compress(content))[0] == plain


def test_a_pipe_that_is_named_is_read_once_and_whole(tmp_path: Path, write: Write) -> None:
    plain, pipe = write("a", *(at(number) for number in range(50))), tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(plain.read_bytes()), daemon=True)
    writer.start()
    assert len(read(pipe)[0]) == 50
    writer.join(5)


def test_rotated_files_come_in_the_order_of_time_whatever_order_they_are_named_in(write: Write) -> None:
    names = [write(f"log.{part}", *(at(number) for number in range(10 * part, 10 * part + 10)), packed=bool(part % 2)) for part in range(6)]
    straight, _ = read(*names)
    names = [names[place] for place in (3, 0, 5, 1, 4, 2)]
    assert read(*names)[0] == straight == sorted(straight)


def test_copies_that_overlap_count_once_and_that_is_said(write: Write) -> None:
    first, second = write("mon", *(at(number) for number in range(10))), write("tue", *(plan_logs(at(number)) for number in range(5, 15)))
    found, counted = read(second, first)
    assert len(found) == 15
    assert counted.left_out["read twice"] == 5


def test_time_zones_mixed_in_one_log_change_nothing(write: Write) -> None:
    zones = [0, 2, -5, 9]
    assert read(write("a", *(at(number, zone_h=zones[number % 4]) for number in range(20))))[0] == read(write("b", *(at(number) for number in range(20))))[0]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"agent": "test"}, "of tests"),
        ({"agent": "program"}, "of programs"),
        ({"status": 404}, "failed or redirected"),
        ({"status": 503}, "failed or redirected"),
        ({"status": 301}, "failed or redirected"),
        ({"status": 308, "method": "POST"}, "failed or redirected"),
        ({"frontend": "origin"}, "inside the platform"),
        ({"frontend": "http"}, "inside the platform"),
        ({"visitor": "Ada"}, "not understood"),
        ({"began_ms": "soon"}, "not understood"),
        ({"status": None}, "not understood"),
    ],
)
def test_what_no_person_asked_for_is_left_out_and_counted(more: dict[str, object], reason: str, write: Write) -> None:
    found, counted = read(write("a", at(0), at(1, 0, **more), at(2)))
    assert len(found) == 2
    assert counted.left_out == {reason: 1}


def test_a_program_that_reads_a_feed_counts(write: Write) -> None:
    ((found,), _) = read(write("a", at(0, agent="program", path="/feed/", person="")))
    assert found.kind == "feed"


def test_a_line_of_ten_megabytes_is_passed_over_without_taking_memory(write: Write) -> None:
    path = write("a", at(0), '{"path": "' + "x" * 10_000_000, at(1))
    tracemalloc.start()
    found, counted = read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 2
    assert counted.left_out == {"longer than 64 KiB": 1}
    assert most < 3_000_000


def test_many_files_are_not_open_at_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [write(f"log.{part}", at(part)) for part in range(50)]
    still_open, most = 0, 0
    opened = access_log._Log._opened

    def counting(self: access_log._Log, held: ExitStack) -> object:
        nonlocal still_open, most
        still_open += 1
        most = max(most, still_open)

        def closed() -> None:
            nonlocal still_open
            still_open -= 1

        held.callback(closed)
        return opened(self, held)

    monkeypatch.setattr(access_log._Log, "_opened", counting)
    assert len(read(*names)[0]) == 50
    assert most <= 3


def broken(content: bytes) -> bytes:
    return gzip.compress(content)[: len(gzip.compress(content)) // 2]


GOOD = "".join(f"{at(number)}\n" for number in range(2000)).encode()
APACHE = b'10.1.2.3 - ada [28/Nov/2026:10:00:00 +0000] "GET /secret HTTP/1.1" 200 12\n' * 3
OLD = json.dumps(
    {key: value for key, value in json.loads(RECORDED).items() if key not in {"began_ms", "visitor", "person", "agent", "service", "asks"}}
).encode()
BACK = f"{at(600)}\n{at(1)}\n".encode()


@pytest.mark.parametrize(
    ("content", "where", "says", "mend"),
    [
        (b"", "log", "is empty", "plan logs frontdoor --json"),
        (b"\x7fELF\0\0\0\1" * 100, "log", "is not text", "right file"),
        (APACHE, "log", "none of its 3 lines", "plan logs frontdoor --json"),
        (b"\xff\xfe" + "\n".join("abc").encode("utf-16-le"), "log", "is not text", "right file"),
        (broken(GOOD), "log: after line", "ends in the middle", "zcat"),
        (b"\x1f\x8b" + b"nonsense" * 10, "log: after line 0", "damaged", "copy the file again"),
        (b"\xfd7zXZ\0" + b"x" * 100, "log", "is packed with xz", "gzip"),
        (OLD + b"\n", "log", "does not tell visitors apart", "plan deploy"),
        (BACK, "log: line 2", "the clock goes back by 599 minutes", "cut the file before this line"),
        (line(NOW_S + 3 * 86_400).encode(), "log: line 1", "lies in the future", "timedatectl"),
        (line(1_000.0).encode(), "log: line 1", "1970-01-01 lies before", "timedatectl"),
        (at(0, agent="test").encode() + b"\n", "log", "no request of a person among 1 lines (1 of tests)", "real use"),
        (b"\n" * 5, "log", "none of its 5 lines", "plan logs"),
    ],
)
def test_what_is_no_log_is_refused_with_where_what_and_how_to_mend_it(content: bytes, where: str, says: str, mend: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(PlanError) as refused:
        read(path)
    assert refused.value.where.startswith(f"{tmp_path}/{where}")
    assert says in refused.value.message
    assert mend in refused.value.hint
    assert refused.value.exit_code == 1
    assert not any(word in f"{refused.value} {refused.value.hint}" for word in ("secret", "ada", "10.1.2.3"))


def test_a_rotated_file_that_is_still_empty_hurts_nobody(write: Write) -> None:
    assert len(read(write("empty"), write("a", at(0)))[0]) == 1


@pytest.mark.parametrize(("names", "says"), [(["none"], "no such file"), (["."], "is a folder"), (["a", "./a"], "is named twice"), (["-", "-"], "named twice")])
def test_names_that_cannot_be_meant_are_refused_before_anything_is_read(
    names: list[str], says: str, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a", at(0))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlanError, match=says):
        read(*(Path(name) for name in names))


def test_memory_does_not_grow_with_the_log(write: Write) -> None:
    peaks = []
    for count in (2_000, 20_000):
        path = write(f"log{count}", *(line(START_S + number) for number in range(count)))
        tracemalloc.start()
        for _ in requests([path], NOW_S, Counted()):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 200_000
