"""Load on a lab's cluster: the mixed scenario of loadtests, as on a desk."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.cluster.carry.kept import fetch
from infra.cluster.cluster import Cluster
from infra.cluster.parts.services import door
from infra.deployment import read_plan
from infra.inventory.check import check
from infra.inventory.reading import read
from infra.standin import TABLE
from loadtests.flow import Flow, flowing
from loadtests.perform import Say
from runtime.errors import PlanError
from runtime.run import run
from sizing.plan import Plan

LAUNCH_S = 120


@dataclass(frozen=True)
class Served:
    """A cluster as load tests see a deployment: reached by an address of this machine, its tools by way of a host."""

    plan: Plan
    folder: Path
    ssh: Path
    host: str
    address: str

    @property
    def urls(self) -> dict[str, str]:
        """The addresses that a person opens."""
        return {use: f"https://{name}:{self.ports[1]}/" for use, name in self.plan.platform.hosts.model_dump().items()}

    @property
    def ports(self) -> tuple[int, int]:
        """The published ports."""
        return self.plan.platform.ports.http, self.plan.platform.ports.https

    @property
    def ca_file(self) -> Path:
        """What its certificate is verified against."""
        return self.folder / "tls" / "ca.pem"

    def exec(self, service: str, argv: list[str], /, stdin: str = "") -> str:
        """Run ``argv`` in the newest container of ``service`` on the host."""
        name = f"label=com.docker.swarm.service.name={self.plan.platform.name}-{service}"
        script = f"sudo docker exec -i $(sudo docker ps -q -f {name} -f status=running | head -n 1) {' '.join(argv)}"
        return run(["ssh", "-F", str(self.ssh), "-o", "BatchMode=yes", self.host, script], stdin=stdin, timeout_s=LAUNCH_S).stdout


def cluster(plan: Path, inventory: Path) -> Cluster:
    """Return the cluster of a plan file and an inventory file."""
    whole, hosts = read_plan(plan), read(inventory)
    checked = check(hosts, whole)
    checked.refuse()
    if not checked.placement:
        raise PlanError("has no plan", where=str(plan))
    return Cluster(whole, hosts, checked.placement)


@contextmanager
def load(of: Cluster, lab: Path, say: Say, **asked: float) -> Iterator[Flow]:
    """Let load flow against a deployed cluster of the lab in the folder ``lab``; ``asked`` are members of Load."""
    with tempfile.TemporaryDirectory(prefix="ud-flow-") as name, led(door(of), of.plan.platform.ports.model_dump().values()) as here:
        served = Served(of.plan, fetch(of, Path(name)).folder, lab / "ssh_config", of.placement.hosts("web")[0], here)
        with flowing(served, say, **asked) as flow:
            yield flow


@contextmanager
def led(address: str, ports: Iterable[int]) -> Iterator[str]:
    """Yield an address of this machine from which ``ports`` lead to ``address``, in the same connections: load goes to this machine only."""
    (route,) = json.loads(run(["ip", "-json", "route", "get", address]).stdout)
    here = str(route["prefsrc"])
    rules = [
        ["OUTPUT", "--protocol", "tcp", "--destination", here, "--dport", str(port), "--jump", "DNAT", "--to-destination", f"{address}:{port}"]
        for port in ports
    ]
    try:
        for rule in rules:
            run([*TABLE, "--insert", *rule])
        yield here
    finally:
        for rule in rules:
            run([*TABLE, "--delete", *rule], check=False)
