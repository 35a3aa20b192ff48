"""How old the images are and what is open, for whoever asks how the platform is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from docker.errors import ImageNotFound

from infra import history, live
from infra.deployment import Deployment
from infra.upgrade import daily, settle, updates
from infra.upgrade.updates import Found

SECONDS_OF = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class State:
    """``built``: when each image that runs was made, which is as of when its packages are; ``found``: the last check; ``failure``: of a later one."""

    built: dict[str, datetime]
    found: Found | None
    version: str
    refusal: str
    failure: dict[str, Any] = field(default_factory=dict)

    def lines(self, now: datetime) -> list[str]:
        """Return it in words."""
        return [*self._version(), self._age(now), f"{self._updates()}{self._failed()}", *([f"upgrade      {self.refusal}"] if self.refusal else [])]

    def document(self) -> dict[str, object]:
        """Return it for a program."""
        return {
            "version": self.version or None,
            "packages_as_of": {name: built.isoformat() for name, built in self.built.items()},
            "updates": self.found.model_dump(mode="json", exclude={"schema_"}) if self.found else None,
            "updates_failed": {"time": self.failure["failed_at"], "problem": self.failure["problem"]} if self.failure else None,
            "writes_refused": bool(self.refusal),
        }

    def _version(self) -> list[str]:
        return [f"running      {self.version}"] if self.version else []

    def _age(self, now: datetime) -> str:
        if not self.built:
            return "packages     of unknown age: the images are not here"
        oldest = min(self.built, key=lambda name: self.built[name])
        days = (now - self.built[oldest]).days
        return f"packages     as of {self.built[oldest]:%Y-%m-%d}, {days} day{'' if days == 1 else 's'} (oldest image: {oldest})"

    def _updates(self) -> str:
        if self.found is None:
            return "updates      never checked: plan upgrade --check"
        inside, others = self.found.security(host=False), self.found.others()
        host = self.found.security(host=True) - inside
        when = _minute(self.found.time)
        if not (inside or others or host):
            return f"updates      none was open on {when}"
        return f"updates      open: {inside} security and {others} other in the images, {host} security on this host (checked {when})"

    def _failed(self) -> str:
        return f"; looking FAILED on {_minute(self.failure['failed_at'])}: {self.failure['problem']}" if self.failure else ""


def _minute(time: str) -> str:
    return f"{time[:16].replace('T', ' ')} UTC"


def state(deployment: Deployment) -> State:
    """Return the state of what ``deployment`` runs."""
    kept = history.entries(deployment)
    return State(_built(deployment), updates.last(deployment.folder), str(kept[-1]) if kept else "", settle.refusal(deployment), daily.failure(deployment))


def _built(deployment: Deployment) -> dict[str, datetime]:
    client, found = live.engine_client(), {}
    for name, reference in deployment.record().get("images", {}).items():
        try:
            created = client.images.get(reference).attrs["Created"]
        except ImageNotFound:
            continue
        found[name] = datetime.strptime(created[:19], SECONDS_OF).replace(tzinfo=UTC)
    return found
