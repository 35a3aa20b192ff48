"""A cluster: the plan, the hosts of the inventory, and who holds what."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from infra.inventory.connect import Reach, reaches
from infra.inventory.model import Inventory
from infra.inventory.placement import Placement
from sizing.plan import Plan

HOME: Final = Path("/var/lib/underdesk")
"""Where hosts keep what is ours."""
LABELS: Final = "underdesk."
"""What labels of swarm nodes begin with that are ours."""


@dataclass(frozen=True)
class Cluster:
    """What the hosts shall be."""

    plan: Plan
    inventory: Inventory
    placement: Placement
    lost: frozenset[str] = frozenset()
    """Hosts that did not answer when they were looked at: nobody waits for them again."""

    @property
    def name(self) -> str:
        """What the cluster is called."""
        return self.inventory.name

    @property
    def deployment(self) -> str:
        """What the deployment is called that it runs."""
        return self.plan.platform.name

    @cached_property
    def reach(self) -> Mapping[str, Reach]:
        """How each host is reached, in the order of the inventory."""
        return {one.name: one for one in reaches(self.inventory)}

    @property
    def managers(self) -> tuple[str, ...]:
        """The managers of the swarm, in the order of the inventory."""
        return self.placement.hosts("manager")

    @property
    def answering(self) -> Mapping[str, Reach]:
        """How each host is reached that is not lost."""
        return {name: reach for name, reach in self.reach.items() if name not in self.lost}

    def labels(self, host: str) -> dict[str, str]:
        """Return the labels of a host's node: what it may run."""
        return {f"{LABELS}{role}": "true" for role in self.placement.roles[host]}
