"""Where a platform is that a test, or test content, goes to: on this machine or on the hosts of a cluster."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from infra import deployment as deployments
from infra import live
from loadtests.deployment import Deployment
from runtime.errors import PlanError
from runtime.locks import lock


@dataclass(frozen=True)
class Where:
    """Which deployment: ``name``, on this machine or the hosts of ``inventory``, of which ``generators`` drive with ``processes`` each."""

    name: str
    inventory: Path | None = None
    generators: str = ""
    processes: int = 1

    @contextmanager
    def deployed(self, *, driven: bool = True, changes: bool = False) -> Iterator[Deployment]:
        """Give the deployment, and let who drives be ready where it shall be ``driven``; no deploy works on a cluster beside a test that ``changes`` it."""
        if self.generators and not self.inventory:
            raise PlanError("names hosts of an inventory", where="--generators", hint="name it: --inventory cluster.yaml", exit_code=2)
        if self.inventory:
            from cli.cluster_test import Driving, deployed  # noqa: PLC0415 - imported when needed

            with deployed(self.inventory, self.name, Driving(self.generators, self.processes) if driven else None, changes=changes) as found:
                yield found
        else:
            there = deployments.load(self.name)
            live.engine_client()  # without an engine there is no answer about the platform
            yield there


def alone(deployment: Deployment) -> AbstractContextManager[None]:
    """Keep deploys away while what was deployed changes; of a cluster that was given so they are already."""
    return lock(deployment.lock_file) if isinstance(deployment, deployments.Deployment) else nullcontext()
