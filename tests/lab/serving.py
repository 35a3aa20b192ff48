"""A cluster in a lab that serves, who reads and writes there all the time, and what they saw while a host failed."""

import itertools
import shlex
import socket
import ssl
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.cluster.carry import kept
from infra.cluster.cluster import Cluster
from infra.deployment import read_plan
from infra.inventory.assign import Question, place
from infra.inventory.reading import read
from tests.lab.cluster import PLAN, ClusterLab
from tests.lab.writing import Author, Site

READ_S, WRITE_S, PAUSE_S, AUDIT_S = 3.0, 8.0, 0.1, 60
READERS = 4
OK = b" 200 "
WRITER = (
    'echo mysqli_connect(getenv("DATABASE_HOST"), "blogs", trim(file_get_contents("/run/secrets/database-blogs")), "blogs", (int) getenv("DATABASE_PORT"))'
    '->query("SELECT @@hostname")->fetch_row()[0];'
)
"""Asked of the database as blogs ask it: there may be no client of it on a host that serves pages."""
FIRST = 12


class ServingLab(ClusterLab):
    """A lab on which the whole platform is deployed."""

    extent = ()

    @property
    def cluster(self) -> Cluster:
        plan, inventory = read_plan(self.plan_file), read(self.inventory)
        return Cluster(plan, inventory, place(Question(inventory, plan)))

    @property
    def front(self) -> str:
        """Return the address that people come to: the front doors', or that of the only host."""
        inventory = self.cluster.inventory
        return (*inventory.front_door.addresses, inventory.hosts[0].address)[0]

    @property
    def site(self) -> Site:
        """Return the internal blogs, as they are found from outside."""
        trusted, password = self._held("tls/ca.pem", "secrets/administrator")
        platform = self.cluster.plan.platform
        return Site(f"https://{platform.hosts.internal}:{platform.ports.https}/", self.front, trusted, password)

    def looking(self) -> list[str]:
        """Return the command that says what stands."""
        return [str(PLAN), "status", "--inventory", str(self.inventory)]

    def role(self, host: str, script: str) -> str:
        """Return what a script says as administrator of ``host``, errors included, whatever its exit code."""
        return self.root(host, f"{script}; true")

    def holder(self) -> str:
        """Return the front door that has the address."""
        address = self.front
        return next(host for host in self.cluster.placement.hosts("frontdoor") if address in self.root(host, "ip -brief address"))

    def synced(self, host: str) -> bool:
        """Tell whether a member of the database has everything that the others have."""
        return "Synced" in self.role(host, "mariadb -N -e \"SHOW STATUS LIKE 'wsrep_local_state_comment'\"")

    def writer(self) -> str:
        """Return the member that whoever connects by way of the front door comes to."""
        there = f"docker ps --quiet --filter label=com.docker.swarm.service.name={self.cluster.deployment}-blogs | head -n 1"
        return self.root(self.cluster.placement.hosts("web")[0], f"docker exec $({there}) php -r {shlex.quote(WRITER)}")

    def _held(self, *names: str) -> list[str]:
        """Return what stands in files of the deployment's folder, as the managers keep it."""
        with tempfile.TemporaryDirectory(prefix="serving-") as folder:
            held = kept.fetch(self.cluster, Path(folder)).folder
            return [(held / name).read_text().strip() for name in names]


def no_page(site: Site, trust: ssl.SSLContext, patience_s: float = READ_S) -> str:
    """Return why somebody who comes anew does not see a page of the blogs that no cache has; "": sees it."""
    port = int(site.base.rsplit(":", 1)[1].strip("/"))
    try:
        with (
            socket.create_connection((site.address, port), patience_s) as plain,
            trust.wrap_socket(plain, server_hostname=site.host) as connection,
        ):
            connection.settimeout(patience_s)
            connection.sendall(f"GET /?s={time.monotonic_ns()} HTTP/1.1\r\nHost: {site.host}:{port}\r\nConnection: close\r\n\r\n".encode())
            said = connection.recv(64)
    except OSError as problem:
        return type(problem).__name__
    return "" if OK in said else said.partition(b"\r\n")[0].decode(errors="replace") or "closed without an answer"


