"""The switch of each front door of a cluster, by which writes are refused and allowed."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.cluster.cluster import Cluster
from infra.cluster.session import NONE_RUNS, administer, in_container
from infra.deployment import Deployment
from infra.inventory.connect import Reach
from infra.upgrade.writes import ASK_S, FILE, MASTER
from runtime.errors import PlanError
from runtime.run import Completed, last_line

KEEP: Final = "cat >{new} && chown --reference={file} {new} && chmod --reference={file} {new} && sync -f {new} && mv {new} {file}"


@dataclass(frozen=True)
class Switch:
    """The front door of a deployment on a host; ``folder`` is the private one of a command."""

    deployment: Deployment
    host: Reach
    folder: Path

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"front door on {self.host.name}"

    def keep(self, content: str) -> None:
        """Write the file: whole, or as it was."""
        file = self.deployment.place / FILE
        words = {"new": shlex.quote(str(file.with_name(f".{file.name}"))), "file": shlex.quote(str(file))}
        self._or_raise(administer(self.host, self.folder, KEEP.format(**words), content))

    def kept(self) -> str:
        """Return what is in the file; "" where there is none."""
        return self._or_raise(administer(self.host, self.folder, f"cat {shlex.quote(str(self.deployment.place / FILE))} 2>/dev/null || true"))

    def runs(self) -> bool:
        """Tell whether it runs."""
        done = self._inside(["true"])
        if done.returncode != NONE_RUNS:
            self._or_raise(done)
        return done.returncode == 0

    def ask(self, command: str) -> str:
        """Return what its master process answers."""
        return self._or_raise(self._inside([*MASTER], f"{command}\n"))

    def _inside(self, argv: list[str], stdin: str = "") -> Completed:
        return in_container(self.host, self.folder, self.deployment.service("frontdoor"), argv, stdin, limit_s=ASK_S)

    def _or_raise(self, done: Completed) -> str:
        if done.returncode:
            raise PlanError(last_line(done.stderr) or f"ended with {done.returncode}", where=self.name, hint="see 'plan status --inventory'")
        return done.stdout


def switches(cluster: Cluster, folder: Path, deployment: Deployment) -> tuple[Switch, ...]:
    """Return that of every front door."""
    return tuple(Switch(deployment, cluster.reach[name], folder) for name in cluster.placement.hosts("frontdoor"))
