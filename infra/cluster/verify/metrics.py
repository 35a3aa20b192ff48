"""Whether every host tells how it is, and is asked: asked of the hosts themselves."""

import json
from collections.abc import Iterator
from typing import Any, Final

from testinfra.host import Host

from infra.cluster.cluster import Cluster
from infra.inventory.ports import PROMETHEUS

TELLING: Final = ("underdesk-metrics.service", "prometheus-node-exporter.service")
ASKING: Final = "prometheus.service"
ALERTS: Final = "underdesk"


def checks(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    """Say what of the metrics is not as planned on a host."""
    collects = name in cluster.placement.hosts("metrics")
    for unit in (*TELLING, *((ASKING,) if collects else ())):
        if host.run("systemctl is-active %s", unit).rc:
            yield f"{unit} does not run; there: sudo systemctl start {unit}"
    if collects:
        yield from _asked(cluster, name, host)


def _asked(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    address = cluster.reach[name].address
    at = f"http://{f'[{address}]' if ':' in address else address}:{PROMETHEUS}/api/v1"
    targets = _told(host, f"{at}/targets?state=active").get("activeTargets", [])
    seen = {one["labels"].get("host", ""): one for one in targets}
    for other in cluster.reach:
        if other not in seen:
            yield f"Prometheus does not ask {other}"
        elif seen[other]["health"] == "down":
            yield f"Prometheus does not reach {other}: {seen[other]['lastError'][:100]}"
    if ALERTS not in {group["name"] for group in _told(host, f"{at}/rules").get("groups", [])}:
        yield "Prometheus has no alerts"


def _told(host: Host, url: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(host.run("curl --silent --globoff --max-time 5 %s", url).stdout)
    except ValueError:
        return {}
    found = said.get("data")
    return found if isinstance(found, dict) else {}
