"""Security updates of the host: by Ansible, those packages alone, and how long nobody was served meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from infra import hosts
from infra.deployment import Deployment
from infra.reach import fetch, wait_for_pages
from infra.upgrade import updates
from infra.upgrade.updates import Found, Update

ENGINE = frozenset({"docker.io", "docker-cli", "containerd", "runc", "docker-ce", "docker-ce-cli", "containerd.io", "tini"})
LOOK_S = 0.5
BACK_S = 300
Say = Callable[[str], None]


def security(found: Found) -> tuple[Update, ...]:
    """Return the host's pending security updates that replace something; new dependencies come with them."""
    return tuple(update for update in found.host if update.security and update.old)


def interrupts(found: Found) -> tuple[str, ...]:
    """Return the packages among them whose upgrade restarts the container engine, and with it the platform."""
    return tuple(update.package for update in security(found) if update.package in ENGINE)


def apply(deployment: Deployment, found: Found, say: Say) -> float:
    """Upgrade them, wait until the platform serves, and return for how many seconds it did not."""
    with _watched(deployment) as gap:
        hosts.update_packages(deployment, [f"{update.package}={update.new}" for update in security(found)], say)
        wait_for_pages(deployment, BACK_S)
    left = tuple(update for update in found.host if not update.security)
    updates.write(deployment.folder, found.model_copy(update={"host": left}))
    return gap.seconds


@dataclass
class _Gap:
    seconds: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def _watched(deployment: Deployment) -> Iterator[_Gap]:
    """Ask for a page all the time, and add up when none came."""
    gap = _Gap()
    watcher = threading.Thread(target=_watch, args=(deployment, gap), daemon=True)
    watcher.start()
    try:
        yield gap
    finally:
        gap.over.set()
        watcher.join()


def _watch(deployment: Deployment, gap: _Gap) -> None:
    while not gap.over.is_set():
        began = time.monotonic()
        try:
            served = fetch(deployment, "internal")[0] < 500  # noqa: PLR2004 - what a server says of itself
        except OSError:
            served = False
        gap.over.wait(LOOK_S)
        gap.seconds += 0.0 if served else time.monotonic() - began