@dataclass
class Seen:
    """Each try of somebody: when it began and ended (s, of one clock), and why it did not come to what it should ("": it did)."""

    tries: list[tuple[float, float, str]] = field(default_factory=list)

    def failed_s(self, since: float) -> float:
        """Return the seconds from the beginning of the first failure after ``since`` to the next success after the last one; 0 where nothing failed."""
        after = [one for one in self.tries if one[1] >= since]
        bad = [index for index, (_, _, why) in enumerate(after) if why]
        if not bad:
            return 0.0
        end = after[bad[-1] + 1][1] if bad[-1] + 1 < len(after) else time.monotonic()
        return end - max(since, after[bad[0]][0])

    def longest_s(self, since: float) -> float:
        """Return how long nothing succeeded at most, after ``since``."""
        good = [since, *(end for _, end, why in self.tries if not why and end >= since)]
        return max((later - before for before, later in itertools.pairwise(good)), default=0.0)

    @property
    def good(self) -> int:
        return sum(not why for *_, why in self.tries)

    @property
    def whys(self) -> dict[str, int]:
        """How many failed, by why."""
        return dict(Counter(why for *_, why in self.tries if why))

    @property
    def failures(self) -> int:
        return len(self.tries) - self.good


class Crowd:
    """Readers with a new connection each time, and writers who publish posts, until the end of the block.

    There are several of each: while some wait in vain for who was lost, others come anew.
    Nobody waits longer than ``patience_s`` (for a page, for a post): who gives up has failed.
    """

    def __init__(self, site: Site, folder: Path, mark: str, writers: int = 2, patience_s: tuple[float, float] = (READ_S, WRITE_S)) -> None:
        self.site, self.folder, self.mark = site, folder, mark
        self.read_s, write_s = patience_s
        self.reads, self.writes = Seen(), Seen()
        self.acknowledged: list[str] = []
        self._ended = threading.Event()
        self._trust = ssl.create_default_context(cadata=site.trusted)
        self._authors = [Author(site, folder, write_s) for _ in range(writers)]
        reading = [(self._read, (number,)) for number in range(READERS)]
        tasks: Sequence[tuple[Callable[[int], None], tuple[int]]] = [*reading, *((self._write, (number,)) for number in range(writers))]
        self._threads = [threading.Thread(target=task, args=told, daemon=True) for task, told in tasks]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.wait_for(FIRST)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        for author in self._authors:
            author.close()

    def wait_for(self, more: int, limit_s: float = 300) -> None:
        """Return when ``more`` posts were acknowledged and as many pages read."""
        posts, pages, until = len(self.acknowledged) + more, self.reads.good + more, time.monotonic() + limit_s
        while len(self.acknowledged) < posts or self.reads.good < pages:
            assert time.monotonic() < until, f"{len(self.acknowledged)} posts of {posts}, reads {self.reads.tries[-3:]}"
            time.sleep(PAUSE_S)

    def lost(self) -> set[str]:
        """Return the acknowledged posts that are not there; asked again where a list fails, which says nothing of what is in it."""
        missing, until = set(self.acknowledged), time.monotonic() + AUDIT_S
        while missing and time.monotonic() < until:
            reader = Author(self.site, self.folder)
            try:
                missing -= reader.titles(self.mark)
            finally:
                reader.close()
            if missing:
                time.sleep(1)
        return missing

    def _read(self, number: int) -> None:
        time.sleep(PAUSE_S * number)
        while not self._ended.is_set():
            began = time.monotonic()
            why = no_page(self.site, self._trust, self.read_s)
            self.reads.tries.append((began, time.monotonic(), why))
            time.sleep(PAUSE_S * READERS)

    def _write(self, number: int) -> None:
        for count in itertools.count():
            if self._ended.is_set():
                return
            title, began = f"{self.mark} {number} {count}", time.monotonic()
            why = self._authors[number].refused(title)
            self.writes.tries.append((began, time.monotonic(), why))
            if why:
                time.sleep(PAUSE_S)
            else:
                self.acknowledged.append(title)
