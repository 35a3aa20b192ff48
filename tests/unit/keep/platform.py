"""A platform and its backups without an engine: what a restore does to files is real, services and servers are played."""

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.deployment import Deployment
from infra.keep import backup, database, manifest, restore, room, staging, swap
from infra.keep.manifest import Manifest, Position
from infra.keep.repository import Repository, Snapshot
from infra.keep.restore import Report, Request
from runtime import files
from runtime.errors import PlanError
from runtime.run import Completed

OLD, NEW = "what people wrote last", "what was backed up"
DUMP = f"-- CHANGE MASTER TO MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4;\n{NEW}\n-- Dump completed\n"
SPARE = "keep/spare.sql"
NOW = datetime.now(UTC)


@dataclass
class Faults:
    """Lets the ``at``-th step of those that write fail: the disk is full, or the command is killed."""

    at: int = 0
    seen: int = 0
    failure: Callable[[], BaseException] = field(default=lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def step(self) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise self.failure()

    def watch(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        """Count each call of ``owner.name`` as a step."""
        real = getattr(owner, name)

        def watched(*arguments: object, **options: object) -> object:
            self.step()
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, watched)


@dataclass(frozen=True)
class Backups(Repository):
    """Holds backups of the data NEW, each with its own moment."""

    held: tuple[Snapshot, ...] = (Snapshot("abc", NOW, "sample", "", ""),)

    def snapshots(self) -> list[Snapshot]:
        return list(self.held)

    def text(self, snapshot: str, path: str) -> str:  # noqa: ARG002 - as the real one
        spare = Path(self.place) / "rows.sql"
        spare.parent.mkdir(exist_ok=True)
        spare.write_text(DUMP)
        position = Position(timeline="first", file="binlog.000001", offset=4)
        counts = {"posts": 1}
        return Manifest(
            name="sample", taken=NOW, why="", underdesk="", database="", dump_sha256=database.digest(spare), dump_bytes=9, position=position, counts=counts
        ).model_dump_json()

    def restore(self, snapshot: str, to: Path, *, only: Sequence[str] = (), verify: bool = False) -> None:  # noqa: ARG002 - as the real one
        for folder in (manifest.WORK, "secrets", manifest.STATE, *manifest.FILES):
            (to / folder).mkdir(parents=True, exist_ok=True)
        (to / manifest.STATE / "snapshot").write_text(snapshot)
        (to / manifest.DUMP).write_text(DUMP)
        (to / "data" / "uploads" / "picture").write_text(NEW)


@dataclass(frozen=True)
class Server(database.Server):
    """A server whose rows are a file in ``folder``."""

    folder: Path = Path()

    def run(self, arguments: Sequence[str], *, stdin: str | Path = "", stdout: Path | None = None, limit_s: float = 0) -> Completed:  # noqa: ARG002
        rows = self.folder / "rows"
        if arguments[0] == "load":
            shutil.copy(Path(stdin), rows)
        elif arguments[0] == "dump" and stdout:
            shutil.copy(rows, stdout)
        elif arguments[0] == "replay":
            log = self.folder.parent.parent / staging.LOG_FOLDER
            rows.write_text(rows.read_text() + "".join((log / Path(name).name).read_text() for name in arguments[3:]))
        return Completed(0, "", "")

    def counts(self) -> dict[str, int]:
        return {"posts": 1}


class Platform:
    """What people see: open or closed, and what they have written."""

    def __init__(self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
        self.deployment, self.open = deployment, True
        self.backups = Backups(str(deployment.folder.parent / "backups"), deployment.folder / "key")
        self.faults = Faults()
        data = deployment.folder / "data"
        for name in ("database/data", "uploads", "wiki-images"):
            (data / name).mkdir(parents=True)
        (data / "database" / "rows").write_text(OLD)
        (data / "uploads" / "picture").write_text(OLD)
        self.log.write_text("")
        replaced: list[tuple[object, str, Callable[..., object]]] = [
            (swap, "runs", lambda _: True),
            (swap, "close", lambda _, keep=(): self.close(keep)),
            (swap, "open_again", lambda _: self.open_again()),
            (swap, "wait_until_open", lambda _: None),
            (restore, "wait_for_pages", lambda *_: None),
            (backup, "follow", lambda *_: None),
            (database, "of", no_server),
            (room, "need", lambda *_: None),
            (staging, "_server", lambda _name, folder, _plan, _image: Server("played", folder / "data" / "database")),
            (staging, "run", lambda *_, **__: Completed(0, "", "")),
            (os, "chown", lambda *_: None),
            (os, "sync", lambda: None),
        ]
        for owner, name, stand_in in replaced:
            monkeypatch.setattr(owner, name, stand_in)
        for owner, name in ((Path, "mkdir"), (Path, "rename"), (shutil, "copy"), (shutil, "copyfile"), (files, "write"), (Backups, "restore")):
            self.faults.watch(monkeypatch, owner, name)

    @property
    def log(self) -> Path:
        return self.deployment.folder / manifest.BINLOGS / "binlog.000001"

    def close(self, keep: tuple[str, ...]) -> None:
        self.open = False
        if "database" not in keep:
            self._logged("(stopped)")

    def open_again(self) -> None:
        self.open = True
        self._logged("(started)")

    def _logged(self, text: str) -> None:
        if self.log.exists():
            self.log.write_text(self.log.read_text() + text)

    def write(self, text: str) -> None:
        """Somebody writes: it is in the database, and in its log."""
        assert self.open
        with self.log.open("a") as log, (self.deployment.folder / "data" / "database" / "rows").open("a") as rows:
            log.write(text)
            rows.write(text)

    def restore(self, request: Request | None = None) -> Report:
        return restore.restore(self.deployment, self.backups, request or Request(), lambda _line: None)

    def fails(self, at: int, request: Request | None = None, failure: Callable[[], BaseException] | None = None) -> bool:
        """Restore, and let it fail at its ``at``-th write; return whether it came so far."""
        self.faults.at, self.faults.seen = at, 0
        self.faults.failure = failure or Faults().failure
        try:
            self.restore(request)
        except (OSError, PlanError, KeyboardInterrupt):
            return True
        finally:
            self.faults.at = 0
        return False

    def content(self) -> tuple[str, str]:
        """Return rows and picture."""
        data = self.deployment.folder / "data"
        return (data / "database" / "rows").read_text(), (data / "uploads" / "picture").read_text()


def no_server(_deployment: Deployment) -> database.Server:
    raise PlanError("no container runs")
