"""Three lab hosts with files and addresses of a cluster, and what writes and asks while hosts fail."""

import importlib
import itertools
import multiprocessing
import os
import shlex
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from types import ModuleType

from infra.cluster.cluster import Cluster
from infra.cluster.playing import Change, Part, play
from infra.cluster.session import testinfra
from infra.deployment import read_plan
from infra.inventory.assign import Question, place
from infra.inventory.reading import read
from tests.lab.cluster import ClusterLab

GAP_S, ASK_S, SETTLED = 0.02, 0.3, 3
WRITER = Path(__file__).with_name("writer.py")
FORK = multiprocessing.get_context("fork")


class Ground(ClusterLab):
    """A lab whose hosts get single rooms: files, addresses."""

    @property
    def cluster(self) -> Cluster:
        plan, inventory = read_plan(self.plan_file), read(self.inventory)
        return Cluster(plan, inventory, place(Question(inventory, plan)))

    def played(self, room: str, on_change: Callable[[Change], None] = lambda _change: None, *, dry_run: bool = False) -> list[str]:
        """Bring a room to what it shall be and return what changed."""
        part = Part(f"{room}.yml", _module("parts", room).variables(self.cluster))
        with tempfile.TemporaryDirectory(prefix="ground-") as folder:
            return [f"{change.host}: {line}" for change in play(self.cluster, Path(folder), on_change, dry_run=dry_run, part=part) for line in change.lines]

    def killed_at(self, room: str, moment: str) -> None:
        """Begin the same and kill it when it has done ``moment``; what it began on hosts goes on, or not."""

        def end(change: Change) -> None:
            if change.task == moment:
                os.kill(os.getpid(), signal.SIGKILL)

        process = FORK.Process(target=self.played, args=(room, end))
        process.start()
        process.join(300)
        assert process.exitcode == -signal.SIGKILL, f"it never came to: {moment}"

    def shortfalls(self, room: str) -> list[str]:
        """Return what is not in force."""
        cluster, module = self.cluster, _module("verify", room)
        with tempfile.TemporaryDirectory(prefix="ground-") as folder:
            found = []
            for name, reach in cluster.reach.items():
                with testinfra(reach, Path(folder)) as host:
                    found += [f"{name}: {said}" for said in module.checks(cluster, name, host)]
            return found + ([str(one) for one in module.between(cluster, Path(folder))] if hasattr(module, "between") else [])

    @property
    def doors(self) -> tuple[str, ...]:
        return self.cluster.placement.hosts("frontdoor")

    @property
    def moving(self) -> str:
        return self.cluster.inventory.front_door.addresses[0]

    def console(self, host: str, script: str, *, check: bool = True) -> str:
        """Run a script as root at the console of a host, which works while it is cut."""
        return self.lab("run", host, "--", "bash", "-c", script, check=check).strip()

    def holders(self) -> list[str]:
        """Return the front doors that have the address, of those that can be asked."""
        return [name for name in self.doors if f" {self.moving}/" in self.console(name, "ip -o address show", check=False)]

    def answers(self, host: str) -> None:
        """Let something answer as a front door would, in whose place it is."""
        port = self.cluster.plan.platform.ports.http
        self.console(host, f"systemctl reset-failed door.service 2>/dev/null; systemd-run --quiet --unit door python3 -m http.server {port}")

    def write(self, host: str, folder: str) -> None:
        """Let a host write files into a folder, each acknowledged when it is synced, until it is stopped."""
        text = shlex.quote(WRITER.read_text(encoding="utf-8"))
        self.console(host, f"systemctl reset-failed writer.service 2>/dev/null; printf %s {text} >/root/writer.py")
        self.console(host, f"systemd-run --quiet --unit writer python3 /root/writer.py {folder} {host} /root/acknowledged")

    def written(self, host: str) -> tuple[list[tuple[float, str]], list[str]]:
        """Stop a host's writer and return what was acknowledged (when, file), and what failed."""
        self.console(host, "systemctl stop writer.service 2>/dev/null; true")
        lines = self.console(host, "cat /root/acknowledged").splitlines()
        done = [(float(words[1]), words[2]) for words in (line.split() for line in lines) if len(words) == SETTLED and words[0] == "ok"]
        return done, [line for line in lines if not line.startswith("ok ")]


class Asking:
    """Asks an address again and again in a process of its own; ``longest`` is the longest time without an answer."""

    def __init__(self, address: str, port: int) -> None:
        self.receive, send = FORK.Pipe(duplex=False)
        self.stop = FORK.Event()
        self.process = FORK.Process(target=_ask, args=(address, port, self.stop, send), daemon=True)
        self.process.start()

    def longest(self) -> float:
        self.stop.set()
        found: float = self.receive.recv()
        self.process.join(10)
        return found


def longest(moments: list[float]) -> float:
    return max((after - before for before, after in itertools.pairwise(moments)), default=0.0)


def _ask(address: str, port: int, stop: Event, send: Connection) -> None:
    moments = [time.monotonic()]
    while not stop.is_set():
        with suppress(OSError), socket.create_connection((address, port), ASK_S) as door:
            door.settimeout(ASK_S)
            door.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if door.recv(9).startswith(b"HTTP/"):
                moments.append(time.monotonic())
        time.sleep(GAP_S)
    send.send(longest([*moments, time.monotonic()]))


def _module(wall: str, room: str) -> ModuleType:
    return importlib.import_module(f"infra.cluster.{wall}.{room}")
