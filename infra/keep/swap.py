"""What was made beside the platform takes the place of what is there; what was there stays, aside."""

import os
from pathlib import Path
from time import monotonic, sleep

from docker.models.services import Service

from infra import live
from infra.deployment import Deployment
from infra.program import LABEL
from infra.stack import wanted
from runtime.errors import PlanError
from runtime.run import run

STAY = ("frontdoor", "mail")
STOP_S = 300
PAUSE_S = 0.3


def close(deployment: Deployment, keep: tuple[str, ...] = ()) -> None:
    """Stop every service but the front door, mail and ``keep``, and return when their containers are gone; people see that it is closed."""
    going = [service for service in _services(deployment) if _role(deployment, service) not in (*STAY, *keep)]
    for service in going:
        service.scale(0)
    end = monotonic() + STOP_S
    while any(_containers(service) for service in going):
        if monotonic() > end:
            raise PlanError("does not stop", where=deployment.name, hint="see 'docker service ps', then run the same command again")
        sleep(PAUSE_S)


def open_again(deployment: Deployment) -> None:
    """Start what ``close`` has stopped, with as many replicas as planned."""
    replicas = {service.role: service.replicas for service in wanted(deployment).services}
    for service in _services(deployment):
        role = _role(deployment, service)
        if role in replicas and role not in STAY:
            service.scale(replicas[role])


def runs(deployment: Deployment) -> bool:
    """Tell whether its services are there."""
    return live.engine_answers() and bool(_services(deployment))


def swap(staged: Path, present: Path, aside: Path) -> None:
    """Move each folder of ``staged`` to where ``present`` has one of that name, and that one to ``aside``.

    Killed at any point it is completed by being called again.
    """
    aside.mkdir(mode=0o700, exist_ok=True)
    os.sync()
    for folder in sorted(staged.iterdir()) if staged.is_dir() else []:
        there, away = present / folder.name, aside / folder.name
        if there.exists() and not away.exists():
            there.rename(away)
        folder.rename(there)
    os.sync()


def _services(deployment: Deployment) -> list[Service]:
    return list(live.engine_client().services.list(filters={"label": f"{LABEL}={deployment.name}"}))


def _role(deployment: Deployment, service: Service) -> str:
    return str(service.name).removeprefix(f"{deployment.name}-")


def _containers(service: Service) -> str:
    return run(["docker", "ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={service.name}"]).stdout.strip()
