"""A dump of the databases, line by line: made ready to be loaded beside what a cluster has, and what each table holds.

Runs here and on hosts, by Python 3 alone: ``tables.py arrive SUFFIX`` and ``tables.py rows SUFFIX``, a dump on stdin.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

DATABASES = (b"blogs", b"wiki")
INSERT, VALUES, ENGINE = b"INSERT INTO `", b"` VALUES", b") ENGINE="
LEFT_OUT = (
    b"LOCK TABLES ",
    b"UNLOCK TABLES",
    b"/*!40000 ALTER TABLE ",
    b"set autocommit=0;",
    b"commit;",
    b"SET @OLD_AUTOCOMMIT=",
    b"SET AUTOCOMMIT=",
    b"COMMIT;",
    b"/*M!999999",
)
"""What locks, or makes one transaction of a whole table, which a cluster would carry in one piece."""
OLD_ENGINES = (b"MyISAM", b"Aria")


def arriving(dump: Iterable[bytes], suffix: str) -> Iterator[bytes]:
    """Yield the lines of a dump that fill databases with ``suffix`` behind their names, with tables that every member gets."""
    within = False
    for line in dump:
        if within or line.startswith(INSERT):
            within = not line.endswith(b";\n")
            yield line
        elif not line.startswith(LEFT_OUT):
            yield _renamed(line, suffix.encode())


def _renamed(line: bytes, suffix: bytes) -> bytes:
    if line.startswith((b"CREATE DATABASE ", b"USE `")):
        for name in DATABASES:
            line = line.replace(b"`%b`" % name, b"`%b%b`" % (name, suffix))
    elif line.startswith(ENGINE):
        old = next((name for name in OLD_ENGINES if line.startswith(ENGINE + name)), b"")
        line = line.replace(ENGINE + old, ENGINE + b"InnoDB").replace(b" PAGE_CHECKSUM=1", b"").replace(b" TRANSACTIONAL=1", b"") if old else line
    return line


def held(dump: Iterable[bytes], suffix: str = "") -> dict[str, dict[str, Any]]:
    """Return of each table in a dump its rows and their digest, by DATABASE.TABLE; ``suffix`` is taken from the database's name."""
    found: dict[str, _Table] = {}
    database, table, within = "", _Table(), False
    for line in dump:
        if within:
            table.add(line)
            within = not line.endswith(b";\n")
        elif line.startswith(b"USE `"):
            database = line.split(b"`")[1].decode().removesuffix(suffix)
        elif line.startswith(b"CREATE TABLE `"):
            found.setdefault(f"{database}.{line.split(b'`')[1].decode()}", _Table())
        elif line.startswith(INSERT):
            name, _, rest = line[len(INSERT) :].partition(VALUES)
            table = found.setdefault(f"{database}.{name.decode()}", _Table())
            if rest.strip():
                table.add(rest)
            within = not line.endswith(b";\n")
    return {name: {"rows": one.rows, "digest": one.sum.hexdigest()} for name, one in sorted(found.items())}


class _Table:
    """The rows of a table, added up."""

    def __init__(self) -> None:
        self.rows, self.sum = 0, hashlib.sha256()

    def add(self, line: bytes) -> None:
        """Add a row, as it stands in the dump; what parts it from the next does not count."""
        self.rows += 1
        self.sum.update(line.strip().rstrip(b",;") + b"\n")


def main(what: str, suffix: str = "") -> None:
    """Do what the command line says."""
    if what == "arrive":
        for line in arriving(sys.stdin.buffer, suffix):
            sys.stdout.buffer.write(line)
    else:
        sys.stdout.write(json.dumps(held(sys.stdin.buffer, suffix)))


if __name__ == "__main__":
    main(*sys.argv[1:])
