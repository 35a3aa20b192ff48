"""The cluster's side of a promotion: databases and folders beside those in use, and how they change places."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts import database, folders
from infra.cluster.promote import compare
from infra.cluster.seen import tells
from infra.cluster.seen.headroom import writer
from infra.cluster.session import administer, as_administrator, ssh
from runtime.errors import PlanError
from runtime.run import run

ARRIVING, BEFORE, AFTER = "_arriving", "_before", "_after"
"""What is loaded, what the cluster had, and what it had of the desk's when that is taken back."""
DATABASES: Final = ("blogs", "wiki")
FOLDERS: Final = ("uploads", "wiki-images")
PLACE: Final = "promotion"
LONG_S: Final = 24 * 3600
SOCKET: Final = "--no-defaults --socket=/run/mysqld/mysqld.sock --max-allowed-packet=1G --default-character-set=utf8mb4"
CLIENT: Final = f"mariadb {SOCKET}"
DUMP: Final = f"mariadb-dump {SOCKET} --single-transaction --order-by-primary --hex-blob --routines --triggers --events --skip-dump-date --quick --databases"
TABLES, LISTING = (Path(__file__).with_name(name) for name in ("tables.py", "listing.py"))
STATE: Final = "/var/lib/mysql"


@dataclass(frozen=True)
class There:
    """A cluster: its database is asked on ``writer``, its files on ``web``; ``folder`` is private, for connections."""

    cluster: Cluster
    folder: Path
    writer: str
    web: str

    @property
    def data(self) -> Path:
        """Where uploads lie on its web hosts."""
        return folders.data(self.cluster)

    def ask(self, statements: str) -> str:
        """Return the answer of the database: lines, columns parted by tabs."""
        return self._say(self.writer, f"exec {CLIENT} --batch --raw --skip-column-names", statements)

    def load(self, dump: Path) -> None:
        """Load a dump beside what is there; whatever an earlier try has left is gone."""
        self.drop(ARRIVING)
        fill = [sys.executable, "-I", str(TABLES), "arrive", ARRIVING]
        there = ssh(self.cluster.reach[self.writer], self.folder, as_administrator(f"gzip -d | {CLIENT}"))
        _piped([fill, ["gzip", "-1"], there], dump, "the dump was not loaded")

    def tables(self, suffix: str) -> compare.Tables:
        """Return what the tables hold of the databases whose names end so."""
        names = " ".join(name + suffix for name in DATABASES)
        said = self._say(self.writer, f"set -e\n{DUMP} {names} | python3 -I -c {shlex.quote(TABLES.read_text(encoding='utf-8'))} rows {shlex.quote(suffix)}")
        found: dict[str, dict[str, Any]] = json.loads(said or "{}")
        return found

    def dump(self, suffix: str, to: Path) -> None:
        """Write the databases whose names end so into a new file, packed."""
        names = " ".join(name + suffix for name in DATABASES)
        self._say(self.writer, f"{DUMP} {names} | gzip", stdout=to)

    def has(self, suffix: str) -> bool:
        """Tell whether databases are there whose names end so."""
        return bool(self._tables(suffix))

    def swap_tables(self, incoming: str, aside: str) -> None:
        """Put the tables of ``incoming`` into the place of those in use, which go to ``aside``: all in one statement, or none; again it does nothing."""
        found = self._tables(incoming)
        if not found:
            return
        made = "".join(f"CREATE DATABASE IF NOT EXISTS {name}{aside} CHARACTER SET utf8mb4;" for name in DATABASES)
        self.ask(f"{made} {renames(self._tables(''), found, incoming, aside)}")

    def drop(self, suffix: str) -> None:
        """Remove the databases whose names end so; those in use have no such name."""
        self.ask("".join(f"DROP DATABASE IF EXISTS {name}{suffix};" for name in DATABASES if suffix))

    def files(self, place: str = "", *, whole: bool = True) -> compare.Files:
        """Return what lies in a place beside the data ("": what is in use)."""
        words = (str(self._place(place)), "whole" if whole else "quick", *FOLDERS)
        said = self._say(self.web, f"exec python3 -I -c {shlex.quote(LISTING.read_text(encoding='utf-8'))} {shlex.join(words)}")
        found: dict[str, list[Any]] = json.loads(said)
        return found

    def copy(self, data: Path, names: Sequence[str], work: Path) -> None:
        """Copy files and folders of the desk's ``data`` to what arrives."""
        wanted = work / "files"
        wanted.write_bytes(b"".join(name.encode() + b"\0" for name in names))
        take = ["tar", "--create", "--directory", str(data), "--format=posix", "--numeric-owner", "--no-recursion", "--null", "--files-from=-"]
        take += ["--warning=no-file-changed", "--warning=no-file-removed", "--ignore-failed-read"]
        put = shlex.join(["tar", "--extract", "--directory", str(self._place(ARRIVING)), "--numeric-owner", "--preserve-permissions", "--file=-"])
        there = ssh(self.cluster.reach[self.web], self.folder, as_administrator(f"mkdir -p {shlex.quote(str(self._place(ARRIVING)))} && {put}"))
        _piped([take, there], wanted, "files were not copied")

    def remove(self, names: Sequence[str]) -> None:
        """Remove files and empty folders of what arrives."""
        lines = "".join(f"{name}\0" for name in names)
        script = f"cd {shlex.quote(str(self._place(ARRIVING)))} && exec xargs --null --no-run-if-empty rm --dir --force --"
        self._say(self.web, script, lines)

    def fetch(self, place: str, names: Sequence[str], to: Path) -> None:
        """Write files of a place into a new archive here."""
        script = f"exec tar --create --gzip --directory {shlex.quote(str(self._place(place)))} --null --files-from=-"
        self._say(self.web, script, "".join(f"{name}\0" for name in names), stdout=to)

    def swap_files(self, incoming: str, aside: str) -> None:
        """Put the folders of ``incoming`` into the place of those in use, which go to ``aside``; killed anywhere it is completed by being called again."""
        come, away = (self._place(place) for place in (incoming, aside))
        moves = "\n".join(moved(self.data / name, come / name, away / name) for name in FOLDERS)
        self._say(self.web, f"set -e\n[ -d {shlex.quote(str(come))} ] || exit 0\nmkdir -p {shlex.quote(str(away))}\n{moves}\nsync")

    def forget(self, *places: str) -> None:
        """Remove what lies beside the data."""
        paths = " ".join(shlex.quote(str(self._place(place))) for place in places)
        self._say(self.web, f"rm -rf -- {paths}\nrmdir {shlex.quote(str(self.data / PLACE))} 2>/dev/null || true")

    def free(self, host: str, path: str) -> int:
        """Return how many bytes are free where ``path`` lies on a host."""
        return int(self._say(host, f"df --output=avail -B1 {shlex.quote(path)} | tail -n 1"))

    def _place(self, place: str) -> Path:
        return self.data / PLACE / place.removeprefix("_") if place else self.data

    def _tables(self, suffix: str) -> dict[str, list[str]]:
        names = ", ".join(f"'{name}{suffix}'" for name in DATABASES)
        said = self.ask(f"SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN ({names}) ORDER BY 1, 2;")  # noqa: S608 - our names
        found: dict[str, list[str]] = {}
        for line in said.splitlines():
            schema, table = line.split("\t")
            found.setdefault(schema.removesuffix(suffix), []).append(table)
        return found

    def _say(self, host: str, script: str, stdin: str = "", stdout: Path | None = None) -> str:
        done = administer(self.cluster.reach[host], self.folder, script, stdin, stdout=stdout, limit_s=LONG_S)
        if done.returncode:
            said = " | ".join(done.stderr.strip().splitlines()[-3:]) or f"ended with {done.returncode}"
            raise PlanError(said, where=host, hint="see 'plan status --inventory', then run the same command again")
        return done.stdout.strip()


