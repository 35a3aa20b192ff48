"""What the services of a deployment say: the lines of their containers, stopped ones included, in one time order."""

import heapq
import queue
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import docker
from docker.errors import DockerException, NotFound
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from infra import live
from infra.program import LABEL
from runtime.errors import PlanError

SERVICE_LABEL: Final = "com.docker.swarm.service.name"
SHORT: Final = 12
STAMP: Final = len("2026-11-28T10:39:46.943520262Z")
LOOK_S: Final = 1.0
SETTLE_S: Final = 0.4
OUT_OF_ORDER: Final = 32
GONE: Final = (DockerException, RequestException, HTTPError, OSError)


@dataclass(frozen=True, order=True)
class Line:
    """One line: when (RFC 3339, UTC, nanoseconds: sorts as text), of which role, from which container, what."""

    time: str
    role: str
    container: str
    text: str


@dataclass(frozen=True)
class Source:
    """A container that speaks, or has spoken, for a role."""

    role: str
    container: str
    running: bool


def sources(client: docker.DockerClient, name: str, roles: Collection[str] = ()) -> list[Source]:
    """Return the containers of deployment ``name`` that are still here; those of ``roles`` where any are named."""
    try:
        found: list[dict[str, Any]] = client.api.containers(all=True, filters={"label": f"{LABEL}={name}"})
    except GONE as problem:
        raise PlanError("the container engine does not answer", where="docker", hint="see 'plan doctor'") from problem
    made = [Source(one["Labels"].get(SERVICE_LABEL, "").removeprefix(f"{name}-"), one["Id"], one["State"] == live.RUNNING) for one in found]
    return sorted((one for one in made if one.role and (not roles or one.role in roles)), key=lambda one: (one.role, one.container))


def roles(client: docker.DockerClient, name: str) -> list[str]:
    """Return the roles of which anything is there: a service, or a container."""
    services = client.services.list(filters={"label": f"{LABEL}={name}"})
    return sorted({service.name.removeprefix(f"{name}-") for service in services} | {one.role for one in sources(client, name)})


def past(client: docker.DockerClient, of: Collection[Source], since_s: float = 0, tail: int = 0) -> Iterator[Line]:
    """Yield what was said since ``since_s`` (unix time), the last ``tail`` lines of each container; 0: everything."""
    return heapq.merge(*(in_order(_said(client, one, since_s, tail=tail)) for one in of))


def in_order(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines of one container by their time: the engine writes what comes on its two outputs microseconds out of order (seen: 17)."""
    waiting: list[tuple[str, int, Line]] = []
    for number, line in enumerate(lines):
        heapq.heappush(waiting, (line.time, number, line))
        if len(waiting) > OUT_OF_ORDER:
            yield heapq.heappop(waiting)[-1]
    while waiting:
        yield heapq.heappop(waiting)[-1]


def follow(client: docker.DockerClient, name: str, roles: Collection[str], after: Mapping[str, str]) -> Iterator[Line]:
    """Yield what is said from now on, without end; containers that come are taken in.

    ``after`` gives the time of the last line that is known already, by container. Lines are held for a moment, so
    that those of several containers come in their order.
    """
    arrived: queue.Queue[Line] = queue.Queue()
    known, speaking, waiting = dict(after), set[str](), list[tuple[Line, float]]()

    def listen(one: Source) -> None:
        with suppress(*GONE):
            since = known.get(one.container, "")
            for line in _said(client, one, _unix(since), follow=True):
                if line.time > since:
                    arrived.put(line)
        speaking.discard(one.container)

    looked = 0.0
    while True:
        if time.monotonic() - looked > LOOK_S:
            for one in sources(client, name, roles):
                if one.container not in speaking and (one.running or one.container not in known):
                    speaking.add(one.container)
                    known.setdefault(one.container, "")
                    threading.Thread(target=listen, args=(one,), daemon=True).start()
            looked = time.monotonic()
        with suppress(queue.Empty):
            line = arrived.get(timeout=SETTLE_S / 2)
            known[line.container] = line.time
            heapq.heappush(waiting, (line, time.monotonic()))
        while waiting and waiting[0][1] < time.monotonic() - SETTLE_S:
            yield heapq.heappop(waiting)[0]


def _said(client: docker.DockerClient, one: Source, since_s: float, *, tail: int = 0, follow: bool = False) -> Iterator[Line]:
    more: dict[str, Any] = {"since": since_s} if since_s > 0 else {}
    try:
        frames = client.api.logs(one.container, stream=True, timestamps=True, follow=follow, tail=tail or "all", **more)
        yield from _lines(one, frames)
    except NotFound:  # swarm has removed the old container meanwhile
        return


def _lines(one: Source, frames: Iterator[bytes]) -> Iterator[Line]:
    """Yield lines; the engine gives one longer than 16 KiB in several frames, each with its time in front."""
    when = held = ""
    for frame in frames:
        stamp, _, text = frame.decode("utf-8", "replace").partition(" ")
        if len(stamp) != STAMP:
            stamp, text = when, f"{stamp} {text}" if text else stamp
        when, held = when if held else stamp, held + text
        if held.endswith("\n"):
            yield Line(when, one.role, one.container[:SHORT], held.rstrip("\r\n"))
            held = ""
    if held:
        yield Line(when, one.role, one.container[:SHORT], held)


def _unix(when: str) -> float:
    return datetime.fromisoformat(f"{when[:26]}+00:00").timestamp() if when else 0.0
