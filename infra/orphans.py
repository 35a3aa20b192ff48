"""What a killed run made and could not note in Pulumi's state: by its label it is the deployment's, and nobody else would take it away."""

import time
from collections.abc import Callable, Iterable, Iterator

import docker
from docker.errors import APIError

from infra.live import engine_client
from infra.program import LABEL
from runtime.errors import PlanError

PATIENCE_S = 60
PAUSE_S = 0.5
TASKS_OF = "com.docker.swarm.service.name"


def remove_services(name: str, known: Iterable[str], engine: str = "") -> None:
    """Remove the services of the deployment called ``name`` that are not ``known`` (roles), and return when their containers have stopped."""
    client, roles = engine_client(engine), set(known)
    forgotten = [one for one in client.services.list(filters=_mine(name)) if one.name.removeprefix(f"{name}-") not in roles]
    for service in forgotten:
        service.remove()  # type: ignore[no-untyped-call]
    _retried(lambda: not any(client.containers.list(filters={"label": f"{TASKS_OF}={service.name}"}) for service in forgotten), name)


def remove_rest(name: str, engine: str = "") -> None:
    """Remove the networks, secrets and configs of the deployment called ``name``, whose services are gone."""
    client = engine_client(engine)
    _retried(lambda: all(_gone(client, name)), name)


def _gone(client: docker.DockerClient, name: str) -> Iterator[bool]:
    """Try to remove each, and yield whether it worked: a network is held until the last of its containers has left."""
    for kind in (client.networks, client.secrets, client.configs):
        for one in kind.list(filters=_mine(name)):
            try:
                one.remove()
            except APIError:
                yield False


def _mine(name: str) -> dict[str, str]:
    return {"label": f"{LABEL}={name}"}


def _retried(done: Callable[[], bool], name: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            raise PlanError("something of it is still in use", where=name, hint="see 'docker ps', then run the same command again")
        time.sleep(PAUSE_S)
