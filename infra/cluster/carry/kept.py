"""The folder of a deployment, kept on the managers of its cluster: fetched for the time of a command, stored when it has changed.

A generation is reserved on most managers before anything bears its number, so no two engineers ever write different things under
one, and of two who store at once one at most succeeds. What is newest counts: an archive that reached only some managers before its
command was killed is a later one's beginning, or is passed over for ever.
"""

import functools
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from infra.cluster.carry import archive
from infra.cluster.cluster import HOME
from infra.cluster.session import administer
from infra.inventory.connect import Reach
from runtime import files
from runtime.errors import PlanError
from runtime.run import last_line
from runtime.together import together

SCRIPT: Final = Path(__file__).with_name("kept.sh")
ROOT: Final = str(HOME)
GENERATIONS: Final = 10
NONE: Final = "-"
NOT_READ, NOT_KEPT = "the state of the deployment cannot be read", "the state of the deployment is not kept"
LOCAL: Final = (
    "ansible",
    "data",
    "keep/work",
    "pulumi-home",
    "pulumi-work",
    "pulumi/.pulumi/backups",
    "pulumi/.pulumi/history",
    "pulumi/.pulumi/locks",
    "tests",
)
"""What is of this machine alone, of the hosts, or grows with every deploy and is in the deployment's own history; everything else is kept."""


