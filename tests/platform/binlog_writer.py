"""Rows that are written while something is killed, and the binary log files in which they must be found again."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

IN_USE_AT = 21  # a flag in the first event: set on the disk while the server writes the file, never in the stream


def sql(container: str, statement: str) -> str:
    """Run ``statement`` as the administrator of the database; it is acknowledged when this returns."""
    argv = ["docker", "exec", "-i", "-u", "0", container, "mariadb", "--no-defaults", "--batch", "--raw", "--skip-column-names"]
    return subprocess.run(argv, input=statement, capture_output=True, text=True, check=True, timeout=120).stdout


def insert(container: str, table: str, rows: str) -> None:
    """Write ``rows`` of our own; acknowledged when this returns."""
    sql(container, f"INSERT INTO {table} VALUES {rows}")  # noqa: S608 - nobody else's text is in it


def until(holds: Callable[[], object], deadline_s: float, what: str) -> float:
    """Return the seconds until ``holds``; fails after ``deadline_s``."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < deadline_s, f"not within {deadline_s} s: {what}"
        time.sleep(0.2)
    return time.monotonic() - start


@contextmanager
def writing(container: str, table: str) -> Iterator[list[int]]:
    """Write rows to ``table`` all the while; the list holds how many were acknowledged."""
    done, acknowledged, failed = threading.Event(), [0], []

    def work() -> None:
        try:
            while not done.is_set():
                rows = ", ".join(f"({acknowledged[0] + number}, REPEAT('x', 20000))" for number in range(20))
                insert(container, table, rows)
                acknowledged[0] += 20
        except (subprocess.SubprocessError, OSError) as problem:
            failed.append(problem)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield acknowledged
    finally:
        done.set()
        thread.join()
    assert not failed, failed


def logs(folder: Path) -> dict[str, bytes]:
    """The binary log files in ``folder`` by name, without the flag of a file in use."""
    found = {path.name: path.read_bytes() for path in folder.glob("binlog.*") if path.suffix[1:].isdecimal()}
    return {name: content[:IN_USE_AT] + b"\0" + content[IN_USE_AT + 1 :] for name, content in found.items()}
