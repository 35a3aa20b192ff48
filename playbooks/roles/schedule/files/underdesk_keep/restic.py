"""The place of the backups: restic, with the key as this manager keeps it."""

import json
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from problems import KeepError
from settings import Settings

SLACK = timedelta(minutes=10)
SOME_UNREAD = 3
QUICK_S = 60


@dataclass(frozen=True)
class Restic:
    """Backups at the plan's place, opened with what lies in ``secrets``."""

    settings: Settings
    secrets: Path

    def there(self, *, known: bool) -> bool:
        """Tell whether there are backups that the key opens; raises KeepError where none can be, or those that are ``known`` are gone."""
        place = self.settings.place
        if place.startswith("/") and not Path(place).parent.is_dir():
            raise KeepError(f"no such folder: {Path(place).parent}")
        try:
            done = self.run("cat", "config", "--no-lock", check=False, limit_s=QUICK_S)
        except subprocess.TimeoutExpired as over:  # it asks for a bucket that is not there again and again
            found, said = False, _reason(over.stderr) or f"{place} does not answer"
        else:
            found, said = not done.returncode, done.stderr
        if found:
            return True
        if not any(sign in said.lower() for sign in self.settings.told["absent"]):
            raise KeepError(_line(said))
        if known:
            raise KeepError(f"the backups that were at {place} are gone: is the disk mounted?")
        return False

    def ensure(self, *, known: bool) -> None:
        """Make the place where there is none; not anew where one is ``known``."""
        if not self.there(known=known):
            self.run("init")

    def take(self, folder: Path, paths: Sequence[str], time: datetime) -> str:
        """Back up ``paths`` below ``folder``, in which files that hosts share are found as data; return its id."""
        tags = [f"--tag=name={self.settings.name}", "--tag=why=scheduled", f"--tag=time={time.isoformat(timespec='seconds')}"]
        argv = ["unshare", "--mount", "sh", "-c", self.settings.told["enter"], "sh", str(self.settings.data), str(folder)]
        self.run("unlock")
        call = ("backup", "--json", *tags, *paths)
        done = self.run(*call, before=argv, check=False)
        if done.returncode == SOME_UNREAD:  # something went away meanwhile; a second look finds it gone
            done = self.run(*call, before=argv, check=False)
        if done.returncode:
            raise KeepError(_line(done.stderr))
        said = [json.loads(line) for line in done.stdout.splitlines() if '"summary"' in line]
        return str(said[-1]["snapshot_id"]) if said else self.newest()["id"]

    def newest(self) -> dict[str, Any]:
        """Return the newest backup: its id, and the moment that it is of; raises KeepError where there is none, or it is from the future."""
        listed = json.loads(self.run("snapshots", "--json", "--no-lock").stdout or "[]") or []
        found = sorted(((_time(one), str(one["short_id"])) for one in listed), key=lambda one: one[0])
        if not found:
            raise KeepError("there is no backup")
        time, snapshot = found[-1]
        if time > datetime.now(UTC) + SLACK:
            raise KeepError(f"the clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, but the newest backup is from {time:%Y-%m-%d %H:%M}")
        return {"id": snapshot, "time": time}

    def run(self, *arguments: str, before: Sequence[str] = (), check: bool = True, limit_s: float | None = None) -> "subprocess.CompletedProcess[str]":
        """Run restic."""
        way = ["-o", f"sftp.command={shlex.join(self.settings.told['sftp'])}"] if self.settings.told["sftp"] else []
        argv = [*before, "restic", *way, *arguments]
        try:
            done = subprocess.run(argv, env=self._environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=limit_s)
        except FileNotFoundError as missing:
            raise KeepError(f"{missing.filename} is not installed: run 'plan deploy'") from missing
        if check and done.returncode:
            raise KeepError(_line(done.stderr) or f"restic ended with {done.returncode}")
        return done

    def _environment(self) -> dict[str, str]:
        lines = (self.secrets / "s3").read_text(encoding="utf-8").splitlines() if (self.secrets / "s3").is_file() else []
        credentials = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines if line.startswith("AWS_"))}
        return {
            **credentials,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "RESTIC_CACHE_DIR": str(self.settings.home / "keep" / "cache"),
            "RESTIC_PASSWORD_FILE": str(self.secrets / "backup"),
            "RESTIC_REPOSITORY": self.settings.place,
        }


def _time(entry: dict[str, Any]) -> datetime:
    tags = dict(tag.partition("=")[::2] for tag in entry.get("tags") or [])
    return datetime.fromisoformat(tags["time"] if "time" in tags else entry["time"][:19] + "+00:00")


def _reason(said: str | bytes | None) -> str:
    """Return why restic has tried again last before it was stopped: bytes, whatever was asked for."""
    lines = (said.decode(errors="replace") if isinstance(said, bytes) else said or "").strip().splitlines()
    return lines[-1].partition(": ")[2] if lines else ""


def _line(said: str) -> str:
    return " ".join(said.split()).removeprefix("Fatal: ")[-400:]
