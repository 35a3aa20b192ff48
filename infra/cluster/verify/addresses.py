"""Whether the addresses that move between front doors are where they should be: asked of the hosts themselves."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from testinfra.host import Host

from infra.cluster.cluster import Cluster
from infra.cluster.session import testinfra
from infra.cluster.verify.platform import Shortfall
from runtime.together import together

UNIT: Final = "keepalived.service"
COMMAND: Final = "/usr/local/sbin/underdesk-addresses"


def checks(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    """Say what is not as planned on a front door."""
    if not cluster.inventory.front_door.addresses or name not in cluster.placement.hosts("frontdoor"):
        return
    if host.run("systemctl is-active %s", UNIT).rc:
        yield f"addresses do not move: {UNIT} does not run; there: sudo systemctl start keepalived"
    if host.run("systemctl is-enabled %s", UNIT).rc:
        yield "addresses do not move after a boot; there: sudo systemctl enable keepalived"


def between(cluster: Cluster, folder: Path) -> Iterator[Shortfall]:
    """Say which address no front door has though one answers, and which several have."""
    doors = cluster.placement.hosts("frontdoor")
    said = dict(zip(doors, together([functools.partial(_held, cluster, name, folder) for name in doors]), strict=True))
    answering = [name for name, (_addresses, answers) in said.items() if answers]
    for address in cluster.inventory.front_door.addresses:
        holders = [name for name, (addresses, _answers) in said.items() if address in addresses]
        if len(holders) > 1:
            yield Shortfall(holders[0], f"{address} is also on {' and '.join(holders[1:])}: do the front doors hear each other?")
        if not holders and answering:
            yield Shortfall(answering[0], f"the front door answers here, and no host has {address}: see 'journalctl -u keepalived'")


def _held(cluster: Cluster, name: str, folder: Path) -> tuple[set[str], bool]:
    """Return which addresses a host has, and whether its front door answers."""
    reach = cluster.reach[name]
    with testinfra(reach, folder) as host:
        addresses = {line.split()[3].partition("/")[0] for line in host.check_output("ip -o address show").splitlines()}
        return addresses, not host.run("%s answers %s %s", COMMAND, reach.address, str(cluster.plan.platform.ports.http)).rc
