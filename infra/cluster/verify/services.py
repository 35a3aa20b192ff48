"""Whether who serves pages on a host can: asked of each container itself, by a page that needs the database."""

from collections.abc import Iterator
from typing import Final

from testinfra.host import Host

from infra.cluster.cluster import Cluster

SERVING: Final = ("blogs", "wiki")
PAGE: Final = r"""exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET /underdesk-health HTTP/1.0\r\nHost: localhost\r\n\r\n" >&3
read -r -t 9 _ status _ <&3; test "$status" = 200"""
"""What front doors ask for; a container's own health says, once it has served, no more than that it answers."""
ASK: Final = f"""for one in $(docker ps --quiet --filter label=com.docker.swarm.service.name=%s); do
for try in 1 2 3; do timeout 12 docker exec "$one" bash -c '{PAGE}' && continue 2; sleep 2; done; exit 1; done"""
"""Where a writer has just been lost the next one is there after seconds."""


def checks(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    """Say which of them on a host cannot."""
    if name in cluster.placement.hosts("web"):
        for role in SERVING:
            if host.run(ASK, f"{cluster.deployment}-{role}").rc:
                yield f"{role}: its container here shows no page that needs the database; 'docker logs' there says why"
