"""The database of this host, and a throwaway one: asked by their administrator over their own socket."""

import hashlib
import http.client
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from problems import KeepError
from settings import Settings

LIMIT_S = 120
HEALTH_S = 5
BEHIND_S = 60
"""What a copy may be behind the primary."""
HEAD = 200
WRITERS = "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('blogs', 'wiki')"
ROW = re.compile(rb"INSERT INTO|\(")


@dataclass(frozen=True)
class Written:
    """What is known of a dump: digest without comments, bytes, the line with the position, digest of its rows."""

    digest: str
    size: int
    placed: str
    rows: str


def told(settings: Settings) -> dict[str, Any]:
    """Return what this program and the deploy's have in common about databases."""
    found: dict[str, Any] = settings.told["database"]
    return found


def ready(settings: Settings) -> None:
    """Raise KeepError where the database of this host has not got everything."""
    at = urlsplit(settings.health)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=HEALTH_S)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as problem:
        raise KeepError(f"the database here does not say how it is: {problem}") from problem
    finally:
        connection.close()
    if answer.status == http.client.OK:
        return
    if settings.mode != "copy" or told(settings)["read_only"] not in said:
        raise KeepError(f"the database here: {said}")
    behind = re.search(r"Seconds_Behind_Master: (\d+)", ask(settings, r"SHOW SLAVE STATUS \G"))
    if not behind or int(behind[1]) > BEHIND_S:
        raise KeepError(f"the copy of the database is behind the primary ({behind[1] if behind else 'nobody knows how far'} s)")


def written_to(settings: Settings) -> bool:
    """Tell whether front doors send people to the database of this host."""
    try:
        return int(ask(settings, WRITERS)) > 0
    except (KeepError, ValueError):
        return False


def ask(settings: Settings, statements: str, socket: str = "") -> str:
    """Return the answer: lines, columns parted by tabs."""
    argv = [*client(settings, socket), "--batch", "--raw", "--skip-column-names"]
    done = subprocess.run(argv, input=statements, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode:
        raise KeepError(f"the database: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


def client(settings: Settings, socket: str = "") -> list[str]:
    """Return the command that takes statements."""
    words: list[str] = shlex.split(told(settings)["client"].format(socket=socket or told(settings)["socket"]))
    return words


def dump(settings: Settings, to: Path, socket: str = "", *, position: bool = True) -> None:
    """Write all rows as they are at one moment to a file, while people write on."""
    how = told(settings)["dump"].format(socket=socket or told(settings)["socket"], position="--master-data=2" if position else "")
    for left in reversed(range(told(settings)["attempts"])):
        with to.open("wb") as file:
            done = subprocess.run(shlex.split(how), stdout=file, stderr=subprocess.PIPE, text=True, check=False)
        if not done.returncode:
            return
        if not (left and any(sign in done.stderr for sign in told(settings)["moved"])):
            raise KeepError(f"the database: {done.stderr.strip()[-300:]}")


def written(file: Path) -> Written:
    """Return what is known of a dump; raises KeepError where it is not whole."""
    whole, rows, placed = hashlib.sha256(), hashlib.sha256(), ""
    with file.open("rb") as lines:
        for number, line in enumerate(lines):
            if not line.startswith(b"--"):
                whole.update(line)
            elif number < HEAD and line.startswith(b"-- CHANGE MASTER TO"):
                placed = line.decode().strip()
            if ROW.match(line):
                rows.update(line)
        lines.seek(max(0, os.fstat(lines.fileno()).st_size - HEAD))
        if b"Dump completed" not in lines.read():
            raise KeepError("the dump is not whole: is the disk full?")
    return Written(whole.hexdigest(), file.stat().st_size, placed, rows.hexdigest())


def counts(settings: Settings, socket: str = "") -> dict[str, int]:
    """Return how many posts, comments, people, pages and revisions there are."""
    numbers = ask(settings, told(settings)["sites"], socket).split()
    sums = {what: _sum(query, numbers) for what, query in told(settings)["per_site"].items()}
    queries = {"blogs": told(settings)["blogs"], **sums, **told(settings)["counts"]}
    return dict(zip(queries, map(int, ask(settings, "; ".join(queries.values()), socket).split()), strict=True))


def _sum(query: str, sites: list[str]) -> str:
    return "SELECT " + " + ".join(["0", *(query.format("" if site == "1" else f"{site}_") for site in sites)])
