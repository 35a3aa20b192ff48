"""Where backups lie: a restic repository in a folder, on another host by SFTP, or in an S3 bucket.

restic encrypts, compresses and deduplicates; whoever holds the key file and reaches the place can read it back.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from runtime.errors import PlanError
from runtime.run import Completed, run
from sizing.kept import NEWEST, kept

LONG_S: Final = 24 * 3600
QUICK_S: Final = 300
SOME_UNREAD: Final = 3
LOCKING: Final = ("backup", "check", "forget")
READING: Final = ("cat", "dump", "ls", "restore", "snapshots")
ABSENT: Final = "there is no backup"
CREDENTIALS: Final = "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in {s3}: one NAME=VALUE a line, mode 0600"
LOOK: Final = "look at the place (infrastructure.backup.to), and whether that host runs and can be reached from here"
SSH: Final = "let root's SSH key in there: 'ssh {host}' must work as root, without a question"
PROBLEMS: Final = {  # the first that fits: causes before what restic says after any of them
    "wrong password": ("the key does not open it", "give the key that belongs to these backups: --key FILE (it is secrets/backup of the deployment)"),
    "no space left": ("the disk is full", "make space, then run the same command again"),
    "already locked": ("another machine works on these backups", "wait until it has ended; if that machine died: for half an hour"),
    "read-only file system": ("cannot be written", "mount it writable, then run the same command again"),
    "connection refused": ("cannot be reached: the connection is refused", LOOK),
    "no such host": ("cannot be reached: no such host", LOOK),
    "could not resolve hostname": ("cannot be reached: no such host", LOOK),
    "no route to host": ("cannot be reached: no way leads to that host", LOOK),
    "network is unreachable": ("cannot be reached: no way leads to that host", LOOK),
    "timed out": ("does not answer", LOOK),
    "timeout": ("does not answer", LOOK),
    "deadline exceeded": ("does not answer", LOOK),
    "x509": ("its certificate is not trusted here", "trust the authority of that server on this machine (update-ca-certificates)"),
    "host key verification failed": ("is not a host that SSH knows, or its key has changed", SSH),
    "permission denied (": ("does not let us in by SSH", SSH),
    "access denied": ("refuses these credentials", CREDENTIALS),
    "accessdenied": ("refuses these credentials", CREDENTIALS),
    "forbidden": ("refuses these credentials", CREDENTIALS),
    "access key id you provided": ("refuses these credentials", CREDENTIALS),
    "signature we calculated": ("refuses these credentials", CREDENTIALS),
    "permission denied": ("may not be read or written", "run it with sudo, or as root; on another host: is the folder that user's?"),
    "subprocess ssh": ("cannot be reached by SSH", SSH),
    "sftp session": ("cannot be reached by SSH", SSH),
    "is there a repository": (ABSENT, "look at the place, or take one: plan backup"),
    "unable to open config file": (ABSENT, "look at the place, or take one: plan backup"),
}
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
    """The backups of one deployment at ``place``, opened with the key in ``key_file``."""

    place: str
    key_file: Path
    cache: Path | None = None

    @property
    def folder(self) -> Path | None:
        """The folder where it is one of this machine; None where it is elsewhere."""
        return Path(self.place) if self.place.startswith("/") else None

    def there(self, limit_s: float = QUICK_S) -> bool:
        """Tell whether there are backups that the key opens; raises PlanError where that cannot be told, or it does not open them."""
        done = self._call("cat", "config", check=False, limit_s=limit_s)
        problem = self.readable(done)
        if done.returncode and problem.message != ABSENT:
            raise problem
        return done.returncode == 0

    def ensure(self, *, known: Path | None = None) -> bool:
        """Make the repository where there is none; return whether it was made. Where the file ``known`` records one it is not made anew."""
        if self.there():
            return False
        if known:
            raise PlanError("the backups that were here are gone", where=self.place, hint=f"is the disk mounted? If it is a new one: remove {known}")
        if self.folder and self.folder.is_dir() and any(self.folder.iterdir()) and not (self.folder / "config").exists() and not self._half_made():
            raise PlanError("is not empty, and holds no backups", where=self.place, hint="name an empty folder, or one that does not exist yet")
        done = self._call("init", check=False, limit_s=QUICK_S)
        if done.returncode and "already exists" not in done.stderr:
            raise self.readable(done)
        self._call("cat", "config", limit_s=QUICK_S)
        return True

    def _half_made(self) -> bool:
        """Tell whether a killed init left its folders: it writes the key first and the configuration last."""
        names = {path.name for path in self.folder.iterdir()} if self.folder else set()
        return names <= {"data", "index", "keys", "locks", "snapshots", "tmp"}

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
        groups = json.loads(self._call("forget", "--dry-run", "--json", *_keeping(policy), limit_s=QUICK_S).stdout or "[]") or []
        return sorted((_snapshot(entry) for group in groups for entry in group["remove"] or ()), key=lambda snapshot: snapshot.time)

    def forget(self, policy: Policy) -> None:
        """Remove what ``policy`` no longer keeps, and the space that it took."""
        self._call("forget", "--prune", "--quiet", *_keeping(policy))

    def check(self, *, share_percent: int = 0) -> None:
        """Raise PlanError where the repository is damaged; ``share_percent`` of its data is read."""
        self._call("check", *([f"--read-data-subset={share_percent}%"] if share_percent else []))

    def _call(
        self, *arguments: str, cwd: Path | None = None, check: bool = True, limit_s: float = LONG_S, on_line: Callable[[str], None] | None = None
    ) -> Completed:
        """Run restic. What locks first takes away the locks of processes that are gone; what only reads takes none and heeds none.

        So a kill or a power cut locks nobody out; what is read while another machine prunes fails, and is never wrong.
        """
        if not self.key_file.is_file():
            raise PlanError("the key of the backups is not there", where=str(self.key_file), hint=KEY_GONE)
        if self.folder and not self.folder.parent.is_dir():
            raise PlanError("no such folder", where=str(self.folder.parent), hint="is the disk mounted?")
        if shutil.which("restic") is None:
            raise PlanError("restic is not installed", hint="run 'plan deploy': it installs what backups need (or: apt-get install restic)")
        if arguments[0] in LOCKING:
            self._call("unlock", limit_s=QUICK_S)
        unlocked = ["--no-lock"] if arguments[0] in READING else []
        done = run(["restic", *arguments, *unlocked], env=self._environment(), cwd=cwd, timeout_s=limit_s, check=False, on_line=on_line)
        if check and done.returncode:
            raise self.readable(done)
        return done

    def _environment(self) -> dict[str, str]:
        cache = {"RESTIC_CACHE_DIR": str(self.cache)} if self.cache else {}
        return {**cache, **_credentials(self.key_file.parent), "RESTIC_REPOSITORY": self.place, "RESTIC_PASSWORD_FILE": str(self.key_file)}

    def readable(self, done: Completed) -> PlanError:
        """Return what restic said as one line, with the mend."""
        said = " ".join(done.stderr.split()) or " ".join(done.stdout.split())[-400:]
        lower = said.lower()
        for sign, (message, hint) in PROBLEMS.items():
            if sign in lower:
                return PlanError(message, where=self.place, hint=hint.format(s3=self.key_file.parent / "s3", host=_host(self.place)))
        damaged = any(sign in lower for sign in DAMAGED)
        hint = MEND_DAMAGE if damaged else MEND_UNKNOWN
        return PlanError(said.removeprefix("Fatal: ")[-400:] or f"restic ended with {done.returncode}", where=self.place, hint=hint)


def _keeping(policy: Policy) -> list[str]:
    return ["--group-by=", f"--keep-daily={policy.daily}", f"--keep-weekly={policy.weekly}", f"--keep-monthly={policy.monthly}", f"--keep-last={NEWEST}"]


def _host(place: str) -> str:
    """Return USER@HOST of ``place``; '' where it is none that SSH reaches."""
    return place.split(":")[1] if place.startswith("sftp:") else ""


def _credentials(secrets: Path) -> dict[str, str]:
    """Return the credentials of a bucket: those in our environment, else the file ``s3`` beside the key (NAME=VALUE lines)."""
    path = secrets / "s3"
    if "AWS_ACCESS_KEY_ID" in os.environ or not path.is_file():
        return {}
    lines = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in lines if name.strip().startswith("AWS_")}


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
