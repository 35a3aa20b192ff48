"""What an upgrade needs of a cluster's backups: one of before, and its tables where they must come back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from infra.cluster.keep import backup
from infra.cluster.keep.restore import restore
from infra.cluster.platform import Platform, Say
from infra.cluster.standing import looked
from infra.keep import choose
from infra.upgrade.perform import WHY

PATIENCE_S: Final = 1800
"""Of a backup or drill at work: nobody can write meanwhile, but giving up would help nobody either."""


class Keeper(Protocol):
    """Who backs up, and brings tables back."""

    def back_up(self, say: Say) -> str:
        """Take a backup and return its id; raises PlanError."""

    def tables_back(self, platform: Platform, snapshot: str, say: Say) -> str:
        """Put the tables of a backup in the place of those that are there, open the platform, and return where those that were there are."""


@dataclass(frozen=True)
class Backups:
    """The backups of the deployment ``name`` on the cluster of an ``inventory``, as 'plan backup' takes them and 'plan restore' brings them back."""

    inventory: Path
    name: str

    def back_up(self, say: Say) -> str:
        """Take a backup and return its id."""
        with looked(self.inventory, self.name) as there, backup.opened(there, wait_s=PATIENCE_S) as vault:
            return backup.take(vault, say, WHY).id

    def tables_back(self, platform: Platform, snapshot: str, say: Say) -> str:
        """Put its tables in their place; a backup that is gone is refused before anything is closed."""
        with looked(self.inventory, self.name) as there, backup.opened(there, wait_s=PATIENCE_S) as vault:
            chosen = choose.newest(vault.repository, wanted=snapshot)
            return restore(vault, platform, chosen, say, tables_alone=True).aside
