"""The copy of the binary log on a second disk or another host: where it is, and how far behind."""

from pathlib import Path

from infra.deployment import Deployment
from runtime.errors import PlanError

ROLE = "binlogs"


def lag(deployment: Deployment) -> float | None:
    """Return by how many seconds the copy is behind; None where there is none, or nobody can tell."""
    if not deployment.plan.platform.backup.changes_to:
        return None
    try:
        return float(deployment.exec(ROLE, ["underdesk-binlogs", "lag"], timeout_s=30))
    except (PlanError, ValueError):
        return None


def folder(deployment: Deployment) -> Path | None:
    """Return the folder that holds a folder of binary log files for each timeline; None where none is copied, or to another host."""
    place = deployment.plan.platform.backup.changes_to
    return Path(place) / deployment.name if place.startswith("/") else None


def spool(deployment: Deployment) -> Path:
    """Return where the newest files are until they are copied."""
    return deployment.folder / "changes"


def known_hosts(deployment: Deployment) -> str:
    """Return the pinned key of the other host, as ssh reads it; '' before the first use."""
    path = known_hosts_file(deployment)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def known_hosts_file(deployment: Deployment) -> Path:
    """Return where the key of the other host is pinned."""
    return deployment.folder / "known_hosts"


def folders(deployment: Deployment) -> tuple[Path, ...]:
    """Return the folders that the copying service needs on this machine."""
    if not deployment.plan.platform.backup.changes_to:
        return ()
    copies = folder(deployment)
    return (spool(deployment), copies) if copies else (spool(deployment),)
