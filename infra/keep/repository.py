"""Where backups lie: a restic repository in a folder, on another host by SFTP, or in an S3 bucket.

restic encrypts, compresses and deduplicates; whoever holds the key file and reaches the place can read it back.
"""

import itertools
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from infra.keep import bucket, by_ssh
from infra.keep.where import HERE, Where
from runtime.errors import PlanError
from runtime.run import Completed, TimeOverError
from sizing.kept import NEWEST, kept

LONG_S: Final = 24 * 3600
QUICK_S: Final = 300
SOME_UNREAD: Final = 3
LOCKING: Final = ("backup", "check", "forget")
READING: Final = ("cat", "dump", "ls", "restore", "snapshots")
NO_BACKUP: Final = ("there is no backup", "look at the place (of several deployments --name says which), or take one: plan backup")
LOOK: Final = "look at the place (infrastructure.backup.to), and whether that host runs and can be reached from here"
PROBLEMS: Final = {
    "wrong password": ("the key does not open it", "give the key that belongs to these backups: --key FILE (it is secrets/backup of the deployment)"),
    "no space left": ("the disk is full", "make space, then run the same command again"),
    "already locked": ("another machine works on these backups", "wait until it has ended; if that machine died: for half an hour"),
    "permission denied": ("may not be read or written", "run it with sudo, or as root; on another host: is the folder that user's?"),
    "read-only file system": ("cannot be written", "mount it writable, then run the same command again"),
    "is there a repository": NO_BACKUP,
    "unable to open config file": NO_BACKUP,
}
ABSENT: Final = ("no such file or directory", "file does not exist", "specified key does not exist", "specified bucket does not exist")
HALF_MADE: Final = frozenset({"data", "index", "keys", "locks", "snapshots", "tmp"})
"""What a killed init leaves: it writes the key first and the configuration last."""
RETRIES: Final = 3  # of a call that should be quick; restic itself goes on for a quarter of an hour
BY_SSH: Final = ("sftp session", "ssh command exited", "subprocess ssh", "connection lost")
DAMAGED: Final = (
    "ciphertext verification failed",
    "does not match",
    "invalid data",
    "unexpected eof",
    "no such file",
    "not found",
    "decrypting blob",
    "load(<",
)
MEND_DAMAGE: Final = "it is damaged: 'restic check' says how much; use another backup or another copy"
KEY_GONE: Final = "put it back from your copy: nothing else opens the backups ('plan deploy' makes one where there never was a backup)"
MEND_UNKNOWN: Final = "run 'plan doctor', then the same command again"


@dataclass(frozen=True)
class Snapshot:
    """One backup: ``time`` (UTC) is when its data was taken, ``why`` what it was taken for."""

    id: str
    time: datetime
    name: str
    why: str
    host: str


@dataclass(frozen=True)
class Policy:
    """How long backups are kept: the last of so many days, weeks and months."""

    daily: int
    weekly: int
    monthly: int

    def __str__(self) -> str:
        return kept(self.daily, self.weekly, self.monthly)


