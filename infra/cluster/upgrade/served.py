"""A platform on a cluster as a test sees a deployment: its front door comes to an address of this machine, by way of a host that may see it."""

import http.client
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from infra import reach
from infra.cluster.carry.door import Door
from infra.cluster.parts.services import door
from infra.cluster.platform import Platform
from infra.cluster.session import NONE_RUNS, in_container
from infra.deployment import LOOPBACK, Deployment
from infra.inventory.connect import Reach
from runtime.errors import PlanError
from runtime.run import last_line

PROGRAM: Final = Path(__file__).with_name("relay.py")
FORBIDDEN: Final = 403
WORSE: Final = 400
EXEC_S: Final = 120


@dataclass(frozen=True)
class Served(Deployment):
    """The deployment as it is reached here; its services' programs are run on ``host``."""

    host: Reach | None = None
    connections: Path = Path()

    def exec(self, role: str, argv: list[str], stdin: str = "", timeout_s: float = EXEC_S) -> str:
        """Run ``argv`` in a container of ``role`` and return its stdout."""
        if self.host is None:  # pragma: no cover - there is one
            raise AssertionError
        done = in_container(self.host, self.connections, self.service(role), argv, stdin, limit_s=timeout_s)
        if done.returncode:
            raise PlanError(
                "no container runs" if done.returncode == NONE_RUNS else last_line(done.stderr),
                where=f"{self.service(role)} on {self.host.name}",
                hint="see 'plan status --inventory'",
            )
        return done.stdout

    @property
    def closed(self) -> bool:
        """Whether the internal pages are closed for the cluster's own hosts: then nobody can be tested there."""
        with suppress(OSError, http.client.HTTPException):
            return reach.fetch(self, "internal")[0] == FORBIDDEN
        return False


@contextmanager
def served(platform: Platform) -> Iterator[Served]:
    """Give the platform by its front doors' address, in connections that begin on a host that serves pages.

    Of those hosts on one that internal pages are open for: from the host that has the address itself, connections come as from a container.
    """
    cluster = platform.work.cluster
    *hosts, last = cluster.placement.hosts("web")
    for host in hosts:
        with _led(platform, host, door(cluster)) as found:
            if not found.closed:
                yield found
                return
    with _led(platform, last, door(cluster)) as found:
        yield found


def doors_answer(platform: Platform) -> tuple[str, ...]:
    """Return what is not well about the pages of each front door, asked on its own host; one that answers that they are closed for it answers."""
    cluster = platform.work.cluster
    return tuple(line for host in cluster.placement.hosts("frontdoor") for line in _of_door(platform, host, cluster.reach[host].address))


def _of_door(platform: Platform, host: str, address: str) -> Iterator[str]:
    with _led(platform, host, address) as here:
        for role in here.urls:
            try:
                status, _ = reach.fetch(here, role)
            except (OSError, http.client.HTTPException) as problem:
                yield f"the front door of {host} does not answer {role}: {problem}"
                continue
            if status >= WORSE and status != FORBIDDEN:
                yield f"the front door of {host} answers {role} with {status}"


def _silent(_client: socket.socket, _why: str) -> None:
    """Say nothing: whoever asks is told by the end of the connection."""


@contextmanager
def _led(platform: Platform, host: str, address: str) -> Iterator[Served]:
    """Let a port of this machine lead to the HTTPS port of ``address``, from ``host``."""
    folder, one = platform.work.folder, platform.work.cluster.reach[host]
    words = ["python3", "-I", "-c", shlex.quote(PROGRAM.read_text(encoding="utf-8")), address, str(platform.deployment.ports[1])]
    listener = socket.create_server((LOOPBACK, 0))
    port = listener.getsockname()[1]
    lead = Door(one, folder, listener, words, _silent)
    try:
        here = replace(platform.deployment, address=LOOPBACK, published=(port, port))
        yield Served(**vars(here), host=one, connections=folder)
    finally:
        lead.close()
