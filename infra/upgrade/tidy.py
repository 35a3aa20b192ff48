"""Images that nobody goes back to are removed; those of the versions that are kept stay."""

from collections.abc import Callable, Iterable

from infra import history, images
from infra.deployment import Deployment, load, names
from runtime.errors import PlanError
from runtime.run import run

Say = Callable[[str], None]


def sweep(deployment: Deployment, tried: Iterable[str], say: Say) -> None:
    """Remove the images in ``tried``, and those of versions that are no longer kept."""
    gone = {reference for entry in history.entries(deployment) if not entry.good for reference in entry.note.images.values()}
    forget(deployment, {*tried, *gone}, say)


def forget(deployment: Deployment, references: Iterable[str], say: Say) -> None:
    """Remove ``references`` but those that a deployment of this machine runs or may go back to; what is still in use is tried the next time."""
    doubtful = {*references, *history.unneeded(deployment)} & images.here()
    try:
        unneeded = doubtful - {reference for name in names() for reference in _needed(load(name))}
    except PlanError as problem:
        say(f"no image is removed, since nobody can tell what is needed: {problem}")
        return
    kept = {reference for reference in unneeded if run(["docker", "image", "rm", reference], check=False).returncode}
    if unneeded - kept:
        say(f"removed {len(unneeded - kept)} images that no version needs")
    history.doubt(deployment, kept)


def _needed(deployment: Deployment) -> set[str]:
    """Return what a deployment runs, may go back to, or would build next."""
    return {*history.needed(deployment), *deployment.record().get("images", {}).values(), *images.wanted(deployment).values()}
