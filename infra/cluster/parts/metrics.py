"""Metrics of a cluster: what each host tells, who asks, and when somebody is to look; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders
from infra.cluster.parts.files import volume
from infra.inventory.ports import DATABASE_HEALTH, NODE_EXPORTER, PROMETHEUS

EVERY_S: Final = 15
KEPT_DAYS, KEPT_GIB = 90, 5
WINDOW_S: Final = 60
"""So far back the front door's log is read for each number."""
DISK_LEFT, MEMORY_LEFT, BUSY = 0.10, 0.05, 0.95
FULL_IN_DAYS, GROWTH_S = 4, 6 * 3600
"""How a disk grows says something after hours; in the first ones it is filled by what is installed."""
BURN: Final = 14.4
"""So many times faster than allowed are errors made before somebody is called (Site Reliability Workbook, Beyer et al. 2018, chapter 5)."""
MOST_ERRORS: Final = 0.5


@dataclass(frozen=True)
class Rule:
    """An alert: an expression of Prometheus that holds for some seconds, and what it says; ``<host>`` is a label of what was found."""

    name: str
    expression: str
    for_s: int
    says: str
    severity: str = "critical"


def variables(cluster: Cluster) -> dict[str, Any]:
    """Return what playbooks/metrics.yml needs."""
    return {
        "metrics_every_s": EVERY_S,
        "metrics_asks": {name: _asks(cluster, name) for name in cluster.reach},
        "metrics_addresses": {name: reach.address for name, reach in cluster.reach.items()},
        "metrics_exporter_port": NODE_EXPORTER,
        "metrics_port": PROMETHEUS,
        "metrics_kept_days": KEPT_DAYS,
        "metrics_kept_gib": KEPT_GIB,
        "metrics_cluster": cluster.name,
        "metrics_rules": [vars(rule) for rule in rules(cluster)],
    }


def rules(cluster: Cluster) -> tuple[Rule, ...]:
    """Return when somebody is to look: what is about to give, by the plan's own targets where it has them."""
    return (*_hosts(), *_store(cluster), *_database(cluster), *_door(cluster))


def _asks(cluster: Cluster, name: str) -> dict[str, Any]:
    """Return what a host tells of what it holds."""
    roles, replicated = cluster.placement.roles[name], folders.replicated(cluster)
    found: dict[str, Any] = {}
    if replicated and name in folders.bricks(cluster):
        found["part"] = {"volume": volume(cluster), "brick": str(folders.folder(cluster) / "store" / "brick")}
    if name in folders.mounting(cluster):
        found["folder"] = str(folders.data(cluster))
    if "database" in roles:
        found["database"] = f"http://{_host(cluster.reach[name].address)}:{DATABASE_HEALTH}/"
    if "frontdoor" in roles:
        found["addresses"] = list(cluster.inventory.front_door.addresses)
        found["door"] = {"service": f"{cluster.plan.platform.name}-frontdoor", "window_s": WINDOW_S}
    return found


def _hosts() -> Iterator[Rule]:
    disk = 'node_filesystem_{}_bytes{{fstype!~"tmpfs|ramfs|squashfs|fuse.*",mountpoint!~"/run.*|/etc/.*|/boot.*|/handover.*"}}'
    yield Rule("HostGone", "up == 0", 60, "<host> does not answer")
    yield Rule("DiskFull", f"{disk.format('avail')} / {disk.format('size')} < {DISK_LEFT}", 300, "<host>: <mountpoint> is nearly full")
    days = FULL_IN_DAYS * 86_400
    known = f"count_over_time({disk.format('avail')}[1d]) > {GROWTH_S // EVERY_S}"
    soon = f"predict_linear({disk.format('avail')}[1d], {days}) < 0 and {known}"
    yield Rule("DiskFullSoon", soon, 3600, f"<host>: <mountpoint> is full within {FULL_IN_DAYS} days, as it grows", "warning")
    memory = f"node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < {MEMORY_LEFT}"
    yield Rule("MemoryShort", memory, 600, "<host> has hardly any memory left")
    busy = f'1 - avg by (host) (rate(node_cpu_seconds_total{{mode="idle"}}[5m])) > {BUSY}'
    yield Rule("ProcessorsBusy", busy, 900, "<host>: all processors are busy", "warning")
    yield Rule("Silent", f"time() - underdesk_told_seconds > {8 * EVERY_S}", 60, "<host> does not tell how its services are", "warning")


def _store(cluster: Cluster) -> Iterator[Rule]:
    if not folders.replicated(cluster):
        return
    yield Rule("FilesNotThere", "underdesk_files_mounted == 0", 60, "<host> has no uploads: see 'journalctl -u underdesk-files' there")
    yield Rule("FilesPartLost", "underdesk_files_part_runs == 0", 180, "<host> does not keep files: one more loss stops uploads")
    yield Rule("FilesBehind", "underdesk_files_waiting > 0", 1800, "<host> has files that another host still misses", "warning")


def _database(cluster: Cluster) -> Iterator[Rule]:
    members = len(cluster.placement.hosts("database"))
    yield Rule("DatabaseNotSynced", "underdesk_database_healthy == 0", 60, "<host>: the database does not take part", "warning")
    yield Rule("DatabaseGone", "sum(underdesk_database_healthy) == 0", 15, "no database serves")
    if members > 1:
        yield Rule("DatabaseAlone", f"sum(underdesk_database_healthy) < {members}", 300, "one more loss of a database host stops the platform, or writes")


def _door(cluster: Cluster) -> Iterator[Rule]:
    targets = cluster.plan.targets
    most = min(BURN * (1 - targets.availability_percent / 100), MOST_ERRORS)
    served = "sum(underdesk_front_door_requests)"
    failed = f"sum(underdesk_front_door_failed) / ({served} > 0)"
    yield Rule("DoorFails", f"{failed} > {most:.6g}", 120, f"more than {most:.2%} of all requests fail: at this rate the plan's availability is missed")
    slow = f"max(underdesk_front_door_page_p95_seconds) > {targets.page_p95_ms / 1000:.6g}"
    yield Rule("PagesSlow", slow, 300, f"the p95 of pages is above the plan's target of {targets.page_p95_ms:.0f} ms")
    yield Rule("DoorGone", "sum(underdesk_front_door_runs) == 0", 30, "no front door runs")
    if cluster.inventory.front_door.addresses:
        yield Rule("AddressNowhere", "sum by (address) (underdesk_address_held) == 0", 30, "no front door has <address>")
        yield Rule("AddressTwice", "sum by (address) (underdesk_address_held) > 1", 30, "two front doors have <address>")


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
