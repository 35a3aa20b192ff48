"""The images of a deployment on every host of its cluster: what hosts lack comes to one manager, and from there to all at once.

An image's ID is a digest of its content: what arrived is what was sent where both have the same.
"""

import functools
import shlex
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from testinfra.host import Host

from infra import certificates, history, images
from infra.cluster.carry.images import ENGINEER, Lack, There, Ways, address, lack, listed, unneeded, variables, ways
from infra.cluster.cluster import HOME, Cluster
from infra.cluster.playing import Part, play
from infra.cluster.session import administer, as_administrator, ssh
from infra.deployment import Deployment
from infra.images import Image
from runtime import files
from runtime.errors import PlanError
from runtime.piped import piped
from runtime.printer import quiet
from runtime.run import last_line, run
from runtime.together import meanwhile, together

SCRIPT: Final = Path(__file__).with_name("registry.sh")
LIST: Final = ("docker", "image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
LIMIT_S: Final = 1800
ANSWER_S: Final = 30
CONTEXTS: Final = str(HOME / "contexts")
MARK: Final = "#"
AGAIN: Final = "mend what it says (is there space, does the host answer?), then run the same command again: it goes on where it stopped"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Load:
    """What is carried: the ``wanted`` images, parents first and among them; ``folder`` is private, ``deployment`` the one that was fetched."""

    cluster: Cluster
    folder: Path
    deployment: Deployment
    wanted: Sequence[Image]

    @property
    def references(self) -> list[str]:
        """The references of all of them."""
        return [image.reference for image in self.wanted]

    @property
    def recorded(self) -> dict[str, str]:
        """The ID of each image that was carried before."""
        found = (_head(images.record_file(self.deployment.folder, reference)) for reference in self.references)
        return {words[1]: words[2] for words in found if len(words) == len((MARK, "reference", "ID"))}


def _nothing() -> None:
    """Do nothing: where nothing is left to be done."""


def look(cluster: Cluster, folder: Path) -> There:
    """Return the images of every host; raises PlanError where one does not say."""
    asked = [functools.partial(_done, cluster, folder, name, shlex.join(LIST)) for name in cluster.reach]
    return dict(zip(cluster.reach, map(listed, together(asked)), strict=True))


def lacking(load: Load) -> Lack:
    """Return what hosts lack; nothing is changed."""
    return lack(load.references, look(load.cluster, load.folder), load.recorded, _here())


def bring(load: Load, say: Say, beside: Callable[[], object] = _nothing) -> Lack:
    """Bring what hosts lack, and write down what new images are made of; return what was lacking.

    ``beside`` is done when everything can be had, while images go from one host to the others. Raises PlanError where something cannot be had, or did not
    arrive as it was sent; the same again goes on from there.
    """
    there, here = look(load.cluster, load.folder), _here()
    before = lack(load.references, there, load.recorded, here)
    left: Callable[[], object] = _nothing
    if before:
        if registry := load.deployment.plan.platform.registry:
            say(f"pulling from {registry}: {_said(before)}")
            _pull(load, before)
        else:
            left = _gather(load, ways(load.cluster.managers, there, here, before), before, say)
    with meanwhile(left):
        beside()
    ids = _arrived(load, before.ids) if before else before.ids
    if new := [reference for reference in load.references if load.recorded.get(reference) != ids[reference]]:
        _record(load, new)
    return before


def tidy(load: Load, say: Say) -> None:
    """Remove the images that no version needs; what a container still has stays until the next time."""
    needed = history.needed(load.deployment) | {*load.deployment.record().get("images", {}).values()}
    gone = unneeded(look(load.cluster, load.folder), load.references, needed)
    removed = together([functools.partial(_call, load, host, "forget", *references) for host, references in gone.items()])
    if count := len({reference for said in removed for reference in said.split()}):
        say(f"removed {count} images that no version needs")


def checks(ids: Mapping[str, str]) -> Callable[[Cluster, str, Host], Iterator[str]]:
    """Return what asks a host whether it has the images with these IDs (by reference): what was recorded."""

    def images_of(_cluster: Cluster, _name: str, host: Host) -> Iterator[str]:
        held = listed(host.check_output(shlex.join(LIST)))
        for reference, wanted in ids.items():
            if held.get(reference) != wanted:
                yield f"has {'another image as' if reference in held else 'not the image'} {reference}"

    return images_of


def _gather(load: Load, way: Ways, before: Lack, say: Say) -> Callable[[], object]:
    """Bring to one manager what it lacks; return what brings from there to the others what they lack."""
    others = {host: missing for host, missing in before.by_host.items() if host != way.source}
    certificate, authority = certificates.for_address(load.deployment.folder, load.deployment.plan.platform, load.cluster.reach[way.source].address)
    told = variables(load.cluster, way.source, authority.decode() if others else "", _built(load, way.built), _contexts(load, way.built))
    for owner, references in way.from_host.items():
        say(f"{way.source}: {_images(references)} from {owner}")
    fetches: list[Callable[[], object]] = [functools.partial(_fetch, load, owner, way.source, references) for owner, references in way.from_host.items()]
    ready = functools.partial(play, load.cluster, load.folder, quiet, part=Part("images_everywhere.yml", told))
    if way.built:  # on what is fetched
        together(fetches)
        say(f"{way.source}: {_images(way.built)} built there, since nobody has {'it' if len(way.built) == 1 else 'them'}")
        ready()
    else:
        together(fetches + ([ready] if others else []))
    return functools.partial(_spread, load, way.source, others, certificate.decode(), say) if others else _nothing


def _spread(load: Load, source: str, lacking_at: Mapping[str, Sequence[str]], certificate: str, say: Say) -> None:
    """Let each host that lacks an image pull it from ``source`` while that makes the next one ready."""
    at, every = address(load.cluster, source), [one for one in load.references if any(one in missing for missing in lacking_at.values())]
    say(f"{', '.join(lacking_at)}: {_images(every)} from {source}")
    with _registry(load, source, at, certificate):
        for pushed, pulled in zip([*every, ""], ["", *every], strict=True):
            pushes = [functools.partial(_call, load, source, "push", at, pushed)] if pushed else []
            together([*pushes, *(functools.partial(_call, load, host, "pull", at, pulled) for host, missing in lacking_at.items() if pulled in missing)])


@contextmanager
def _registry(load: Load, source: str, at: str, certificate: str) -> Iterator[None]:
    _call(load, source, "start", at, str(LIMIT_S), stdin=certificate)
    try:
        yield
    except BaseException:
        _call(load, source, "stop")
        raise
    else:
        _call(load, source, "keep")


def _fetch(load: Load, owner: str, source: str, references: Sequence[str]) -> None:
    """Let an engine say its images, and that of ``source`` hear them; what is on the way passes through this machine and stays nowhere."""
    save = ["docker", "save", *references]
    theirs = save if owner == ENGINEER else ssh(load.cluster.reach[owner], load.folder, as_administrator(shlex.join(save)))
    ours = ssh(load.cluster.reach[source], load.folder, as_administrator("docker load --quiet >/dev/null"))
    try:
        piped(theirs, ours, LIMIT_S)
    except PlanError as problem:
        raise PlanError(f"images of {owner} did not arrive: {problem.message}", where=source, hint=AGAIN) from problem


def _pull(load: Load, before: Lack) -> None:
    together([functools.partial(_call, load, host, "pull_as_named", *references) for host, references in before.by_host.items()])


def _arrived(load: Load, expected: Mapping[str, str]) -> Mapping[str, str]:
    """Return the ID of each image on every host; raises PlanError where a host lacks one, or has another than was sent."""
    known = {reference: identity for reference, identity in expected.items() if identity}
    after = lack(load.references, look(load.cluster, load.folder), known, {})
    for host, references in after.by_host.items():
        raise PlanError(f"has not got what was sent: {', '.join(references)}", where=host, hint=AGAIN)
    return after.ids


def _record(load: Load, references: Sequence[str]) -> None:
    said = _call(load, load.cluster.managers[0], "tell", *references)
    for part in said.removeprefix(f"{MARK} ").split(f"\n{MARK} "):
        files.write(images.record_file(load.deployment.folder, part.split()[0]), f"{MARK} {part.strip()}\n")


def _built(load: Load, references: Sequence[str]) -> list[Image]:
    """Return what is built, each with its context where that lies on the host; raises PlanError where there is nothing to build one from."""
    found = [image for image in load.wanted if image.reference in references]
    for image in found:
        if (image.parent and not image.context) or (not image.parent and image.name != "base"):
            raise PlanError("nobody has this image, and there is nothing to build it from", where=image.reference, hint="go to another version")
    return [replace(image, context=f"{CONTEXTS}/{image.name}" if image.context else "") for image in found]


def _contexts(load: Load, references: Sequence[str]) -> Path | None:
    """Write what images are built from into one file, as it goes to the host."""
    found = [image for image in load.wanted if image.reference in references and image.context]
    if not found:
        return None
    file = load.folder / "contexts.tar"
    with tarfile.open(file, "w") as packed:
        for image in found:
            packed.add(image.context, image.name, filter=_of_nobody)
    return file


def _of_nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _here() -> dict[str, str]:
    """Return the images of this machine's engine; none where none answers."""
    if not shutil.which(LIST[0]):
        return {}
    try:
        return listed(run(LIST, timeout_s=ANSWER_S, check=False).stdout)
    except PlanError:
        return {}


def _call(load: Load, host: str, function: str, *arguments: str, stdin: str = "") -> str:
    return _done(load.cluster, load.folder, host, f"{SCRIPT.read_text(encoding='utf-8')}\n{shlex.join([function, *arguments])}", stdin)


def _done(cluster: Cluster, folder: Path, host: str, script: str, stdin: str = "") -> str:
    done = administer(cluster.reach[host], folder, script, stdin, limit_s=LIMIT_S)
    if done.returncode:
        raise PlanError(last_line(done.stderr), where=host, hint=AGAIN)
    return done.stdout


def _head(record: Path) -> list[str]:
    """Return the words of a record's first line; none where there is no record."""
    return files.read(record).partition("\n")[0].split() if record.exists() else []


def _said(before: Lack) -> str:
    return "; ".join(f"{host}: {_images(references)}" for host, references in before.by_host.items())


def _images(references: Sequence[str]) -> str:
    return f"{len(references)} image{'s' if len(references) > 1 else ''}"
