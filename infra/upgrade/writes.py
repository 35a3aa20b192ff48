"""Refuse and allow writes at the front door: a switch in a file, in force at once and through reloads."""

import time
from collections.abc import Callable

from infra.deployment import Deployment
from runtime import files
from runtime.errors import PlanError
from runtime.run import run

INSIDE = "/etc/haproxy/live/switch/writes.map"
MASTER = "/run/haproxy/master.sock"
HEADER = "X-Underdesk-Pass"
PAUSE_S = 0.3
Say = Callable[[str], None]


def refuse(deployment: Deployment, key: str, say: Say) -> None:
    """Answer 503 to whoever wants to write, but those with ``key`` in their header; return when no earlier write is under way."""
    _set(deployment, f"writes refused\npass {key}\n", (f"set map {INSIDE} writes refused", f"add map {INSIDE} pass {key}"))
    _drained(deployment, say)


def allow(deployment: Deployment) -> None:
    """Let everybody write again."""
    _set(deployment, "writes open\n", (f"set map {INSIDE} writes open", f"del map {INSIDE} pass"))


def refused(deployment: Deployment) -> bool:
    """Tell whether writes are refused now."""
    path = deployment.folder / "frontdoor" / "switch" / "writes.map"
    return path.exists() and "writes refused" in files.read(path)


def _set(deployment: Deployment, content: str, commands: tuple[str, ...]) -> None:
    files.write(deployment.folder / "frontdoor" / "switch" / "writes.map", content)
    if not _running(deployment):
        return  # the file is read when it starts
    for worker in _workers(deployment):
        for command in commands:
            _ask(deployment, f"@!{worker} {command}")
    said = [_ask(deployment, f"@!{worker} show map {INSIDE}") for worker in _workers(deployment)]
    if not all(content.splitlines()[0] in answer for answer in said):
        raise PlanError("the front door does not take the switch for writes into use", where=deployment.name, hint="run 'plan deploy', then this again")


def _drained(deployment: Deployment, say: Say) -> None:
    """Wait for the requests that came before the refusal: one of them may be a post that is about to be acknowledged."""
    started, limit_s = time.monotonic(), deployment.plan.limits.frontdoor.server_timeout_ms / 1000
    while _older(deployment, elapsed := time.monotonic() - started):
        if elapsed > limit_s:
            raise PlanError("requests do not come to their end", where=deployment.name, hint="run the same command again at a quieter time")
        time.sleep(PAUSE_S)
    say(f"the last write has ended ({time.monotonic() - started:.1f} s)")


def _older(deployment: Deployment, seconds: float) -> bool:
    """Tell whether a request is under way that began more than ``seconds`` ago; the front door counts whole seconds."""
    if not _running(deployment):
        return False
    answers = (_ask(deployment, f"@!{worker} show sess older {int(seconds)}s") for worker in _workers(deployment))
    return any(f"frontend={name}" in answer for answer in answers for name in ("https", "held"))


def _workers(deployment: Deployment) -> list[str]:
    """Return the processes that serve, those included that end their last requests after a reload."""
    lines = (line.split() for line in _ask(deployment, "show proc").splitlines())
    return [words[0] for words in lines if len(words) > 1 and words[1] == "worker"]


def _ask(deployment: Deployment, command: str) -> str:
    return deployment.exec("frontdoor", ["socat", "-t", "10", "-", f"UNIX-CONNECT:{MASTER}"], stdin=f"{command}\n", timeout_s=30)


def _running(deployment: Deployment) -> bool:
    label = f"label=com.docker.swarm.service.name={deployment.service('frontdoor')}"
    return bool(run(["docker", "ps", "-q", "-f", label, "-f", "status=running"], timeout_s=30).stdout.split())
