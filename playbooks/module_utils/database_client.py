"""Speak with the database server of a host, as its administrator over its socket."""

import shutil
from typing import Any

SOCKET = "/run/mysqld/mysqld.sock"
CLIENT = ["mariadb", "--no-defaults", f"--socket={SOCKET}", "--batch", "--raw", "--skip-column-names", "--connect-timeout=5"]


class DatabaseError(Exception):
    """What the server, or the way to it, said."""


def is_there() -> bool:
    """Tell whether server and client are installed."""
    return all(shutil.which(program, path="/usr/sbin:/usr/bin") for program in ("mariadbd", "mariadb"))


def ask(module: Any, statements: str) -> list[list[str]]:  # noqa: ANN401 - Ansible has no types
    """Return the rows that statements give; they are never in the list of processes. Raises DatabaseError."""
    code, said, complaint = module.run_command(CLIENT, data=statements)
    if code:
        raise DatabaseError(" ".join(complaint.split()))
    return [line.split("\t") for line in said.splitlines()]


def quoted(text: str) -> str:
    """Return text as SQL has it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