@dataclass(frozen=True)
class Repository:
    """The backups of one deployment at ``place``, opened with the key in ``key_file`` (of this machine); restic runs, and folders are, ``at`` a machine."""

    place: str
    key_file: Path
    cache: Path | None = None
    at: Where = HERE

    @property
    def folder(self) -> Path | None:
        """The folder where it is one of the machine where restic runs; None where it is elsewhere."""
        return Path(self.place) if self.place.startswith("/") else None

    def there(self, limit_s: float = QUICK_S) -> bool:
        """Tell whether there are backups that the key opens; raises PlanError where that cannot be told, or it does not open them."""
        try:
            done = self._call("cat", "config", check=False, limit_s=limit_s)
        except TimeOverError as over:
            raise PlanError("does not answer", where=self.place, hint=LOOK) from over
        if done.returncode and not any(sign in done.stderr.lower() for sign in ABSENT):
            raise self.readable(done)
        return done.returncode == 0

    def ensure(self, *, known: Path | None = None) -> bool:
        """Make the repository where there is none; return whether it was made. Where the file ``known`` records one it is not made anew."""
        if self.there():
            return False
        if known:
            raise PlanError("the backups that were here are gone", where=self.place, hint=f"is the disk mounted? If it is a new one: remove {known}")
        names = (self.at.names(self.folder) if self.folder else None) or frozenset()
        if names and "config" not in names and not names <= HALF_MADE:
            raise PlanError("is not empty, and holds no backups", where=self.place, hint="name an empty folder, or one that does not exist yet")
        done = self._call("init", check=False, limit_s=QUICK_S)
        if done.returncode and "already exists" not in done.stderr:
            raise self.readable(done)
        self._call("cat", "config", limit_s=QUICK_S)
        return True

    def take(self, folder: Path, paths: Sequence[str], snapshot: Snapshot, on_status: Callable[[dict[str, Any]], None]) -> str:
        """Back up ``paths`` below ``folder`` as one snapshot; return its id. Raises PlanError where a file could not be read."""
        said: list[dict[str, Any]] = []

        def hear(line: str) -> None:
            message = _message(line)
            if message.get("message_type") in {"status", "summary"}:
                said[:] = [message]
                on_status(message)

        tags = [f"--tag=name={snapshot.name}", f"--tag=why={snapshot.why}", f"--tag=time={snapshot.time.isoformat(timespec='seconds')}"]
        done = self._call("backup", "--json", *tags, *paths, cwd=folder, check=False, on_line=hear)
        if done.returncode == SOME_UNREAD:  # something went away meanwhile; a second look finds it gone
            done = self._call("backup", "--json", *tags, *paths, cwd=folder, check=False, on_line=hear)
        if done.returncode:
            raise self.readable(done)
        return str(said[-1]["snapshot_id"]) if said and "snapshot_id" in said[-1] else self.snapshots()[-1].id

    def snapshots(self) -> list[Snapshot]:
        """Return what there is, the oldest first."""
        listed = json.loads(self._call("snapshots", "--json", limit_s=QUICK_S).stdout or "[]") or []
        return sorted((_snapshot(entry) for entry in listed), key=lambda snapshot: snapshot.time)

    def files(self, snapshot: str) -> list[dict[str, Any]]:
        """Return path, type and size of everything in ``snapshot``."""
        lines = self._call("ls", "--json", snapshot, limit_s=LONG_S).stdout.splitlines()
        return [entry for entry in map(_message, lines) if entry.get("struct_type") == "node"]

    def restore(self, snapshot: str, to: Path, *, only: Sequence[str] = (), verify: bool = False) -> None:
        """Write the files of ``snapshot`` (``only`` these of it) below ``to``; ``verify`` reads them back."""
        chosen = [argument for path in only for argument in ("--include", f"/{path}")]
        self._call("restore", snapshot, "--target", str(to), *chosen, *(["--verify"] if verify else []))

    def text(self, snapshot: str, path: str) -> str:
        """Return the text of one file in ``snapshot``."""
        return self._call("dump", snapshot, f"/{path}", limit_s=QUICK_S).stdout

    def surplus(self, policy: Policy) -> list[Snapshot]:
        """Return what ``policy`` no longer keeps, the oldest first; nothing is removed."""
        groups = json.loads(self._call("forget", "--dry-run", "--json", *keeping(policy), limit_s=QUICK_S).stdout or "[]") or []
        return sorted((_snapshot(entry) for group in groups for entry in group["remove"] or ()), key=lambda snapshot: snapshot.time)

    def forget(self, policy: Policy) -> None:
        """Remove what ``policy`` no longer keeps, and the space that it took."""
        self._call("forget", "--prune", "--quiet", *keeping(policy))

    def check(self, *, share_percent: int = 0) -> None:
        """Raise PlanError where the repository is damaged; ``share_percent`` of its data is read."""
        self._call("check", *([f"--read-data-subset={share_percent}%"] if share_percent else []))

    def _call(
        self, *arguments: str, cwd: Path | None = None, check: bool = True, limit_s: float = LONG_S, on_line: Callable[[str], None] | None = None
    ) -> Completed:
        """Run restic. What locks first takes away the locks of processes that are gone; what only reads takes none and heeds none.

        So a kill or a power cut locks nobody out; what is read while another machine prunes fails, and is never wrong.
        """
        if not self.key_file.is_file() or not self.key_file.stat().st_size:
            raise PlanError("the key of the backups is not there", where=str(self.key_file), hint=KEY_GONE)
        if self.folder and self.at.names(self.folder.parent) is None:
            raise self.at.told(PlanError("no such folder", where=str(self.folder.parent), hint="is the disk mounted?"))
        if not self.at.has("restic"):
            raise PlanError("restic is not installed", hint="run 'plan deploy': it installs what backups need (or: apt-get install restic)")
        if arguments[0] in LOCKING:
            self._call("unlock", limit_s=QUICK_S)
        unlocked = ["--no-lock"] if arguments[0] in READING else []
        argv, impatient = ["restic", *self._way(), *arguments, *unlocked], _impatient() if limit_s <= QUICK_S else None
        try:
            done = self.at.run(argv, env=self._environment(), cwd=cwd, timeout_s=limit_s, on_line=on_line, on_error_line=impatient)
        except _TriedEnough as tried:
            done = Completed(1, "", str(tried))
        if check and done.returncode:
            raise self.readable(done)
        return done

    def _way(self) -> list[str]:
        return ["-o", f"sftp.command={shlex.join(by_ssh.sftp(self.place))}"] if self.place.startswith("sftp:") else []

    def _environment(self) -> dict[str, str]:
        cache = {"RESTIC_CACHE_DIR": str(self.cache)} if self.cache else {}
        credentials = bucket.credentials(self.key_file.parent) if self.place.startswith("s3:") else {}
        return {**cache, **credentials, "RESTIC_REPOSITORY": self.place, "RESTIC_PASSWORD_FILE": str(self.key_file)}

    def readable(self, done: Completed) -> PlanError:
        """Return what restic said as one line, with the mend; of a host that it did not reach SSH is asked why."""
        return self.at.told(self._readable(done))

    def _readable(self, done: Completed) -> PlanError:
        said = " ".join(done.stderr.split()) or " ".join(done.stdout.split())[-400:]
        lower = said.lower()
        if self.place.startswith("sftp:") and any(sign in lower for sign in BY_SSH):
            return by_ssh.why_not(self.place, done.stderr, self.at)
        if self.place.startswith("s3:") and (problem := bucket.refused(self.place, said, self.key_file.parent)):
            return problem
        for sign, (message, hint) in PROBLEMS.items():
            if sign in lower:
                return PlanError(message, where=self.place, hint=hint)
        damaged = any(sign in lower for sign in DAMAGED)
        hint = MEND_DAMAGE if damaged else MEND_UNKNOWN
        return PlanError(said.removeprefix("Fatal: ")[-400:] or f"restic ended with {done.returncode}", where=self.place, hint=hint)


def keeping(policy: Policy) -> list[str]:
    """Return what restic is told of how long backups are kept."""
    return ["--group-by=", f"--keep-daily={policy.daily}", f"--keep-weekly={policy.weekly}", f"--keep-monthly={policy.monthly}", f"--keep-last={NEWEST}"]


class _TriedEnough(Exception):  # noqa: N818 - no error: what was said so far is the answer
    """A call that should be quick was tried often enough."""


def _impatient() -> Callable[[str], None]:
    """Return what hears restic's stderr, and gives up at its third retry."""
    retries = itertools.count(1)

    def hear(line: str) -> None:
        if "retrying after" in line and next(retries) == RETRIES:
            raise _TriedEnough(line)

    return hear


def _snapshot(entry: dict[str, Any]) -> Snapshot:
    tags = dict(tag.partition("=")[::2] for tag in entry.get("tags") or [])
    time = datetime.fromisoformat(tags["time"]) if "time" in tags else datetime.fromisoformat(entry["time"][:19] + "+00:00")
    return Snapshot(entry["short_id"], time, tags.get("name", ""), tags.get("why", ""), entry.get("hostname", ""))


def _message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
