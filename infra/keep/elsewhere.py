"""Bring a backup back on another machine, reached by SSH: the program, the key and the backups go there, and it restores itself.

Backups on a third machine stay there; the other machine must reach them as this one does, and that is tried first.
"""

import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.deployment import Deployment
from infra.keep import backup, bucket, by_ssh
from infra.keep.repository import Repository
from infra.keep.restore import Request
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.run import Completed, run

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM: Final = "/opt/underdesk"
BACKUPS: Final = "/var/lib/underdesk-backups"
SECRETS: Final = "/root/underdesk-restore"  # there for as long as it restores
KEY: Final = f"{SECRETS}/backup"
LEFT_OUT: Final = (".venv", ".git", ".ansible", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__", "*.egg-info")
LONG_S: Final = 24 * 3600
QUICK_S: Final = 30
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
            raise by_ssh.refused(self.host, done.stderr)
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
        done = run(["ssh", *by_ssh.OPTIONS, self.host, command], stdin=stdin, timeout_s=limit_s, check=False, on_line=on_line)
        if check and done.returncode:
            raise self._stopped(done)
        return done

    def send_program(self) -> None:
        """Copy this checkout to PROGRAM there."""
        with tempfile.TemporaryDirectory(prefix="underdesk-") as work:
            packed = Path(work) / "packed.tar"
            run(["tar", "-C", str(CHECKOUT), *(f"--exclude={name}" for name in LEFT_OUT), "-cf", "-", "."], stdout=packed, timeout_s=LONG_S)
            self.call(f"mkdir -p {PROGRAM} && tar -C {PROGRAM} -xf -", stdin=packed, limit_s=LONG_S)

    def send(self, folder: Path, to: str) -> None:
        """Copy what is in ``folder``, of any size, into the folder ``to`` there."""
        self.call(f"umask 077; mkdir -p {to}")
        user, _, host = self.host.rpartition("@")
        address = f"{user}@[{host}]" if ":" in host else self.host  # an IPv6 address, as scp takes it
        done = run(["scp", *by_ssh.OPTIONS, "-q", "-r", f"{folder}/.", f"{address}:{to}"], timeout_s=LONG_S, check=False)
        if done.returncode:
            raise self._stopped(done)

    def _stopped(self, done: Completed) -> PlanError:
        said = " | ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])
        return PlanError(
            said or f"ended with {done.returncode}", where=self.host, hint="mend it there, then run the same command again: it goes on where it stopped"
        )


def restore(box: Box, deployment: Deployment, repository: Repository, request: Request, say: Say) -> None:
    """Make ``deployment`` on ``box`` from ``repository``; what it says of itself there is told to ``say``. The same call completes it."""
    box.check()
    _reaches(box, repository)
    say(f"sending the program to {PROGRAM}")
    box.send_program()
    say("preparing it there")
    box.call(f"cd {PROGRAM} && tools/prepare python3 2>&1", on_line=say, limit_s=LONG_S)
    if repository.folder:
        say(f"sending the backups to {BACKUPS}/{deployment.name}")
        with lock(backup.guard(deployment)):  # a backup would change them meanwhile
            box.send(repository.folder, f"{BACKUPS}/{deployment.name}")
    _hand_over(box, repository)
    place = BACKUPS if repository.folder else repository.place.rpartition("/")[0]
    wish = [f"--backup={request.wanted}"] if request.wanted else [f"--at={request.at.isoformat()}"] if request.at else []
    argv = [f"{PROGRAM}/.venv/bin/plan", "restore", f"--from={place}", f"--key={KEY}", f"--name={deployment.name}", "--yes", *wish]
    say("restoring there")
    box.call(shlex.join(argv) + " 2>&1", on_line=say, limit_s=LONG_S)
    box.call(f"rm -r {SECRETS}")


def _reaches(box: Box, repository: Repository) -> None:
    """Raise PlanError where the backups lie on a third machine that lets ``box`` not in."""
    if not repository.place.startswith("sftp:"):
        return
    done = box.call(shlex.join(by_ssh.sftp(repository.place)), check=False)
    if done.returncode:
        problem = by_ssh.refused(by_ssh.account(repository.place), done.stderr)
        raise PlanError(f"from there {problem}", where=box.host, hint=f"on {box.host}: {problem.hint}")


def _hand_over(box: Box, repository: Repository) -> None:
    """Put what opens the backups into files there that only root reads; never into an argument."""
    box.call(f"umask 077; mkdir -p {SECRETS}; cat >{KEY}", stdin=repository.key_file)
    given = bucket.credentials(repository.key_file.parent) if repository.place.startswith("s3:") else {}
    if given:
        box.call(f"umask 077; cat >{SECRETS}/{bucket.FILE}", stdin="".join(f"{name}={value}\n" for name, value in given.items()))