def of(cluster: Cluster, folder: Path) -> There:
    """Return the cluster's side, with the member that front doors write to; raises PlanError where none can be written to."""
    told = tells.ask(cluster.reach, folder).told
    members = cluster.placement.hosts("database")
    chosen = [writer(one.door) for one in told.values() if one.door]
    well = [name for name in members if name in told and "serves" in (told[name].database or {}).get("health", "")]
    writable = [name for name in well if (told[name].database or {}).get("read_only") != "ON"]
    found = [name for name in dict.fromkeys([*chosen, *writable]) if name in writable]
    if not found or (database.mode(cluster) == "galera" and len(well) < len(members)):
        bad = ", ".join(name for name in members if name not in well) or ", ".join(members)
        raise PlanError(f"the database does not serve on {bad}", where=cluster.name, hint="see 'plan status --inventory'; nothing was changed")
    return There(cluster, folder, found[0], cluster.placement.hosts("web")[0])


def renames(used: Mapping[str, Sequence[str]], incoming: Mapping[str, Sequence[str]], suffix: str, aside: str) -> str:
    """Return the one statement that puts tables of ``incoming`` into the place of those that are used."""
    away = [f"{name}.`{table}` TO {name}{aside}.`{table}`" for name, tables in used.items() for table in tables]
    come = [f"{name}{suffix}.`{table}` TO {name}.`{table}`" for name, tables in incoming.items() for table in tables]
    return f"RENAME TABLE {', '.join([*away, *come])};"


def moved(present: Path, come: Path, away: Path) -> str:
    """Return what a shell does to put ``come`` into the place of ``present``, which goes to ``away``: again it goes on, or does nothing."""
    here, new, old = (shlex.quote(str(path)) for path in (present, come, away))
    return f"if [ -d {new} ]; then [ -d {old} ] || mv -T {here} {old}; mv -T {new} {here}; fi"


def _piped(commands: Sequence[Sequence[str]], stdin: Path, what: str) -> None:
    """Run commands, each of which reads what the one before says; the first reads a file."""
    script = "set -o pipefail\n" + " | ".join(shlex.join(words) for words in commands)
    done = run(["bash", "-c", script], stdin=stdin, timeout_s=LONG_S, check=False)
    if done.returncode:
        said = " | ".join(done.stderr.strip().splitlines()[-3:]) or f"ended with {done.returncode}"
        raise PlanError(f"{what}: {said}", where="cluster", hint="run the same command again")
