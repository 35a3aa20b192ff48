"""Throwaway ground for tests of what goes wrong: a folder of its own for deployments, a small disk, another user, another day."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.platform.conftest import PLAN, SLOT

CHECKOUT = Path(__file__).parents[2]
NAME = f"bad-ground-{SLOT}"
HTTP, HTTPS = 18280 + SLOT, 18643 + SLOT
DEAD_ENGINE = "unix:///nonexistent/engine.sock"
MAIN = "from cli.main import main; main()"
PLACES = {"name: test-desk": f"name: {NAME}", "18080": str(HTTP), "18443": str(HTTPS), ".desk.test": f".ground-{SLOT}.test"}

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Ground:
    """A folder with brief.yaml and plan.json of a deployment of its own, and where deployments are kept."""

    folder: Path
    home: Path

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "UNDERDESK_HOME": str(self.home), **more}

    def plan(self, *arguments: str, before: tuple[str, ...] = (), **more: str) -> Done:
        """Run the command here; ``before`` is what starts it (setpriv, faketime), ``more`` its environment."""
        command = [*before, PLAN, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(more), capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL
        )

    def as_nobody(self, *arguments: str) -> Done:
        """Run the command as a user without rights, from the checkout: where it is installed may be closed to others."""
        person = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        command = [*person, sys.executable, "-c", MAIN, *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=self.environment({}), capture_output=True, text=True, timeout=120, check=False)


def sized(folder: Path) -> Path:
    """Write and size the brief of a deployment of its own; return plan.json."""
    brief = (Path(__file__).parent / "brief.yaml").read_text()
    for old, new in PLACES.items():
        brief = brief.replace(old, new)
    (folder / "brief.yaml").write_text(brief)
    done = Ground(folder, folder / "home").plan("size")
    assert done.returncode == 0, done.stderr
    return folder / "plan.json"


@contextmanager
def disk(place: Path, mib: int) -> Iterator["Disk"]:
    """A disk of ``mib`` at ``place``, in memory, so that it can be full."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "ground", str(place)], check=True)
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@dataclass(frozen=True)
class Disk:
    """A small disk with a file that holds the rest of it."""

    place: Path

    @property
    def free(self) -> int:
        found = os.statvfs(self.place)
        return found.f_bfree * found.f_bsize

    def leave(self, kib: int) -> None:
        """Leave ``kib`` KiB free."""
        ballast = self.place / ".ballast"
        ballast.touch()
        with ballast.open("r+b") as file:
            file.truncate(0)
            held = 0
            while (room := self.free - kib * 1024) > 0:  # others write meanwhile
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), held, room)
                    held += room

    def relieve(self) -> None:
        (self.place / ".ballast").unlink()


def mended(done: Done, *words: str, code: int = 1) -> None:
    """A failure is one line that says what, one line that says the mend, and no traceback."""
    said = [line for line in done.stderr.splitlines() if line.startswith(("error:", "hint:"))]
    assert done.returncode == code, done.stderr
    assert [line.split(":")[0] for line in said] == ["error", "hint"], done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "bug" not in said[0], done.stderr
    for word in words:
        assert word in " ".join(said), done.stderr
