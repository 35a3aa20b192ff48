"""One deploy at a time on a cluster, wherever it comes from: a lock on a manager that ends with the connection that holds it."""

import os
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from infra.cluster.cluster import Cluster
from infra.inventory.connect import Reach, ssh
from runtime.dialogue import Dialogue, Question, answers
from runtime.errors import PlanError

FILE: Final = "/run/underdesk-deploy"
HELD: Final = "held"
TAKEN: Final = "taken"
ANSWER_S: Final = 30
WAIT_S: Final = 2


@contextmanager
def claim(cluster: Cluster) -> Iterator[None]:
    """Hold the cluster for this deploy; the kernel of the manager frees it when we, or the connection, are gone.

    Raises PlanError naming who holds it.
    """
    with held(cluster.reach[min(cluster.managers)], FILE, "another deploy works on this cluster"):
        yield


@contextmanager
def held(reach: Reach, file: str, busy: str, wait_s: int = WAIT_S) -> Iterator[None]:
    """Hold the lock in ``file`` on a host; raises PlanError saying ``busy``, and who holds it, where it is not free within ``wait_s``."""
    dialogue = Dialogue(ssh(reach, [f"sudo -n sh -c {shlex.quote(script(_who(), file, wait_s))}"]))
    try:
        said = answers({reach.name: Question(dialogue, "\n", _over)}, ANSWER_S + wait_s).get(reach.name, "").strip()
        if said.startswith(TAKEN):
            holder = said.removeprefix(TAKEN).strip() or "nobody knows who"
            raise PlanError(f"{busy}: {holder}", where=reach.name, hint="wait until it has ended, then run this again")
        if not said.startswith(HELD):
            raise PlanError(f"cannot be locked: {dialogue.complaint or 'it does not answer'}", where=reach.name, hint="see 'plan doctor --inventory'")
        yield
    finally:
        dialogue.end()


def script(who: str, file: str = FILE, wait_s: int = WAIT_S) -> str:
    """Return what holds the lock in ``file`` on a manager until its input ends."""
    held = f"printf '%s since %s\\n' {shlex.quote(who)} \"$(date +%H:%M:%S)\" >{file}.who; echo {HELD}; exec cat >/dev/null"
    return f"flock --wait {wait_s} --conflict-exit-code 75 {file} sh -c {shlex.quote(held)} || {{ echo {TAKEN} $(cat {file}.who 2>/dev/null); }}"


def _over(said: str) -> bool:
    return said.startswith((HELD, TAKEN)) and "\n" in said


def _who() -> str:
    user = os.environ.get("SUDO_USER") or os.environ.get("USER") or "somebody"
    return f"{user} on {socket.gethostname()}, process {os.getpid()}"
