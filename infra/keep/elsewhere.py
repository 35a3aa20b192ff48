"""Bring a backup back on another machine, reached by SSH: the program, the key and the backups go there, and it restores itself."""

import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.keep.repository import Repository
from infra.keep.restore import Request
from runtime.errors import PlanError
from runtime.run import Completed, run

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM: Final = "/opt/underdesk"
BACKUPS: Final = "/var/lib/underdesk-backups"
KEY: Final = "/root/underdesk-backup-key"
LEFT_OUT: Final = (".venv", ".git", ".ansible", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__", "*.egg-info")
LONG_S: Final = 24 * 3600
QUICK_S: Final = 30
OPTIONS: Final = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Box:
    """Another machine: ``host`` as SSH takes it (root@new-box, or a name of ~/.ssh/config), whose root we may be."""

    host: str

    def check(self) -> None:
        """Raise PlanError where it cannot be used; nothing is changed there."""
        if self.host.startswith("-") or not self.host.strip():
            raise PlanError("is no host", where=f"--to {self.host}", hint="write root@HOST")
        done = self.call("id -u; . /etc/os-release; echo $ID; command -v python3 || echo none", check=False)
        if done.returncode:
            said = " ".join(done.stderr.split())[-200:] or f"ssh ended with {done.returncode}"
            raise PlanError(f"cannot be reached: {said}", where=self.host, hint="'ssh HOST' must work without a question: copy your key there (ssh-copy-id)")
        user, system, python = done.stdout.split()[:3]
        if user != "0":
            raise PlanError("its user is not root", where=self.host, hint="write root@HOST")
        if system != "debian" or python == "none":
            raise PlanError(
                f"is a {system}, Python {'is missing' if python == 'none' else 'is there'}", where=self.host, hint="use a Debian 12 or 13 with python3"
            )

    def call(
        self, command: str, *, stdin: str | Path = "", check: bool = True, on_line: Callable[[str], None] | None = None, limit_s: float = QUICK_S
    ) -> Completed:
        """Run a shell command there."""
        done = run(["ssh", *OPTIONS, self.host, command], stdin=stdin, timeout_s=limit_s, check=False, on_line=on_line)
        if check and done.returncode:
            said = " | ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])
            raise PlanError(
                said or f"ended with {done.returncode}", where=self.host, hint="mend it there, then run the same command again: it goes on where it stopped"
            )
        return done

    def send(self, folder: Path, to: str, left_out: tuple[str, ...] = ()) -> None:
        """Copy what is in ``folder`` into the folder ``to`` there."""
        with tempfile.TemporaryDirectory(prefix="underdesk-") as work:
            packed = Path(work) / "packed.tar"
            run(["tar", "-C", str(folder), *(f"--exclude={name}" for name in left_out), "-cf", "-", "."], stdout=packed, timeout_s=LONG_S)
            self.call(f"mkdir -p {to} && tar -C {to} -xf -", stdin=packed, limit_s=LONG_S)


def restore(box: Box, repository: Repository, name: str, request: Request, say: Say) -> str:
    """Make the platform ``name`` on ``box`` from ``repository``; return what it says of itself there. The same call completes it."""
    box.check()
    say(f"sending the program to {PROGRAM}")
    box.send(CHECKOUT, PROGRAM, LEFT_OUT)
    say("preparing it there")
    box.call(f"cd {PROGRAM} && tools/prepare python3", on_line=say, limit_s=LONG_S)
    box.call(f"umask 077; cat >{KEY}", stdin=repository.key_file)
    place = repository.place
    if repository.folder:
        say(f"sending the backups to {BACKUPS}/{name}")
        box.send(repository.folder, f"{BACKUPS}/{name}")
        place = BACKUPS
    wish = [f"--backup={request.wanted}"] if request.wanted else [f"--at={request.at.isoformat()}"] if request.at else []
    argv = [f"{PROGRAM}/.venv/bin/plan", "restore", f"--from={place}", f"--key={KEY}", f"--name={name}", "--yes", *wish]
    say("restoring there")
    return box.call(shlex.join(argv) + " 2>&1", on_line=say, limit_s=LONG_S).stdout
