"""Going back to a version that ran: its plan, its packages and the very images, by the same path as a deploy."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from infra import deploy as deploying
from infra import history, images
from infra.deployment import Deployment
from infra.history import Entry
from infra.version import Version
from runtime.errors import PlanError


@dataclass(frozen=True)
class WayBack:
    """The version to go back to, and the deployment as it will be then."""

    entry: Entry
    deployment: Deployment


def way_back(deployment: Deployment, number: int = 0, there: AbstractSet[str] | None = None) -> WayBack:
    """Return the way to version ``number``, or to the last good one; raises PlanError where there is none.

    ``there`` are the references of the images that can be had: on a desk (None) those of its engine.
    """
    entry = history.numbered(deployment, number) if number else history.last_good(deployment)
    plan = entry.plan
    lost = sorted(set(entry.note.images.values()) - (images.here() if there is None else there))
    if lost and not plan.platform.registry:
        raise PlanError(
            f"{len(lost)} images of {entry} are no longer here: {', '.join(lost)}",
            where=deployment.name,
            hint="they cannot be made again as they were; choose another version with --to, or 'plan upgrade --all' for new ones",
        )
    before = replace(deployment, plan=plan, to=Version(as_of=entry.packages.as_of))
    return WayBack(entry, replace(before, to=Version(as_of=entry.packages.as_of, held=images.held(before, entry.note.images))))


def go_back(way: WayBack, proposal: deploying.Proposal, say: deploying.Say) -> list[str]:
    """Apply the way back; what is left on it is marked first, so that an interrupted rollback goes on to the same version."""
    history.leave(way.deployment, way.entry)
    changed = deploying.apply(way.deployment, proposal, say, f"rollback to {way.entry.number}")
    if way.entry.note.verdict == "passed":
        history.judge(way.deployment, "passed")
    return changed
