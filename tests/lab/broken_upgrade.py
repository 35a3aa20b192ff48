"""An upgrade of a cluster to a WordPress that takes no comment, in a process of its own: killed when it has loaded the tables that come back.

python -m tests.lab.broken_upgrade INVENTORY CONTEXTS
"""

import os
import signal
import sys
from pathlib import Path

from cli.cluster_upgrade import tested
from infra import images
from infra.cluster.keep import restore
from infra.cluster.standing import changing
from infra.cluster.upgrade.keeper import Backups
from infra.cluster.upgrade.perform import Attempt, begin
from runtime import printer


def main(inventory: Path, contexts: Path) -> None:
    """Build images from ``contexts``, roll out, test, go back, and end by a kill."""
    images.CONTEXTS = contexts
    restore._same_counts = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    with changing(inventory) as (platform, hosts):
        attempt = Attempt(platform, hosts, str(inventory), tested, Backups(inventory, ""), printer.say)
        attempt.carry_out(begin(platform, frozenset({"blogs"})))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
