"""What is said of upgrades, on a desk and of a cluster."""

from infra import images, standin
from infra.upgrade.perform import Outcome
from infra.upgrade.updates import lineage
from runtime import printer


def renewed(renew: frozenset[str]) -> list[str]:
    """Return the images that are built anew with ``renew``, in the order in which they are."""
    return [name for name in ("base", *images.PARENTS) if renew & {*lineage(name)}]


def steps(renew: frozenset[str]) -> list[str]:
    """Return what is done on a desk to take the packages of ``renew`` anew."""
    new = renewed(renew)
    running = [name for name in new if name not in images.PARENTS.values()]
    said = [f"build {', '.join(new)}", "take a backup", f"roll out {', '.join(running)}"]
    if "frontdoor" in running:
        said.append(standin.announcement())
    if "database" in running:
        said.append("the database restarts: requests wait for it")
    return [*said, "run the smoke test", "go back to what runs now if it fails"]


def report(outcome: Outcome, *, cluster: bool = False) -> None:
    """Say what became of an upgrade, on a desk or of a ``cluster``."""
    more = " --inventory" if cluster else ""
    if outcome.passed:
        printer.data(f"upgraded: {len(outcome.packages)} packages, and the {'test of the cluster' if cluster else 'smoke test'} passed")
        for line in outcome.packages:
            printer.data(f"  {line}")
        printer.data(f"  backup from before: {outcome.snapshot}")
        printer.say(f"next: plan status{more}; 'plan rollback{more}' goes back")
        return
    tables = ", with the tables of before" if outcome.tables else ""
    printer.data(f"rolled back: the platform runs what it ran before{tables}; nothing that people wrote is lost")
    for reason in outcome.reasons:
        printer.data(f"  {reason}")
    printer.data(f"  backup from before: {outcome.snapshot}")
    if outcome.aside:
        printer.data(f"  the database with the newer tables: {outcome.aside} (remove it when you no longer need it)")
    printer.say(f"next: plan status --check{more}; try again when newer packages are there: plan upgrade{more}")
