"""The power-cut disk as tests see it: built, mounted, cut, mounted again."""

import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Literal

from runtime.errors import PlanError
from runtime.run import run

SOURCE = Path(__file__).parent / "powercut"
DEVICE = Path("/dev/fuse")
Names = Literal["strict", "journalled"]


def build(folder: Path) -> Path:
    """Build the layer into ``folder``; Go's own cache makes the second time seconds."""
    program = folder / "powercut"
    run(["go", "build", "-mod=readonly", "-trimpath", "-o", str(program), "."], cwd=SOURCE, env={"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"})
    if not DEVICE.exists():
        os.mknod(DEVICE, 0o600 | stat.S_IFCHR, os.makedev(10, 229))
    return program


class Disk:
    """A folder, ``path``, that forgets at ``cut`` what was not synced."""

    def __init__(self, program: Path, folder: Path, names: Names = "strict", copy_of: "Disk | None" = None) -> None:
        """Mount an empty disk, or a copy of what is durable on another that is unmounted."""
        self.path, self.store = folder / "mount", folder / "store"
        self.path.mkdir(parents=True)
        if copy_of:
            shutil.copytree(copy_of.store, self.store)
        # A disk does not wait for a processor: on a busy machine each of its answers would.
        self._argv = ["nice", "--adjustment=-10", str(program), "-store", str(self.store), "-mount", str(self.path), "-names", names]
        self.mount()

    def mount(self) -> None:
        """Show what is durable."""
        self._process = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._expect("mounted")

    def settle(self) -> None:
        """Make everything durable, as sync(2) would; FUSE hands that call on to nobody."""
        self._order("settle")

    def cut(self, share: float = 0, seed: int = 0) -> None:
        """Cut the power: from here on every operation fails. ``share`` of the unsynced blocks had reached the disk by luck."""
        self._order(f"cut {share} {seed}" if share else "cut")

    def unmount(self) -> None:
        """Take the mount away; what is not synced is lost."""
        self._process.communicate("end\n", timeout=60)

    def remount(self) -> None:
        """Give power again."""
        self.unmount()
        self.mount()

    def _order(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        self._expect("done")

    def _expect(self, answer: str) -> None:
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if line != answer:
            raise PlanError(f"the power-cut disk says: {line or 'nothing'}", where=str(self.path))
