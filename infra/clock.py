"""Whether this machine's clock can be right: it is compared with what has happened already."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from infra import certificates
from infra.deployment import Deployment

CHECKOUT: Final = Path(__file__).resolve().parent.parent
SLACK: Final = timedelta(minutes=1)
LONG: Final = timedelta(days=2 * 365)
MEND: Final = "set the clock, and let it be kept (systemd-timesyncd, chrony); then run the same command again"


def behind(deployment: Deployment | None = None) -> str:
    """Return why the clock must be behind, "" where nothing says so: this checkout, the last deploy and its certificate are never of tomorrow."""
    now = datetime.now(UTC)
    done = {"this checkout was written": _written(), **(_done(deployment) if deployment else {})}
    what, when = max(done.items(), key=lambda item: item[1])
    return f"the clock says {now:%Y-%m-%d %H:%M} UTC, but {what} on {when:%Y-%m-%d %H:%M}" if now < when - SLACK else ""


def ahead(deployment: Deployment) -> list[str]:
    """Return a line where so long has passed since the last deploy that the clock may be ahead; nobody can be sure of that."""
    now, done = datetime.now(UTC), _done(deployment)
    last = max(done.values(), default=now)
    if now - last < LONG:
        return []
    return [f"the clock says {now:%Y-%m-%d}, {(now - last).days // 365} years after the last deploy: is it right?"]


def _written() -> datetime:
    newest = max(path.stat().st_mtime for path in (CHECKOUT / "infra").glob("*.py"))
    return datetime.fromtimestamp(newest, UTC)


def _done(deployment: Deployment) -> dict[str, datetime]:
    found = {f"{deployment.name} was deployed": _applied(deployment), "its certificate begins": certificates.begins(deployment.folder)}
    return {what: when for what, when in found.items() if when}


def _applied(deployment: Deployment) -> datetime | None:
    try:
        return datetime.fromisoformat(str(deployment.record().get("applied_at"))).astimezone(UTC)
    except (ValueError, OSError):
        return None
