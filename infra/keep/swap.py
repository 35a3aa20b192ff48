"""What was made beside the platform takes the place of what is there; what was there stays, aside."""

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

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
    going = [role for role in _planned(deployment) if role not in keep]
    _scale(deployment, dict.fromkeys(going, 0))
    end = monotonic() + STOP_S
    while any(_containers(deployment.service(role)) for role in going):
        if monotonic() > end:
            raise PlanError("does not stop", where=deployment.name, hint="see 'docker service ps', then run the same command again")
        sleep(PAUSE_S)


def open_again(deployment: Deployment) -> None:
    """Start what ``close`` has stopped, with as many replicas as planned."""
    _scale(deployment, _planned(deployment))


def wait_until_open(deployment: Deployment) -> None:
    """Return when as many tasks run as are planned; raises PlanError where they do not."""
    end = monotonic() + STOP_S
    while missing := [role for role, (running, planned) in live.tasks(deployment).items() if running < planned]:
        if monotonic() > end:
            raise PlanError(f"{', '.join(sorted(missing))} does not start", where=deployment.name, hint="see 'plan logs', then run the same command again")
        sleep(PAUSE_S)


def runs(deployment: Deployment) -> bool:
    """Tell whether its services are there."""
    return live.engine_answers() and bool(_services(deployment))


def swap(staged: Path, present: Path, aside: Path) -> None:
    """Move each folder of ``staged`` to where ``present`` has one of that name, and that one to ``aside``.

    Killed at any point it is completed by being called again. Where a move fails, those of this call are undone: raises
    OSError, and ``aside`` is gone unless an earlier call had begun.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        aside.mkdir(mode=0o700, exist_ok=True)
        os.sync()
        for folder in sorted(staged.iterdir()) if staged.is_dir() else []:
            there, away = present / folder.name, aside / folder.name
            if there.exists() and not away.exists():
                moved.append((there, there.rename(away)))
            moved.append((folder, folder.rename(there)))
    except OSError:
        for before, now in reversed(moved):
            now.rename(before)
        with suppress(OSError):  # of an earlier call something is in it
            aside.rmdir()
        raise
    os.sync()


def _services(deployment: Deployment) -> set[str]:
    found = live.engine_client().services.list(filters={"label": f"{LABEL}={deployment.name}"})
    return {str(service.name).removeprefix(f"{deployment.name}-") for service in found}


def _planned(deployment: Deployment) -> dict[str, int]:
    """Return the replicas, by role, of the services that are closed and opened."""
    there = _services(deployment)
    return {service.role: service.replicas for service in wanted(deployment).services if service.role in there and service.role not in STAY}


def _scale(deployment: Deployment, replicas: dict[str, int]) -> None:
    """Change nothing but the number of replicas: the rest of a service must stay as it was deployed."""
    if replicas:
        run(["docker", "service", "scale", "--detach", *(f"{deployment.service(role)}={count}" for role, count in replicas.items())], timeout_s=STOP_S)


def _containers(service: str) -> str:
    return run(["docker", "ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={service}"]).stdout.strip()
