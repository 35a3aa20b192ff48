"""Looking for updates by itself, once a day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.deployment import Deployment
from infra.keep import memory
from infra.upgrade import check, updates
from runtime.errors import PlanError
from runtime.locks import lock

LAST: Final = "keep/last-updates.json"
EVERY: Final = timedelta(days=1)


def due(deployment: Deployment, now: datetime) -> bool:
    """Tell whether nobody has looked for a day, by hand or by itself, in vain or not; before the first deploy has ended there is nothing to look at."""
    found = updates.last(deployment.folder)
    looked = [_time(text) for text in (found.time if found else "", failure(deployment).get("failed_at", "")) if text]
    return bool(deployment.record().get("images")) and all(now - one >= EVERY for one in looked)


def look(deployment: Deployment, say: Callable[[str], None]) -> None:
    """Look for updates; a failure is recorded and said, never raised. Where a command works on the deployment, that goes first."""
    try:
        with lock(deployment.lock_file):  # only a look: a deploy need not wait until the archives have answered
            pass
    except PlanError as problem:
        say(f"not now: {problem}")
        return
    try:
        check.check(deployment, say)
    except PlanError as problem:
        memory.failed(deployment.folder / LAST, datetime.now(UTC), f"{problem}; {problem.hint}")
        say(f"note: {problem}")


def failure(deployment: Deployment) -> dict[str, Any]:
    """Return when (``failed_at``) and why (``problem``) looking has failed since updates were last found out; {} where it has not."""
    last, found = memory.last(deployment.folder / LAST), updates.last(deployment.folder)
    return last if "failed_at" in last and not (found and _time(found.time) >= _time(last["failed_at"])) else {}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
