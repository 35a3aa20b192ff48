"""Where a Pulumi engine can come from when none is installed: Pulumi's own installer, else a build.

Both work in a folder of their own beside the cache and are moved there whole.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from runtime.errors import PlanError
from runtime.run import run

MODULE = Path(__file__).resolve().parent.parent / "tools"
VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
FIRST_ANSWER_S = 5
INSTALL_S = 180
BUILD_S = 1800
INSTALLER = """
import socket, sys
socket.setdefaulttimeout(float(sys.argv[2]))
from pulumi.automation import PulumiCommand
PulumiCommand.install(root=sys.argv[1])
"""


def wanted_version() -> str:
    """Return the engine's version: that of the installed Pulumi SDK, which its lock pins."""
    return version("pulumi")


def install(root: Path) -> bool:
    """Let Pulumi's own installer fill ``root``; False, after seconds, where it cannot be reached."""
    with _whole(root) as folder:
        argv = [sys.executable, "-c", INSTALLER, str(folder), str(FIRST_ANSWER_S)]
        try:
            run(argv, timeout_s=INSTALL_S)
        except PlanError:
            return False
        return (folder / "bin" / "pulumi").is_file()


def build(root: Path) -> None:
    """Build the engine of ``tools/go.mod`` into ``root``.

    Raises PlanError where Go is missing, too old, or cannot get the modules.
    """
    _check_go()
    flags = f"-s -w -X {VERSION_SYMBOL}=v{wanted_version()}"
    with _whole(root) as folder:
        (folder / "bin").mkdir()
        argv = ["go", "build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", f"{folder / 'bin'}/", "tool"]
        run(argv, cwd=MODULE, env={"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}, timeout_s=BUILD_S)


def go_needed() -> tuple[int, int]:
    """Return the oldest Go that ``tools/go.mod`` allows, as (major, minor)."""
    return _release((MODULE / "go.mod").read_text(encoding="utf-8"), r"^go (\d+)\.(\d+)")


def _check_go() -> None:
    needed = go_needed()
    hint = f"install Go {needed[0]}.{needed[1]} or newer and put it on PATH, or put the Pulumi engine v{wanted_version()} there; then run this again"
    if shutil.which("go") is None:
        raise PlanError("the Pulumi engine is neither installed nor to be had from its installer, and there is no Go to build it with", hint=hint)
    found = _release(run(["go", "version"], cwd=MODULE, env={"GOTOOLCHAIN": "local"}).stdout, r"go(\d+)\.(\d+)")
    if found < needed:
        raise PlanError(f"this Go is too old to build the Pulumi engine: {found[0]}.{found[1]}", hint=hint)


def _release(text: str, pattern: str) -> tuple[int, int]:
    found = re.search(pattern, text, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@contextmanager
def _whole(root: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``root`` if it gets a bin/pulumi, and goes away if not."""
    root.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root.parent, prefix=f".{root.name}."))
    try:
        yield folder
        if (folder / "bin" / "pulumi").is_file():
            folder.chmod(0o755)
            shutil.rmtree(root, ignore_errors=True)
            folder.replace(root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
