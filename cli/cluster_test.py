"""``plan test … --inventory``: the same tests, on the hosts of a cluster."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from infra import history
from infra.cluster.claim import claim
from infra.cluster.cluster import LABELS
from infra.cluster.standing import changing
from infra.cluster.tested import Tested, kept, tested
from loadtests.deployment import Deployment
from loadtests.elsewhere import cluster, reaching
from loadtests.elsewhere.cluster import OnHosts
from loadtests.scale import confine
from loadtests.surroundings import Pages, Room, Surroundings
from loadtests.verdict import Result
from runtime import printer
from runtime.errors import PlanError


@dataclass(frozen=True)
class Driving:
    """Who drives load: ``generators`` as they were named ("": not), with so many ``processes`` each."""

    generators: str = ""
    processes: int = 1


@contextmanager
def deployed(inventory: Path, name: str, driving: Driving | None, *, changes: bool = False) -> Iterator[Deployment]:
    """Give the deployment on the cluster of ``inventory``, with who drives made ready; where nobody does, it need not be well.

    Beside a test that ``changes`` it no deploy works on it.
    """
    with ExitStack() as held:
        with printer.step(f"Looking at the platform{', and at who drives' if driving else ''}") as say:
            if driving:
                _as_it_was(inventory, name, say)
            there = held.enter_context(tested(inventory, name, anyhow=driving is None))
            found = _on_hosts(there)
            if changes or confine.left(found):
                held.enter_context(claim(there.there.cluster))
            if driving:
                names = _driving(there, driving.generators, found)
                crew = cluster.crew(found, there.drivers(names), driving.processes, say)
                notes = cluster.notes(there.there.cluster.name, names, tuple(there.there.cluster.reach))
                found = replace(found, surroundings=replace(found.surroundings, crew=crew, notes=notes))
                for note in notes:
                    say(note)
        yield found


def _on_hosts(there: Tested) -> OnHosts:
    cluster = there.there.cluster
    pages, free = Pages(cluster.placement.hosts("web"), f"{LABELS}web", tuple(cluster.managers)), there.free
    room = Room(*min(free.items(), key=lambda one: one[1])) if free else None
    return OnHosts(there.deployment, there.folder, there.exec, Surroundings(there.own, there.places, pages=pages, room=room))


def _as_it_was(inventory: Path, name: str, say: Callable[[str], None]) -> None:
    """Bring back what a test of scaling that was killed has changed, and left written down here: as it is the platform is not whole."""
    if not any(kept().glob(f"*/*/{confine.JOURNAL}")):
        return
    with tested(inventory, name, anyhow=True) as there:
        found = _on_hosts(there)
        with claim(there.there.cluster) if confine.left(found) else nullcontext():
            for line in confine.cleaned(found):
                say(line)


def _driving(there: Tested, generators: str, found: OnHosts) -> tuple[str, ...]:
    """Return the hosts that drive: those that are named, else those that are there for it, else nobody where this machine can, else one of the platform's."""
    if generators:
        return tuple(name.strip() for name in generators.split(",") if name.strip())
    if there.there.inventory.generators:
        return tuple(host.name for host in there.there.inventory.generators)
    try:
        reaching.from_here(found)
    except PlanError:
        return (there.spare,)
    return ()


def judged(inventory: Path, name: str, result: Result) -> None:
    """Keep with the managers what a smoke test said of the version in force."""
    with changing(inventory, name) as (platform, _):
        if result.verdict == "invalid" or platform.deployment.plan.inputs.digest != result.plan_digest:
            return
        history.judge(platform.deployment, result.verdict, result.reasons)
        platform.held.store(printer.quiet)
