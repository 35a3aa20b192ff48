"""A backup is made whole beside the platform before anything of the platform is touched."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from infra.keep import binlogs, database, manifest, room
from infra.keep.database import Server
from infra.keep.manifest import Manifest
from infra.keep.repository import Repository, Snapshot
from infra.templates import render
from infra.topology import DATA_FOLDERS, DATABASE_USER
from runtime import files
from runtime.errors import PlanError
from runtime.run import run
from sizing.plan import Plan

READY_S: Final = 180
STOP_S: Final = 600
PAUSE_S: Final = 0.3
LOG_FOLDER = "binlogs"
SECRETS = "staging-secrets"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """What is brought back: ``snapshot``, then the binary log in ``logs`` until ``until`` (None: all of it); no ``logs``: as backed up."""

    repository: Repository
    snapshot: Snapshot
    manifest: Manifest
    logs: tuple[Path, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True)
class Staged:
    """What was made: data complete in ``folder``/data; ``replayed`` are the log files that were run, ``counts`` what is in it."""

    folder: Path
    replayed: tuple[str, ...]
    counts: dict[str, int]


def fetch(source: Source, folder: Path, say: Say, only: Sequence[str] = ()) -> None:
    """Write the files of the backup to ``folder`` (what was there goes), read them back, and check the dump."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o711, parents=True)
    _room(source, folder)
    say(f"fetching backup {source.snapshot.id} of {source.snapshot.time:%Y-%m-%d %H:%M:%S} UTC")
    source.repository.restore(source.snapshot.id, folder, only=only, verify=True)
    dump = folder / manifest.DUMP
    if not dump.exists() or database.digest(dump) != source.manifest.dump_sha256:
        raise PlanError("its database is not what its manifest says", where=f"backup {source.snapshot.id}", hint="choose another: plan backup --list")


def build(source: Source, folder: Path, plan: Plan, say: Say, image: str) -> Staged:
    """Make the database in ``folder``/data, by a server of ``image``, from the dump and the binary log there; return what came of it.

    Raises PlanError where the log does not reach ``source.until``, or the rows are not those of the backup.
    """
    _folders(folder)
    names = binlogs.collect(source.logs, source.manifest.position, folder / LOG_FOLDER) if source.logs else []
    name = f"{plan.platform.name}-staging"
    _remove(name)
    try:
        server = _server(name, folder, plan, image)
        say(f"loading the database ({source.manifest.dump_bytes / 1024**2:,.1f} MiB)")
        server.load(folder / manifest.DUMP)
        _same_rows(server, folder, source)
        if names:
            say(f"running the binary log again: {names[0]} to {names[-1]}" + (f", until {source.until:%Y-%m-%d %H:%M:%S} UTC" if source.until else ""))
            server.replay([f"/{LOG_FOLDER}/{one}" for one in names], source.manifest.position.offset, source.until)
        counts = server.counts()
        run(["docker", "stop", "--time", str(STOP_S), name], timeout_s=STOP_S + 60)
    finally:
        _remove(name)
    for made in (LOG_FOLDER, manifest.WORK, SECRETS):
        shutil.rmtree(folder / made, ignore_errors=True)
    return Staged(folder, tuple(names), counts)


def _room(source: Source, folder: Path) -> None:
    """Refuse where the dump, the database made of it and the files will not fit."""
    needs = 4 * source.manifest.dump_bytes + source.manifest.counts.get("file bytes", 0) + 512 * 1024**2
    room.need(folder, needs, "a restore beside what is there")


def _folders(folder: Path) -> None:
    for name, (owner, mode) in DATA_FOLDERS.items():
        path = folder / "data" / name
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, owner, owner)
        path.chmod(int(mode, 8))
    (folder / "data").chmod(0o711)
    shutil.rmtree(folder / "data" / "database")  # a killed one left it half made
    (folder / "data" / "database").mkdir(mode=0o750)
    os.chown(folder / "data" / "database", DATABASE_USER, DATABASE_USER)


def _server(name: str, folder: Path, plan: Plan, image: str) -> Server:
    """Start a database server of our own on the empty data folder, reached by nobody else."""
    _secrets(folder)
    settings = folder / SECRETS / "underdesk.cnf"
    files.write(settings, render("database/underdesk.cnf", plan))
    mounts = {folder / "data" / "database": "/var/lib/mysql", settings: "/etc/mysql/underdesk.cnf:ro", folder / SECRETS: "/run/secrets:ro"}
    if (folder / LOG_FOLDER).is_dir():
        mounts[folder / LOG_FOLDER] = f"/{LOG_FOLDER}:ro"
    volumes = [argument for source, target in mounts.items() for argument in ("--volume", f"{source}:{target}")]
    limits = ["--memory", f"{plan.limits.database.memory_mib}m", "--network", "none", "--read-only", "--cap-drop", "ALL"]
    scratch = ["--tmpfs", "/tmp:mode=1777", "--tmpfs", "/run:mode=1777"]  # noqa: S108 - inside the container
    run(["docker", "run", "--detach", "--name", name, "--user", str(DATABASE_USER), *limits, *scratch, *volumes, image])
    _wait(name)
    return Server(name)


def _secrets(folder: Path) -> None:
    """Give the server its secrets as files that its user may read."""
    to = folder / SECRETS
    to.mkdir(mode=0o711, exist_ok=True)
    for secret in (folder / "secrets").glob("database-*"):
        files.write(to / secret.name, secret.read_bytes(), files.PRIVATE)
        os.chown(to / secret.name, DATABASE_USER, DATABASE_USER)


def _wait(name: str) -> None:
    end = time.monotonic() + READY_S
    while run(["docker", "exec", name, "underdesk-database", "health"], check=False).returncode:
        running = run(["docker", "inspect", "--format", "{{.State.Running}}", name], check=False).stdout.strip()
        if running != "true" or time.monotonic() > end:
            said = run(["docker", "logs", "--tail", "5", name], check=False)
            raise PlanError(f"does not start: {' | '.join((said.stderr + said.stdout).strip().splitlines()[-3:])}", where="database", hint="is there space?")
        time.sleep(PAUSE_S)


def _same_rows(server: Server, folder: Path, source: Source) -> None:
    """Write down again what was loaded: every row of every table must be what was backed up."""
    again = folder / manifest.WORK / "again.sql"
    server.dump(again)
    same = database.digest(again) == source.manifest.dump_sha256
    again.unlink()
    if not same:
        raise PlanError(
            "the rows that were loaded are not those of the backup", where=f"backup {source.snapshot.id}", hint="please report it; choose another backup"
        )


def _remove(name: str) -> None:
    run(["docker", "rm", "--force", "--volumes", name], check=False, timeout_s=STOP_S)
