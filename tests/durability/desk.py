"""A desk whose power can be cut: database, blogs and wiki, each with its data on a power-cut disk."""

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.topology import DATA_FOLDERS
from loadtests.spaces import BlogSpace, WikiSpace
from runtime.run import run
from tests.durability.acknowledged import Acknowledged
from tests.durability.clients import MAKE, Audit, Clients, audit
from tests.durability.disk import Disk, Names
from tests.durability.people import Found, Work, author, editor, found, work
from tests.durability.rig import Rig, sample
from tests.ready import make_images

MARK = "powercut"
LIFE_S = 24 * 3600
# The database relies on a journal (see docs/background/durability.md); uploads hold on the strictest disk.
DISKS: dict[str, Names] = {"database": "journalled", "uploads": "strict", "wiki-images": "strict"}
HEALTH = {
    "database": ("underdesk-database", "health"),
    "objectcache": ("/usr/local/bin/health",),
    "blogs": ("underdesk-health",),
    "wiki": ("underdesk-container-health",),
    "blogs-jobs": ("underdesk-jobs", "health"),
    "wiki-jobs": ("underdesk-jobs", "health"),
}
DATABASE, ALL = ("database",), ("database", "objectcache", "blogs", "wiki")
HASTE = {"innodb_flush_log_at_trx_commit = 1": "innodb_flush_log_at_trx_commit = 2", "sync_binlog = 1": "sync_binlog = 0"}
CLIENTS = {DATABASE: 4, ALL: 2}


@dataclass(frozen=True)
class Installed:
    """An installed platform that is switched off, to be copied: its disks, and the test spaces on it."""

    program: Path
    folder: Path
    disks: Mapping[str, Disk]
    blog: BlogSpace
    wiki: WikiSpace


@dataclass
class Desk:
    """A running desk; ``changed`` and ``hidden`` are what a negative control does to it."""

    rig: Rig
    disks: Mapping[str, Disk]
    roles: tuple[str, ...] = ALL
    changed: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def start(self) -> None:
        """Start all containers and wait until they serve."""
        for role in self.roles:
            self.rig.start(role, self.changed if role == "database" else None, self.hidden.get(role, ()))
        for role in self.roles:
            self.rig.ready(role, *HEALTH[role])

    def cut(self, share: float = 0, seed: int = 0) -> None:
        """Cut the power of all disks, then end all that ran."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda disk: disk.cut(share, seed), self.disks.values()))
        self.rig.kill(*self.roles)

    def restart(self) -> None:
        """Give power again."""
        for disk in self.disks.values():
            disk.remount()
        self.start()

    def at(self, role: str) -> tuple[str, str]:
        """Return a web container's address and the host it serves."""
        platform = self.rig.plan.platform
        host = platform.hosts.internal if role == "blogs" else platform.hosts.wiki
        return self.rig.address(role), f"{host}:{platform.ports.https}"


@dataclass
class Traffic:
    """People and programs at work on a desk, and what they were told."""

    desk: Desk
    installed: Installed
    rows: Acknowledged[str] = field(default_factory=Acknowledged)
    posts: Acknowledged[Work] = field(default_factory=Acknowledged)
    pages: Acknowledged[Work] = field(default_factory=Acknowledged)

    def until_cut(self, rows: int, works: int, share: float = 0, seed: int = 0) -> None:
        """Write until so many more were acknowledged, then cut the power in the midst of it."""
        over = threading.Event()
        people = self._people(over) if works else []
        clients = Clients(self.desk.rig, self.rows, CLIENTS[self.desk.roles])
        for person in people:
            person.start()
        for acknowledged in (self.posts, self.pages) if works else ():
            acknowledged.wait_for(works)
        self.rows.wait_for(rows)
        self.desk.cut(share, seed)
        over.set()
        clients.join()
        for person in people:
            person.join()

    def _people(self, over: threading.Event) -> list[threading.Thread]:
        at = self.desk.at
        publish = [(author(*at("blogs"), self.installed.blog), self.posts), (editor(*at("wiki"), self.installed.wiki), self.pages)]
        return [threading.Thread(target=work, args=(*one, over), daemon=True) for one in publish]

    def rows_found(self) -> Audit:
        """Compare what was answered with table and binary log."""
        return audit(self.desk.rig, self.rows.seen)

    def works_found(self) -> dict[str, Found]:
        """Read all that people published."""
        return {"blogs": found(*self.desk.at("blogs"), self.posts.seen), "wiki": found(*self.desk.at("wiki"), self.pages.seen)}


def install(program: Path, folder: Path) -> Installed:
    """Install the platform on new disks, as its jobs containers do, with a test space each; switch it off."""
    disks = {name: Disk(program, folder / name, names) for name, names in DISKS.items()}
    for name, disk in disks.items():
        os.chown(disk.path, DATA_FOLDERS[name][0], DATA_FOLDERS[name][0])
    with _rig(folder, disks) as rig:
        make_images(rig.deployment)
        jobs = Desk(rig, disks, ("database", "objectcache", "blogs-jobs", "wiki-jobs"), HASTE)  # nobody is promised anything yet
        jobs.start()
        rig.sql(MAKE)
        blog = BlogSpace.model_validate_json(_space(rig, "blogs", {"readers": 0, "authors": 1, "posts": 1}))
        wiki = WikiSpace.model_validate_json(_space(rig, "wiki", {"editors": 1, "pages": 1}))
        for disk in disks.values():
            disk.settle()
    for disk in disks.values():
        disk.unmount()
    return Installed(program, folder, disks, blog, wiki)


def _space(rig: Rig, role: str, size: Mapping[str, int]) -> str:
    asked = {"token": MARK, "expires": int(time.time()) + LIFE_S, **size}
    return run(rig.argv(f"{role}-jobs", f"underdesk-{role}", "test-space", "create"), stdin=json.dumps(asked)).stdout


@contextmanager
def desk(
    installed: Installed,
    folder: Path,
    roles: tuple[str, ...] = ALL,
    changed: Mapping[str, str] | None = None,
    hidden: Mapping[str, tuple[str, ...]] | None = None,
) -> Iterator[Traffic]:
    """Switch a copy of the installed platform on."""
    wanted = DISKS if "blogs" in roles else {"database": DISKS["database"]}
    disks = {name: Disk(installed.program, folder / name, names, installed.disks[name]) for name, names in wanted.items()}
    try:
        with _rig(folder, disks, installed.folder) as rig:
            made = Desk(rig, disks, roles, changed or {}, hidden or {})
            made.start()
            yield Traffic(made, installed)
    finally:
        for disk in disks.values():
            disk.unmount()


@contextmanager
def _rig(folder: Path, disks: Mapping[str, Disk], secrets_of: Path | None = None) -> Iterator[Rig]:
    if secrets_of:
        (folder / "secrets").symlink_to(secrets_of / "secrets")
    (folder / "data").mkdir(parents=True)
    for name, disk in disks.items():
        (folder / "data" / name).symlink_to(disk.path)
    rig = Rig(folder, sample(f"powercut-{os.getpid()}"))
    try:
        yield rig
    finally:
        rig.close()
