"""A host leaves its work to others, and takes part again: its address, the writes of the database, its services.

What it was relieved of is written down on it first, so whoever comes after a command that was interrupted knows.
"""

import shlex
import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts import database
from infra.cluster.platform import Platform, Say
from infra.cluster.seen import condition, tells
from infra.cluster.session import administer
from infra.cluster.upgrade.kinds import ADDRESS, DATABASE, ENGINE
from infra.cluster.upgrade.pending import MARK
from runtime.errors import PlanError
from runtime.run import last_line

AWAY: Final = "/run/underdesk-addresses/away"
LEAVES: Final = "/run/underdesk-database-leaves"
"""Tells who asks that the server is about to be started again; counts for a minute (agent.py of the role ``database``)."""
BUSY: Final = (
    "mariadb --no-defaults --socket=/run/mysqld/mysqld.sock --batch --skip-column-names --execute="
    "\"SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('blogs', 'wiki') AND (command <> 'Sleep' OR time < 3)\" || echo 0"
)
DRAINED: Final = "drained"
LEAVE_S, DRAIN_S, LONG_S, PAUSE_S = 90.0, 300.0, 1800, 2.0
AGAIN: Final = "nothing else was touched; mend that, then run the same command again: it goes on there"


@dataclass(frozen=True)
class Leaving:
    """Takes hosts of a platform out of their work."""

    platform: Platform
    say: Say

    @property
    def cluster(self) -> Cluster:
        """The hosts."""
        return self.platform.work.cluster

    def leave(self, name: str, stopped: AbstractSet[str]) -> None:
        """Let others do what a host will stop doing, and return when they do."""
        holds = {role for role in self.cluster.placement.roles[name] if len(self.cluster.placement.hosts(role)) > 1}
        if not stopped & {ENGINE, DATABASE, ADDRESS}:
            return
        self.do(name, f"mkdir -p {MARK.rpartition('/')[0]}; touch {MARK}")
        if stopped & {ENGINE, ADDRESS} and "frontdoor" in holds:
            self._give_address_away(name)
        if DATABASE in stopped and "database" in holds and database.mode(self.cluster) == "galera":
            self._hand_over_writes(name)
        if ENGINE in stopped and len(self.cluster.reach) > 1:
            self._drain(name)

    def take_part(self, name: str) -> None:
        """Let a host have an address, writes and services again."""
        self.do(name, f"rm -f {AWAY} {LEAVES}")
        if self.do(name, f"grep -sx {DRAINED} {MARK} || true").strip():
            self._by_manager(name, "update --availability active")

    def forget(self, name: str) -> None:
        """Forget that a host was out of work."""
        self.do(name, f"rm -f {MARK}")

    def busiest(self) -> tuple[str, ...]:
        """Return the hosts whose turn costs people most: who is written to, and who has an address."""
        told = self._told()
        holders = condition.holders(self.cluster, told).values()
        return (*condition.members(self.cluster, told).writers, *(name for names in holders for name in names))

    def do(self, name: str, script: str) -> str:
        """Run a script as administrator of a host and return what it says; raises PlanError where it fails."""
        done = administer(self.cluster.reach[name], self.platform.work.folder, script, limit_s=LONG_S)
        if done.returncode:
            raise PlanError(last_line(done.stderr) or f"ended with {done.returncode}", where=name, hint=AGAIN)
        return done.stdout

    def _give_address_away(self, name: str) -> None:
        self.do(name, f"mkdir -p {AWAY.rpartition('/')[0]}; touch {AWAY}")
        _met(
            lambda: not any(name in there for there in condition.holders(self.cluster, self._told()).values()), LEAVE_S, name, "does not give its address away"
        )

    def _hand_over_writes(self, name: str) -> None:
        def handed_over() -> bool:
            self.do(name, f"touch {LEAVES}")
            return name not in condition.members(self.cluster, self._told()).writers and self.do(name, BUSY).strip() == "0"

        _met(handed_over, LEAVE_S, f"database on {name}", "front doors go on writing there")

    def _drain(self, name: str) -> None:
        """Send its services to others; a node that somebody has drained by hand stays as it is, afterwards, too."""
        if self._by_manager(name, "inspect --format '{{.Spec.Availability}}'").strip() == "active":
            self.do(name, f"echo {DRAINED} >>{MARK}")
            self.say(f"{name}: its services go to others")
            self._by_manager(name, "update --availability drain")
        tasks = "docker ps --quiet --filter label=com.docker.swarm.task"
        _met(lambda: not self.do(name, tasks).strip(), DRAIN_S, name, "its services do not end")

    def _by_manager(self, name: str, command: str) -> str:
        """Ask another manager of the swarm, where there is one, about the node that a host is now: one that was made anew is there twice by its name."""
        node = self.do(name, "docker info --format '{{.Swarm.NodeID}}'").strip()
        managers = sorted(self.cluster.managers, key=lambda one: one == name)
        return self.do(managers[0], f"docker node {command} {shlex.quote(node)}")

    def _told(self) -> Mapping[str, tells.Told]:
        return tells.ask(self.cluster.reach, self.platform.work.folder).told


def _met(condition_: Callable[[], bool], limit_s: float, where: str, otherwise: str) -> None:
    until = time.monotonic() + limit_s
    while not condition_():
        if time.monotonic() > until:
            raise PlanError(otherwise, where=where, hint=f"see 'plan status --inventory'; {AGAIN}")
        time.sleep(PAUSE_S)
