"""``plan test … --inventory``: the same tests, on the hosts of a cluster."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from infra import history
from infra.cluster.cluster import LABELS
from infra.cluster.standing import changing
from infra.cluster.tested import Tested, kept, tested
from loadtests.deployment import Deployment
from loadtests.elsewhere import cluster, reaching
from loadtests.elsewhere.cluster import OnHosts
from loadtests.scale import confine
from loadtests.surroundings import Pages, Surroundings
from loadtests.verdict import Result
from runtime import printer
from runtime.errors import PlanError


@contextmanager
def deployed(inventory: Path, name: str, generators: str = "", processes: int = 1, *, driven: bool = True) -> Iterator[Deployment]:
    """Give the deployment on the cluster of ``inventory``, with who drives made ready where it shall be ``driven``; where not, it need not be well."""
    with ExitStack() as held:
        with printer.step("Looking at the platform, and at who drives") as say:
            if driven:
                _as_it_was(inventory, name, say)
            there = held.enter_context(tested(inventory, name, anyhow=not driven))
            found, around = _on_hosts(there)
            if driven:
                names = _driving(there, generators, found)
                crew = cluster.crew(found, there.drivers(names), processes, say)
                notes = cluster.notes(there.there.cluster.name, names, tuple(there.there.cluster.reach))
                found = replace(found, surroundings=replace(around, crew=crew, notes=notes))
                for note in notes:
                    say(note)
        yield found


def _on_hosts(there: Tested) -> tuple[OnHosts, Surroundings]:
    around = Surroundings(there.own, there.places, pages=Pages(there.there.cluster.placement.hosts("web"), f"{LABELS}web"))
    return OnHosts(there.deployment, there.folder, there.exec, around), around


def _as_it_was(inventory: Path, name: str, say: Callable[[str], None]) -> None:
    """Bring back what a test of scaling that was killed has changed, and left written down here: as it is the platform is not whole."""
    if not any(kept().glob(f"*/*/{confine.JOURNAL}")):
        return
    with tested(inventory, name, anyhow=True) as there:
        for line in confine.cleaned(_on_hosts(there)[0]):
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
