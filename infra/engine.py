"""The Pulumi engine, found, installed or built; and the Docker provider that it uses."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra import engine_sources, provider_plugin
from infra.provider_plugin import Provider
from runtime.errors import PlanError
from runtime.files import write
from runtime.homes import cache_folder
from runtime.locks import lock
from runtime.run import run

Origin = Literal["PATH", "installer", "built"]

VERSION_S = 300
"""It takes one second; twenty were not enough behind a busy platform, and an engine that was there was built once more."""
RELEASE = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)$")


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine: ``root`` is for ``PulumiCommand(root=…)`` and holds bin/pulumi."""

    root: Path
    version: str
    origin: Origin

    @property
    def binary(self) -> Path:
        """The executable."""
        return self.root / "bin" / "pulumi"


def find_engine() -> Engine | None:
    """Return the engine that is there already, None where there is none that fits the SDK."""
    return _on_path() or _cached()


def ensure_engine(say: Callable[[str], None]) -> Engine:
    """Return the engine; without one let Pulumi's installer fetch it, or build it (minutes, once).

    Raises PlanError where neither works.
    """
    engine = find_engine()
    if engine:
        return engine
    root = _root()
    with lock(root.parent / "lock"):
        engine = _cached()  # another command may have made it meanwhile
        if engine:
            return engine
        say(f"no Pulumi engine v{root.name.removeprefix('v')} here: asking Pulumi's installer")
        origin: Origin = "installer"
        if not engine_sources.install(root):
            origin = "built"
            say("the installer cannot be reached: building the engine with Go (about 3 minutes on two cores, once)")
            engine_sources.build(root)
        write(root / "origin", origin)
    engine = _cached()
    if engine is None:
        raise PlanError("the Pulumi engine was made but does not start", where=str(root), hint="remove that folder, then run this again")
    return engine


def find_provider(pulumi_home: Path) -> Provider | None:
    """Return the Docker provider that an engine with ``PULUMI_HOME`` there would use, None where there is none yet."""
    return provider_plugin.find(pulumi_home)


def ensure_provider(pulumi_home: Path) -> Provider:
    """Return the Docker provider for ``pulumi_home``: the official one where it can be had, else our own."""
    engine = None if find_provider(pulumi_home) else find_engine()
    return provider_plugin.ensure(pulumi_home, engine.binary if engine else None)


def fits(found: str, wanted: str) -> bool:
    """Tell whether an engine of version ``found`` serves an SDK of version ``wanted``: same major, not older."""
    theirs, ours = RELEASE.match(found.strip()), RELEASE.match(wanted)
    if not theirs or not ours:
        return False
    return theirs[1] == ours[1] and tuple(map(int, theirs.groups())) >= tuple(map(int, ours.groups()))


def _root() -> Path:
    return cache_folder() / "engine" / f"v{engine_sources.wanted_version()}"


def _cached() -> Engine | None:
    root = _root()
    version = _version(root / "bin" / "pulumi")
    origin: Origin = "installer" if (root / "origin").is_file() and (root / "origin").read_text(encoding="utf-8") == "installer" else "built"
    return Engine(root, version, origin) if fits(version, engine_sources.wanted_version()) else None


def _on_path() -> Engine | None:
    place = shutil.which("pulumi")
    version = _version(Path(place)) if place else ""
    if not place or not fits(version, engine_sources.wanted_version()):
        return None
    folder = Path(place).absolute().parent
    return Engine(folder.parent if folder.name == "bin" else _linked(folder / "pulumi"), version.removeprefix("v"), "PATH")


def _linked(binary: Path) -> Path:
    """Return a root whose bin/pulumi is ``binary``: the SDK insists on a folder named bin."""
    root = cache_folder() / "engine" / "path"
    link = root / "bin" / "pulumi"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.readlink() != binary:
        link.unlink(missing_ok=True)
        link.symlink_to(binary)
    return root


def _version(binary: Path) -> str:
    """Return what ``binary`` says its version is, "" where it cannot be run."""
    if not binary.is_file():
        return ""
    try:
        done = run([str(binary), "version"], env={"PULUMI_SKIP_UPDATE_CHECK": "true"}, timeout_s=VERSION_S, check=False)
    except (PlanError, OSError):
        return ""
    return done.stdout.strip().removeprefix("v") if done.returncode == 0 else ""
