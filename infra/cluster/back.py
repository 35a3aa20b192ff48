"""Going back on a cluster: to a version that ran, by the same path as a deploy, with the images that its hosts have."""

from dataclasses import dataclass

from infra import history
from infra.cluster import platform as platforms
from infra.cluster.carry import spread
from infra.cluster.platform import Done, Platform, Proposal, Say
from infra.inventory.model import Inventory
from infra.rollback import WayBack, way_back


@dataclass(frozen=True)
class Back:
    """The version to go back to, and the platform as it will be then."""

    way: WayBack
    platform: Platform

    def apply(self, proposal: Proposal, say: Say) -> Done:
        """Go; what is left on the way is marked first, so that an interrupted rollback goes on to the same version."""
        history.leave(self.platform.deployment, self.way.entry)
        return self.platform.apply(proposal, say)

    def record(self, *, upgrading: bool = False) -> None:
        """Keep it as the version in force; raises HostsError where it is not. ``upgrading``: it is a step of an upgrade that goes on."""
        self.platform.verify()
        self.platform.record(f"rollback to {self.way.entry.number}", passed=self.way.entry.note.verdict == "passed", upgrading=upgrading)


def back(platform: Platform, inventory: Inventory, name: str, number: int = 0) -> Back:
    """Return the way to version ``number``, or to the last good one; ``name`` is what errors call the inventory.

    Raises PlanError where there is none, where no host has an image of it, or the hosts cannot hold its plan.
    """
    work = platform.work
    there = {reference for held in spread.look(work.cluster, work.folder).values() for reference in held}
    way = way_back(platform.deployment, number, there)
    return Back(way, platform.toward(platforms.checked(inventory, way.deployment.plan, name), way.deployment))
