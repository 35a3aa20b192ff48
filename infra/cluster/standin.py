"""Stand-ins for the front doors of a cluster: one on each front-door host, so that new connections are taken while Swarm replaces the doors.

The rules are set on every such host, over SSH, the moving addresses included: an address stays where it is, since what
asks the front door on behalf of it is answered by the stand-in, too. Connections to the database are never led to one.
"""

import functools
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra import standin
from infra.cluster.carry.engines import Engines
from infra.cluster.cluster import Cluster
from infra.cluster.session import administer
from infra.deployment import Deployment
from infra.live import engine_client
from runtime.errors import PlanError
from runtime.run import last_line
from runtime.together import together


@dataclass(frozen=True)
class Doors:
    """The front doors of a deployment that has the engine of a manager; ``folder`` is the private one of a command."""

    cluster: Cluster
    folder: Path
    engines: Engines
    deployment: Deployment

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that have one."""
        return self.cluster.placement.hosts("frontdoor")

    def possible(self) -> bool:
        """Tell whether the engine's rules are there to be put before, on each of the hosts."""
        return all(standin.ENGINES_RULE in listing for listing in self._listings().values())

    @contextmanager
    def covered(self, image: str, say: Callable[[str], None]) -> Iterator[None]:
        """Let stand-ins from ``image`` take new connections inside the block; raises PlanError where one does not become healthy."""
        client = engine_client(self.deployment.engine)
        if not self.possible() or not standin.running(client, self.deployment):
            yield
            return
        self.clear()
        begun = standin.begin(client, self.deployment, image, {"Global": {}})
        try:
            found = standin.addresses({host: engine_client(self.engines.socket(host)) for host in self.hosts}, self.deployment, begun)
            until = datetime.now(UTC) + standin.RULES_LAST
            lead = {host: standin.rules(self.deployment.name, standin.ports(self.deployment), target, until) for host, target in found.items()}
            self._all({host: lines("--insert", wanted) for host, wanted in lead.items()})
            say(f"stand-ins take new connections on {', '.join(self.hosts)}")
            yield
        finally:
            self.clear()

    def clear(self) -> None:
        """Lead new connections to the front doors again, and let stand-ins end what they have begun, also those that a killed command left."""
        found = {host: standin.ours(self.deployment.name, listing) for host, listing in self._listings().items()}
        self._all({host: lines("--delete", there) for host, there in found.items() if there})
        standin.end(engine_client(self.deployment.engine), self.deployment)

    def _listings(self) -> dict[str, str]:
        return self._all(dict.fromkeys(self.hosts, f"{shlex.join(standin.LIST)} || true"))

    def _all(self, scripts: dict[str, str]) -> dict[str, str]:
        """Run a script on each host at once, and return what each said; raises PlanError where one fails."""
        return dict(zip(scripts, together([functools.partial(self._one, host, script) for host, script in scripts.items()]), strict=True))

    def _one(self, host: str, script: str) -> str:
        done = administer(self.cluster.reach[host], self.folder, script)
        if done.returncode:
            said = f"rules for the stand-in of the front door: {last_line(done.stderr)}"
            raise PlanError(said, where=host, hint="run the same command again; rules that were set end by themselves after ten minutes")
        return done.stdout


def lines(how: str, rules: list[list[str]]) -> str:
    """Return a script that inserts or deletes ``rules``; it ends where one fails."""
    return "\n".join(["set -e", *(shlex.join([*standin.TABLE, how, *rule]) for rule in rules)])
