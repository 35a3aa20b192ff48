"""What Locust needs on another machine: the packages of our own lock for its Python, and our code; made here once, and brought there once.

Nothing is installed there: packages are a folder, and whoever drives is told where it lies.
"""

import hashlib
import io
import re
import shlex
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Final

from loadtests.elsewhere.look_there import Ground
from runtime.errors import PlanError
from runtime.homes import cache_folder
from runtime.place import Place
from runtime.run import last_line, run

CHECKOUT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = CHECKOUT / "requirements.lock"
OURS: Final = ("loadtests", "runtime", "sizing")
ROOTS: Final = ("locust", "pydantic", "numpy", "pillow", "requests", "ruamel-yaml", "brotli")
"""What scenarios import; what these need comes along."""
NEWEST_GLIBC, OLDEST_GLIBC = 36, 17
"""Minor versions of those that wheels may be made for: Debian 12 has 2.36."""
PIP_S: Final = 900
SEND_S: Final = 600
KEPT_DAYS: Final = 30
FOLDER: Final = "/var/cache/underdesk/generator"
TAKE: Final = """set -e
umask 022
mkdir -p {folder}
find {folder} -mindepth 1 -maxdepth 1 -mtime +{days} ! -name {name} -exec rm -rf {{}} +
rm -rf {folder}/.{name}
mkdir {folder}/.{name}
tar --extract --gzip --no-same-owner --directory {folder}/.{name}
rm -rf {folder}/{name}
mv {folder}/.{name} {folder}/{name}"""


@dataclass(frozen=True)
class Bundle:
    """A packed folder, and the digest of its content that it is called by."""

    name: str
    file: Path


def brought(place: Place, ground: Ground) -> tuple[str, str]:
    """Return the folders on ``place`` that hold the packages and our code, after what is missing was brought there.

    Raises PlanError where packages cannot be had, or not be sent.
    """
    return _there(place, packages(ground)), _there(place, ours())


def packages(ground: Ground) -> Bundle:
    """Return the packages for a machine, fetched where they are not in the cache yet."""
    pins = "\n".join(pinned(LOCK.read_text(encoding="utf-8"), needed()))
    name = _digest(f"{ground.python} {ground.machine}\n{pins}".encode())
    file = cache_folder() / "generator" / f"{name}.tar.gz"
    if not file.is_file():
        with tempfile.TemporaryDirectory(prefix="underdesk-packages-") as folder:
            _fetch(ground, pins, Path(folder))
            _pack(Path(folder) / "there", file)
    return Bundle(name, file)


def ours() -> Bundle:
    """Return our own code."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as whole:
        for path in sorted(path for room in OURS for path in (CHECKOUT / room).rglob("*.py")):
            whole.add(path, str(path.relative_to(CHECKOUT)), filter=_of_nobody)
    name = _digest(packed.getvalue())
    file = cache_folder() / "generator" / f"{name}.tar.gz"
    if not file.is_file():
        with tempfile.TemporaryDirectory(prefix="underdesk-code-") as folder:
            packed.seek(0)
            with tarfile.open(fileobj=packed) as whole:
                whole.extractall(folder, filter="data")
            _pack(Path(folder), file)
    return Bundle(name, file)


def needed() -> frozenset[str]:
    """Return the names of all packages that ``ROOTS`` need, as they are installed here."""
    found: set[str] = set()
    left = list(ROOTS)
    while left:
        name = _name(left.pop())
        if name not in found:
            found.add(name)
            left += _requires(name)
    return frozenset(found)


def pinned(lock: str, names: frozenset[str]) -> Iterator[str]:
    """Yield the blocks of a lock, hashes included, that pin one of ``names``."""
    for block in re.split(r"\n(?=\S)", lock):
        named = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", block)
        if named and _name(named[0]) in names:
            yield block


def _requires(name: str) -> list[str]:
    try:
        return [one for one in requires(name) or () if "extra ==" not in one]
    except PackageNotFoundError:
        return []


def _name(requirement: str) -> str:
    """Return the name in a requirement as indexes write it."""
    named = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    return re.sub(r"[-_.]+", "-", named[0]).lower() if named else ""


def _fetch(ground: Ground, pins: str, folder: Path) -> None:
    """Let pip fetch packages for another machine into ``folder``/there, each as its hash in the lock says."""
    (folder / "pins.txt").write_text(pins, encoding="utf-8")
    kinds = [f"manylinux_2_{minor}_{ground.machine}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)] + [f"manylinux2014_{ground.machine}"]
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--require-hashes", "--only-binary=:all:"]
    argv += ["--python-version", ground.python, *(word for kind in kinds for word in ("--platform", kind))]
    done = run([*argv, "--target", str(folder / "there"), "--requirement", str(folder / "pins.txt")], timeout_s=PIP_S, check=False)
    if done.returncode:
        said = f"packages for Python {ground.python} on {ground.machine} cannot be had: {last_line(done.stderr)}"
        raise PlanError(said, where="pip", hint="does this machine reach the index that 'make setup' came from? then run the same command again")


def _pack(folder: Path, file: Path) -> None:
    """Pack a folder, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partly = file.with_suffix(f".{_digest(str(folder).encode())}")
    with tarfile.open(partly, "w:gz", compresslevel=1) as whole:
        for path in sorted(folder.iterdir()):
            whole.add(path, path.name, filter=_of_nobody)
    shutil.move(partly, file)


def _of_nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Return an entry as everybody may read it, always the same; none of tests and of what Python makes itself."""
    if {"tests", "__pycache__"} & set(Path(entry.name).parts):
        return None
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode |= 0o755 if entry.isdir() else 0o644
    return entry


def _there(place: Place, bundle: Bundle) -> str:
    """Return the folder on ``place`` that holds ``bundle``, sent where it is not there."""
    folder = f"{FOLDER}/{bundle.name}"
    if run(place.argv(["test", "-d", folder]), timeout_s=SEND_S, check=False).returncode == 0:
        return folder
    script = TAKE.format(folder=FOLDER, name=shlex.quote(bundle.name), days=KEPT_DAYS)
    done = run(place.argv(["sh", "-c", script]), stdin=bundle.file, timeout_s=SEND_S, check=False)
    if done.returncode:
        said = f"does not take what Locust needs: {last_line(done.stderr)}"
        raise PlanError(said, where=place.name, hint="mend that (is there space on its disk?), then run the same command again")
    return folder


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
