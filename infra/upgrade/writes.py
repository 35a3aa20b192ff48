"""Refuse and allow writes at front doors: a switch in a file of each, in force at once and through reloads."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from infra.deployment import Deployment
from runtime import files
from runtime.errors import PlanError
from runtime.run import run

INSIDE: Final = "/etc/haproxy/live/switch/writes.map"
FILE: Final = Path("frontdoor") / "switch" / "writes.map"
"""The same in the folder of a deployment, on the machine of the front door."""
MASTER: Final = ("socat", "-t", "10", "-", "UNIX-CONNECT:/run/haproxy/master.sock")
HEADER: Final = "X-Underdesk-Pass"
ASK_S: Final = 30
PAUSE_S: Final = 0.3
Say = Callable[[str], None]


class Door(Protocol):
    """A front door: the file that it reads when it starts, and its processes."""

    @property
    def name(self) -> str:
        """What errors call it."""

    def keep(self, content: str) -> None:
        """Write the file: whole, or as it was."""

    def kept(self) -> str:
        """Return what is in the file; "" where there is none."""

    def runs(self) -> bool:
        """Tell whether it runs; else the file is all there is to change."""

    def ask(self, command: str) -> str:
        """Return what its master process answers."""


@dataclass(frozen=True)
class Desk:
    """The front door of a deployment on this machine."""

    deployment: Deployment

    @property
    def name(self) -> str:
        """What errors call it."""
        return self.deployment.name

    def keep(self, content: str) -> None:
        """Write the file."""
        files.write(self.deployment.folder / FILE, content)

    def kept(self) -> str:
        """Return what is in the file."""
        path = self.deployment.folder / FILE
        return files.read(path) if path.exists() else ""

    def runs(self) -> bool:
        """Tell whether it runs."""
        label = f"label=com.docker.swarm.service.name={self.deployment.service('frontdoor')}"
        return bool(run(["docker", "ps", "-q", "-f", label, "-f", "status=running"], timeout_s=ASK_S).stdout.split())

    def ask(self, command: str) -> str:
        """Return what its master process answers."""
        return self.deployment.exec("frontdoor", [*MASTER], stdin=f"{command}\n", timeout_s=ASK_S)


def longest_s(deployment: Deployment) -> float:
    """Return the seconds after which no request is under way any more: the front door ends it."""
    return deployment.plan.limits.frontdoor.server_timeout_ms / 1000


def refuse(doors: Sequence[Door], key: str, limit_s: float, say: Say) -> None:
    """Answer 503 to whoever wants to write, but those with ``key`` in their header; return when no earlier write is under way. Done again it does nothing.

    Raises PlanError where a request goes on for longer than ``limit_s``.
    """
    for door in doors:
        _set(door, f"writes refused\npass {key}\n", (f"set map {INSIDE} writes refused", f"del map {INSIDE} pass", f"add map {INSIDE} pass {key}"))
    _drained(doors, limit_s, say)


def allow(doors: Iterable[Door]) -> None:
    """Let everybody write again, at every door that can be told; raises PlanError where one cannot."""
    problems = []
    for door in doors:
        try:
            _set(door, "writes open\n", (f"set map {INSIDE} writes open", f"del map {INSIDE} pass"))
        except PlanError as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


def refused(door: Door) -> bool:
    """Tell whether writes are refused now."""
    return "writes refused" in door.kept()


def _set(door: Door, content: str, commands: tuple[str, ...]) -> None:
    door.keep(content)
    if not door.runs():
        return  # the file is read when it starts
    for worker in _workers(door):
        for command in commands:
            door.ask(f"@!{worker} {command}")
    said = [door.ask(f"@!{worker} show map {INSIDE}") for worker in _workers(door)]
    if not all(content.splitlines()[0] in answer for answer in said):
        raise PlanError("the front door does not take the switch for writes into use", where=door.name, hint="run 'plan deploy', then this again")


def _drained(doors: Sequence[Door], limit_s: float, say: Say) -> None:
    """Wait for the requests that came before the refusal: one of them may be a post that is about to be acknowledged."""
    started = time.monotonic()
    for door in doors:
        while _older(door, elapsed := time.monotonic() - started):
            if elapsed > limit_s:
                raise PlanError("requests do not come to their end", where=door.name, hint="run the same command again at a quieter time")
            time.sleep(PAUSE_S)
    say(f"the last write has ended ({time.monotonic() - started:.1f} s)")


def _older(door: Door, seconds: float) -> bool:
    """Tell whether a request is under way that began more than ``seconds`` ago; the front door counts whole seconds."""
    if not door.runs():
        return False
    answers = (door.ask(f"@!{worker} show sess older {int(seconds)}s") for worker in _workers(door))
    return any(f"frontend={name}" in answer for answer in answers for name in ("https", "held"))


def _workers(door: Door) -> list[str]:
    """Return the processes that serve, those included that end their last requests after a reload."""
    lines = (line.split() for line in door.ask("show proc").splitlines())
    return [words[0] for words in lines if len(words) > 1 and words[1] == "worker"]
