"""The Docker provider's plugin in a PULUMI_HOME: the official one where it can be had, else the air-gapped one."""

import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from runtime.errors import PlanError
from runtime.files import write
from runtime.homes import cache_folder
from runtime.run import run

NAME = "pulumi-resource-docker"
MODULE = "infra.docker_provider"
EXECUTABLE = 0o755
DOWNLOAD_S = 30
SCRIPT = b"#!"


@dataclass(frozen=True)
class Provider:
    """A Docker provider: where it came from, its version, its executable."""

    origin: Literal["official", "air-gapped"]
    version: str
    path: Path


def find(pulumi_home: Path) -> Provider | None:
    """Return the plugin in ``pulumi_home``, None where there is none."""
    path = _plugin(pulumi_home)
    if not path.is_file():
        return None
    return Provider("air-gapped" if _is_ours(path) else "official", _version(), path)


def ensure(pulumi_home: Path, engine: Path | None) -> Provider:
    """Return the plugin in ``pulumi_home``; put it there first where it is missing.

    The official one is taken from ~/.pulumi, else downloaded by ``engine`` (an executable);
    a download that failed once is not tried again: remove the note in the cache to do so.
    """
    found = find(pulumi_home)
    if (found is None or found.origin == "air-gapped") and _link_official(pulumi_home):
        found = find(pulumi_home)
    if found is None and engine and not _note().exists():
        found = _download(pulumi_home, engine)
    if found is None or found.origin == "air-gapped":
        found = _install_ours(pulumi_home)
    return found


def _install_ours(pulumi_home: Path) -> Provider:
    path, text = _plugin(pulumi_home), _launcher()
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write(path, text, mode=EXECUTABLE)
    return Provider("air-gapped", _version(), path)


def _launcher() -> str:
    """Return the script that starts our plugin in this environment, whatever folder the engine starts it in."""
    checkout = Path(__file__).resolve().parent.parent
    paths = f"{shlex.quote(str(checkout))}${{PYTHONPATH:+:$PYTHONPATH}}"
    return f'#!/bin/sh\nPYTHONPATH={paths} exec {shlex.quote(sys.executable)} -P -m {MODULE} "$@"\n'


def _link_official(pulumi_home: Path) -> bool:
    """Link the official plugin of this user's own Pulumi, if there is one."""
    theirs, ours = _plugin(Path.home() / ".pulumi"), _plugin(pulumi_home)
    if theirs == ours or not theirs.is_file() or _is_ours(theirs):
        return False
    if ours.parent.is_dir() and not ours.parent.is_symlink():
        shutil.rmtree(ours.parent)
    ours.parent.parent.mkdir(parents=True, exist_ok=True)
    ours.parent.symlink_to(theirs.parent)
    return True


def _download(pulumi_home: Path, engine: Path) -> Provider | None:
    """Let the engine download the official plugin; note where that fails."""
    argv = [str(engine), "plugin", "install", "resource", "docker", _version()]
    try:
        run(argv, env={"PULUMI_HOME": str(pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"}, timeout_s=DOWNLOAD_S)
    except PlanError as problem:
        write(_note(), f"{problem}\n{problem.hint}\n")
    return find(pulumi_home)


def _is_ours(path: Path) -> bool:
    """Tell our launcher, a script, from the official plugin, a binary."""
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(SCRIPT) and MODULE.encode() in head


def _plugin(pulumi_home: Path) -> Path:
    return pulumi_home / "plugins" / f"resource-docker-v{_version()}" / NAME


def _note() -> Path:
    return cache_folder() / "provider" / f"docker-v{_version()}.not-downloadable"


def _version() -> str:
    """Return the version of the installed SDK, which the plugin's must equal."""
    return version("pulumi-docker")
