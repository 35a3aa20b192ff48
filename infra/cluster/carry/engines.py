"""The engines of a cluster's hosts as sockets on this machine: whatever speaks to Docker here speaks to them, over SSH."""

import functools
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.cluster.carry.door import Door
from infra.cluster.cluster import Cluster
from infra.cluster.session import administer
from infra.inventory.connect import LOST, Reach
from runtime.conversation import CHUNK, END_S
from runtime.errors import PlanError
from runtime.run import Completed, last_line
from runtime.together import together

DIAL: Final = ("sudo", "-n", "docker", "system", "dial-stdio")
STANDING: Final = "docker node inspect self --format '{{.ManagerStatus.Leader}}'"
ANSWER_S: Final = 30
PATIENCE_S, PAUSE_S = 20.0, 1.0


@contextmanager
def engines(cluster: Cluster, folder: Path) -> Iterator["Engines"]:
    """Give access to the engines of all hosts; ``folder`` is private, and its path short. What is still open ends with the context."""
    made = Engines(cluster, folder)
    try:
        yield made
    finally:
        made.close()


class Engines:
    """The engine of each host, reached when it is first asked for."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster, self._folder = cluster, folder
        self._doors: dict[str, tuple[Path, Door]] = {}
        self._lock = threading.Lock()

    def socket(self, host: str) -> str:
        """Return the address of the engine of ``host``: ``unix://…``. Where it cannot be reached, it answers as an engine does that failed, with the reason."""
        with self._lock:
            if host not in self._doors:
                self._doors[host] = self._opened(host, self._folder / f"engine-{len(self._doors)}")
        return f"unix://{self._doors[host][0]}"

    def manager(self, patience_s: float = PATIENCE_S) -> str:
        """Return a manager that answers, the leader before others; raises PlanError where none does, or the swarm has no leader for so long."""
        until, said = time.monotonic() + patience_s, self._standing()
        while not (found := _first(said)) and any(one.returncode != LOST for one in said.values()) and time.monotonic() < until:
            time.sleep(PAUSE_S)  # a leader is elected within seconds
            said = self._standing()
        if found:
            return found
        why = "; ".join(f"{name}: {last_line(one.stderr)}" for name, one in said.items())
        raise PlanError(f"no manager of the swarm answers ({why})", where=self._cluster.name, hint="see 'plan doctor --inventory'")

    def _standing(self) -> dict[str, Completed]:
        """Return whether each manager leads, in its own words."""
        names = [name for name in self._cluster.managers if name not in self._cluster.lost]
        return dict(zip(names, together([functools.partial(_asked, self._cluster.reach[name], self._folder) for name in names]), strict=True))

    def close(self) -> None:
        """End everything that is open."""
        together([door.close for _, door in self._doors.values()])
        for path, _ in self._doors.values():
            path.unlink(missing_ok=True)

    def _opened(self, host: str, path: Path) -> tuple[Path, Door]:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        return path, Door(self._cluster.reach[host], self._folder, listener, DIAL, _refuse)


def _refuse(client: socket.socket, why: str) -> None:
    """Answer as an engine does that failed, and take what is still said, so that the answer is read."""
    body = json.dumps({"message": f"the engine is not reached: {why}"}).encode()
    head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    client.settimeout(END_S)
    client.sendall(head.encode() + body)
    client.shutdown(socket.SHUT_WR)
    while client.recv(CHUNK):
        pass


def _asked(reach: Reach, folder: Path) -> Completed:
    try:
        return administer(reach, folder, STANDING, limit_s=ANSWER_S)
    except PlanError as problem:
        return Completed(LOST, "", problem.message)


def _first(said: Mapping[str, Completed]) -> str:
    """Return the manager that leads, else the first that answers; "" where none does."""
    answering = [name for name, one in said.items() if one.returncode == 0]
    return next((name for name in answering if said[name].stdout.strip() == "true"), next(iter(answering), ""))
