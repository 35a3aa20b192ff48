"""Images: which there are, what each is built from, and the tag that its content gives it."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CONTEXTS = Path(__file__).parent / "images"
SUITE = "trixie"
BASE_PACKAGES = ("ca-certificates",)
BASE_WITHOUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*")  # child images leave them out too
BASE_WITH = ("/usr/share/doc/*/copyright",)
PARENTS = {
    "web": "base",
    "blogs": "web",
    "wiki": "web",
    "database": "base",
    "binlogs": "database",
    "objectcache": "base",
    "mail": "base",
    "pagecache": "base",
    "frontdoor": "base",
}


@dataclass(frozen=True)
class Image:
    """One image: ``reference`` is REPOSITORY:TAG, the tag a digest of all that it is built from."""

    name: str
    reference: str
    parent: str
    context: str


@cache
def images(registry: str = "") -> tuple[Image, ...]:
    """Return every image, parents first; with a ``registry`` the references lie there.

    Read once: what a command builds is what it then runs, even if a context is edited meanwhile.
    """
    prefix = f"{registry.rstrip('/')}/underdesk" if registry else "underdesk"
    tags = {"base": _tag(SUITE, *BASE_PACKAGES, *BASE_WITHOUT, *BASE_WITH)}
    built = [Image("base", f"{prefix}/base:{tags['base']}", "", "")]
    for name, parent in PARENTS.items():
        tags[name] = _tag(tags[parent], context_digest(CONTEXTS / name))
        built.append(Image(name, f"{prefix}/{name}:{tags[name]}", f"{prefix}/{parent}:{tags[parent]}", str(CONTEXTS / name)))
    return tuple(built)


def references(registry: str = "") -> dict[str, str]:
    """Return the reference of each image by its name."""
    return {image.name: image.reference for image in images(registry)}


def context_digest(folder: Path) -> str:
    """Return the SHA-256 over names, modes and contents of the files of a build context."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        executable = "x" if path.stat().st_mode & 0o100 else "-"
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder)} {executable} {content}\n".encode())
    return total.hexdigest()


def _tag(*parts: str) -> str:
    return f"{SUITE}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"