class Keepers(Protocol):
    """Whose managers keep the folder: a cluster, or what is known of one before its plan is fetched. Who is ``lost`` is not asked."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as of Cluster
    @property
    def deployment(self) -> str: ...  # noqa: D102
    @property
    def reach(self) -> Mapping[str, Reach]: ...  # noqa: D102
    @property
    def managers(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def lost(self) -> frozenset[str]: ...  # noqa: D102


@dataclass(frozen=True)
class Kept:
    """What was kept: ``folder`` is that of the deployment; ``name`` of the archive, "" before the first."""

    folder: Path
    name: str = ""

    @property
    def generation(self) -> int:
        """Its number, from 1 on; 0 before the first."""
        return _generation(self.name)


@dataclass(frozen=True)
class Stored:
    """What stands on the managers now, whether anything was written, and which managers lack it: each with its reason."""

    kept: Kept
    written: bool
    without: tuple[str, ...] = ()


def fetch(cluster: Keepers, folder: Path) -> Kept:
    """Return the deployment's folder as it was stored last, unpacked below ``folder``, which is private; an empty one where nothing was stored.

    Raises PlanError where most managers do not answer, or what is newest is damaged wherever it is.
    """
    looked = _look(cluster, folder)
    seen = _seen(cluster, looked)
    if not any(one.newest for one in seen.values()):
        _everyone(cluster, looked)
    return _fetched(cluster, folder, seen)


def glimpse(cluster: Keepers, folder: Path) -> Kept:
    """Return the same of those managers that answer, however few they are: to be looked at, since it may be old, and never to be stored."""
    answers = {manager: one.answer for manager, one in _look(cluster, folder).items() if not one.problem}
    return _fetched(cluster, folder, _parted(answers))


def _fetched(cluster: Keepers, folder: Path, seen: "Mapping[str, _Seen]") -> Kept:
    newest, place = max((one.newest for one in seen.values()), default=""), folder / cluster.deployment
    if not newest:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700)
        return Kept(place)
    problems = []
    for manager in (name for name, one in seen.items() if one.newest == newest):
        try:
            archive.unpack(_content(cluster, folder, manager, newest), place)
        except ValueError as problem:
            problems.append(f"{manager}: {problem}")
        else:
            return Kept(place, newest)
    said = f"what is kept of the deployment is damaged ({'; '.join(problems)})"
    raise PlanError(said, where=f"{_folder(cluster)}/{newest}", hint="older ones lie beside it: see what happened to these hosts first")


def store(cluster: Keepers, folder: Path, kept: Kept) -> Stored:
    """Keep ``kept.folder`` as it is now, where it differs from what was fetched, or where a manager lacks that; the cluster is held (``claim``).

    Raises PlanError where somebody stored since, or most managers have not got it in the end.
    """
    packed = archive.pack(kept.folder, LOCAL)
    looked = _look(cluster, folder)
    seen = _seen(cluster, looked)
    newest = max(one.newest for one in seen.values())
    if newest != kept.name and _generation(newest) >= kept.generation:
        raise _refused(cluster)
    digest = archive.digest(packed)
    same = kept.name.endswith(digest)
    lacking = [name for name in cluster.managers if not same or name not in seen or seen[name].newest != kept.name]
    if not lacking:
        return Stored(kept, written=False)
    name = kept.name if same else f"{_reserve(cluster, folder, seen):010d}-{digest}"
    asked = [manager for manager in lacking if manager in seen]  # who is lost is not waited for again
    said = {**looked, **_written(cluster, folder, f"write {name} {kept.name or NONE} {GENERATIONS}", asked, archive.compress(packed))}
    _majority(cluster, said, NOT_KEPT)
    without = tuple(f"{manager} has not got the state of the deployment: {one.problem}" for manager, one in said.items() if one.problem)
    return Stored(Kept(kept.folder, name), written=any(not said[manager].problem for manager in asked), without=without)


@dataclass(frozen=True)
class _Said:
    """What a manager answered, or why it did not."""

    answer: str = ""
    problem: str = ""


@dataclass(frozen=True)
class _Seen:
    """The newest archive of a manager ("": none), and the highest generation that it knows to be given out."""

    newest: str
    reserved: int


def _look(cluster: Keepers, folder: Path) -> dict[str, _Said]:
    return _ask(cluster, folder, "look", cluster.managers)


def _seen(cluster: Keepers, said: Mapping[str, _Said]) -> dict[str, _Seen]:
    return _parted(_majority(cluster, said, NOT_READ))


def _parted(answers: Mapping[str, str]) -> dict[str, _Seen]:
    parted = {manager: answer.split() for manager, answer in answers.items()}
    return {manager: _Seen("" if newest == NONE else newest, int(reserved)) for manager, (newest, reserved) in parted.items()}


def _everyone(cluster: Keepers, said: Mapping[str, _Said]) -> None:
    """Refuse to begin anew where a manager is silent: of those that were added since, or installed anew, none would know what it has."""
    if lost := "; ".join(f"{manager}: {one.problem}" for manager, one in said.items() if one.problem):
        hint = "nothing is stored on the others: where something was deployed, that manager has it; else take it out of the inventory"
        raise PlanError(f"{NOT_READ}: {lost}", where=cluster.name, hint=hint)


def _content(cluster: Keepers, folder: Path, manager: str, name: str) -> bytes:
    """Return the archive ``name`` of a manager; raises ValueError where it is not what its name says."""
    file = folder / f".{name}"
    done = administer(cluster.reach[manager], folder, f"cat {shlex.quote(f'{_folder(cluster)}/{name}')}", stdout=file)
    compressed = file.read_bytes()
    file.unlink()
    if done.returncode:
        raise ValueError(last_line(done.stderr))
    packed = archive.decompress(compressed)
    if not name.endswith(archive.digest(packed)):
        raise ValueError("its content is not what its name says")
    return packed


def _reserve(cluster: Keepers, folder: Path, seen: Mapping[str, _Seen]) -> int:
    """Return a generation that nobody had, and nobody else gets."""
    generation = max(max(one.reserved, _generation(one.newest)) for one in seen.values()) + 1
    _majority(cluster, _ask(cluster, folder, f"reserve {generation}", list(seen)), NOT_KEPT)
    return generation


def _written(cluster: Keepers, folder: Path, call: str, managers: Sequence[str], content: bytes) -> dict[str, _Said]:
    file = folder / f".{cluster.deployment}.new"
    files.write(file, content, files.PRIVATE)
    try:
        return _ask(cluster, folder, call, managers, file)
    finally:
        file.unlink()


def _ask(cluster: Keepers, folder: Path, call: str, managers: Sequence[str], stdin: str | Path = "") -> dict[str, _Said]:
    """Return what each of ``managers`` says to ``call``; raises PlanError where one refuses."""
    script = f"folder={shlex.quote(_folder(cluster))}\n{SCRIPT.read_text(encoding='utf-8')}\n{call}"
    said = dict(zip(managers, together([functools.partial(_one, cluster, name, folder, script, stdin) for name in managers]), strict=True))
    if any(one.answer.startswith("refused ") for one in said.values()):
        raise _refused(cluster)
    return said


def _one(cluster: Keepers, name: str, folder: Path, script: str, stdin: str | Path) -> _Said:
    if name in cluster.lost:
        return _Said(problem="does not answer")
    try:
        done = administer(cluster.reach[name], folder, script, stdin)
    except PlanError as problem:
        return _Said(problem=problem.message)
    return _Said(problem=last_line(done.stderr)) if done.returncode else _Said(answer=done.stdout.strip())


def _majority(cluster: Keepers, said: Mapping[str, _Said], what: str) -> dict[str, str]:
    """Return the answers; raises PlanError where fewer than most managers gave one."""
    answers = {manager: one.answer for manager, one in said.items() if not one.problem}
    if len(answers) <= len(cluster.managers) // 2:
        lost = "; ".join(f"{manager}: {one.problem}" for manager, one in said.items() if one.problem)
        hint = f"most of {', '.join(cluster.managers)} must answer: mend that ('plan doctor --inventory'), then run the same command again"
        raise PlanError(f"{what}: {lost}", where=cluster.name, hint=hint)
    return answers


def _refused(cluster: Keepers) -> PlanError:
    return PlanError(
        "somebody else stored its state since this command began",
        where=cluster.deployment,
        hint="run the same command again: it begins with what is newest",
    )


def _folder(cluster: Keepers) -> str:
    return f"{ROOT}/{cluster.deployment}/kept"


def _generation(name: str) -> int:
    return int(name.partition("-")[0] or 0)
