"""Images: which there are, what each is built from, and the tag that its content gives it."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from infra.deployment import Deployment
from runtime.run import run

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
    """One image: ``reference`` is REPOSITORY:TAG, the tag a digest of all that it is built from.

    ``fresh``: its packages were asked for anew, so what a builder remembers of them must not count.
    """

    name: str
    reference: str
    parent: str
    context: str
    fresh: bool = False


def images(registry: str = "", as_of: Mapping[str, str] | None = None) -> tuple[Image, ...]:
    """Return every image, parents first; with a ``registry`` the references lie there.

    ``as_of`` gives for some images the moment as of which their packages are taken: another moment is another tag.
    """
    prefix, moments = f"{registry.rstrip('/')}/underdesk" if registry else "underdesk", as_of or {}
    tags = {"base": _base_tag(SUITE, *_moment(moments, "base"))}
    built = [Image("base", f"{prefix}/base:{tags['base']}", "", "")]
    for name, parent in PARENTS.items():
        tags[name] = _tag(tags[parent], _read_once(CONTEXTS / name), *_moment(moments, name))
        built.append(Image(name, f"{prefix}/{name}:{tags[name]}", f"{prefix}/{parent}:{tags[parent]}", str(CONTEXTS / name), name in moments))
    return tuple(built)


def record_file(folder: Path, reference: str) -> Path:
    """Return where a deployment's ``folder`` says what an image is made of: reference and ID on the first line, then its packages."""
    name, tag = reference.rpartition("/")[2].rsplit(":", 1)
    return folder / "images" / f"{name}-{tag}.txt"


def base(suite: str = SUITE) -> Image:
    """Return the base of another release of the distribution."""
    return Image("base", f"underdesk/base:{_base_tag(suite)}", "", "")


def of(deployment: Deployment) -> tuple[Image, ...]:
    """Return the images that ``deployment`` shall run: as its version says, what a rollback holds included.

    On a desk that is what its engine still has. Of a cluster it is what one of its hosts has, which the rollback saw, and carrying images sees again.
    """
    version, registry = deployment.packages, deployment.plan.platform.registry
    there = here() if version.held and not (registry or deployment.on_hosts) else frozenset(version.held.values())
    return tuple(_holding(image, version.held.get(image.reference), there) for image in images(registry, version.as_of))


def wanted(deployment: Deployment) -> dict[str, str]:
    """Return the reference of each image that ``deployment`` shall run, by its name."""
    return {image.name: image.reference for image in of(deployment)}


def references(registry: str = "") -> dict[str, str]:
    """Return the reference of each image by its name, without any deployment's marks."""
    return {image.name: image.reference for image in images(registry)}


def here() -> frozenset[str]:
    """Return every reference that this machine's engine has; none where there is no engine."""
    if not shutil.which("docker"):
        return frozenset()
    return frozenset(run(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"], check=False).stdout.split())


def held(deployment: Deployment, recorded: Mapping[str, str]) -> dict[str, str]:
    """Return what must be held so that ``deployment`` runs the ``recorded`` references, whatever the contexts have become since."""
    built = images(deployment.plan.platform.registry, deployment.packages.as_of)
    return {image.reference: recorded[image.name] for image in built if recorded.get(image.name, image.reference) != image.reference}


def _holding(image: Image, reference: str | None, there: frozenset[str]) -> Image:
    """Return what stands for ``image``: a held one as long as it is there, for there is nothing that it could be built from."""
    return replace(image, reference=reference, context="") if reference in there and reference else image


def _moment(moments: Mapping[str, str], name: str) -> tuple[str, ...]:
    return (moments[name],) if name in moments else ()


@cache
def _read_once(folder: Path) -> str:
    """Return a context's digest: what a command builds is what it then runs, even if a context is edited meanwhile."""
    return context_digest(folder)


def context_digest(folder: Path) -> str:
    """Return the SHA-256 over names, modes and contents of the files of a build context."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        executable = "x" if path.stat().st_mode & 0o100 else "-"
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder)} {executable} {content}\n".encode())
    return total.hexdigest()


def _base_tag(suite: str, *moment: str) -> str:
    return _tag(suite, *BASE_PACKAGES, *BASE_WITHOUT, *BASE_WITH, *moment, suite=suite)


def _tag(*parts: str, suite: str = SUITE) -> str:
    return f"{suite}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"
