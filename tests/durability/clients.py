"""Clients of the database that commit one row after the other and remember what was answered."""

import os
import secrets
import subprocess
import threading
from dataclasses import dataclass

from tests.durability.acknowledged import PATIENCE_S, Acknowledged
from tests.durability.rig import Rig

TABLE = "blogs.acknowledged"
MAKE = f"CREATE TABLE IF NOT EXISTS {TABLE} (token VARCHAR(40) PRIMARY KEY, content VARCHAR(1000)) ENGINE=InnoDB;"
CLIENT = ("mariadb", "--no-defaults", "--host=127.0.0.1", "--user=blogs", "--batch", "--skip-column-names", "--unbuffered")


class Clients:
    """Several clients at once, each with a connection of its own, until they are cut off."""

    def __init__(self, rig: Rig, acknowledged: Acknowledged[str], number: int) -> None:
        password = {"MYSQL_PWD": (rig.folder / "secrets" / "database-blogs").read_text()}
        argv = ["docker", "exec", "-i", "-e", "MYSQL_PWD", rig.name("database"), *CLIENT]
        self.acknowledged = acknowledged
        self._processes = [
            subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **password})
            for _ in range(number)
        ]
        self._threads = [threading.Thread(target=self._commit, args=(process,), daemon=True) for process in self._processes]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until the last client has noticed."""
        for process, thread in zip(self._processes, self._threads, strict=True):
            process.kill()
            thread.join(PATIENCE_S)
            process.communicate()

    def _commit(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin
        assert process.stdout
        name = secrets.token_hex(4)
        for number in range(1_000_000):
            token = f"{name}-{number}"
            try:
                process.stdin.write(f"INSERT INTO {TABLE} VALUES ('{token}', '{secrets.token_hex(200)}'); SELECT '{token}';\n")  # noqa: S608 - our own words
                process.stdin.flush()
            except OSError:
                return
            if process.stdout.readline().strip() != token:
                return
            self.acknowledged.add(token)


@dataclass(frozen=True)
class Audit:
    """What a database that has come back holds of what was acknowledged."""

    acknowledged: int
    lost_rows: int
    lost_events: int
    rows_without_event: int
    events_without_row: int

    @property
    def whole(self) -> bool:
        """Whether all is there, and table and log agree."""
        return not (self.lost_rows or self.lost_events or self.rows_without_event or self.events_without_row)


def audit(rig: Rig, acknowledged: set[str]) -> Audit:
    """Compare what was answered with the table and with the binary log."""
    rows = {row[0] for row in rig.sql(f"SELECT token FROM {TABLE}")}  # noqa: S608 - a constant
    events = logged(rig)
    return Audit(len(acknowledged), len(acknowledged - rows), len(acknowledged - events), len(rows - events), len(events - rows))


def logged(rig: Rig) -> set[str]:
    """Return the tokens of the transactions that stand whole in the binary log: rows up to their commit."""
    done: set[str] = set()
    for name, *_ in rig.sql("SHOW BINARY LOGS"):
        open_: set[str] = set()
        for _, _, kind, _, _, info in rig.sql(f"SHOW BINLOG EVENTS IN '{name}'"):
            if kind == "Annotate_rows" and info.startswith(f"INSERT INTO {TABLE} VALUES ('"):  # noqa: S608 - what was sent above
                open_.add(info.split("'")[1])
            elif kind == "Xid":
                done |= open_
                open_ = set()
    return done
