"""The packages of a cluster's hosts: one host after the other leaves, is updated, booted where that is wanted, and is back before the next one goes."""

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from docker.errors import DockerException

from infra.cluster import settle
from infra.cluster.platform import Platform, Say
from infra.cluster.playing import Part, play
from infra.cluster.seen import condition, tells
from infra.cluster.session import administer, hang_up
from infra.cluster.upgrade import kinds
from infra.cluster.upgrade.leaving import AGAIN, PAUSE_S, Leaving
from infra.cluster.upgrade.pending import BOOT, OLD, OnHost
from infra.inventory.connect import LOST
from infra.live import engine_client
from runtime.errors import PlanError
from runtime.run import last_line

PLAYBOOK: Final = "updates.yml"
BEFORE: Final = "/run/underdesk-before-boot"
"""Gone after a boot, wherever the kernel comes from."""
BOOT_S, WHOLE_S, ASK_S = 900.0, 900.0, 20


@dataclass(frozen=True)
class Taken:
    """What was done on a host: lines of the packages, and whether it was booted."""

    packages: tuple[str, ...]
    booted: bool = False


@dataclass(frozen=True)
class Members:
    """The hosts of a platform that is held; ``every``: not security updates alone, ``reboot``: where what is taken needs a boot, it comes."""

    platform: Platform
    say: Say
    every: bool = False
    reboot: bool = False

    @cached_property
    def leaving(self) -> Leaving:
        """How they leave."""
        return Leaving(self.platform, self.say)

    def update(self, found: Mapping[str, OnHost], hosts: Sequence[str]) -> dict[str, Taken]:
        """Take what was ``found`` on ``hosts``, one after the other; return what was done.

        Raises PlanError where the cluster is not whole before a host, or one does not come back: then the next ones are as they were.
        """
        for name in (name for name in hosts if found[name].leaves):
            self.say(f"{name}: an upgrade that was interrupted has left it out of work")
            self._come_back(name)
        self.wait_until_whole("the cluster is not whole")
        order = kinds.order(self.platform.work.cluster, hosts, last=self.leaving.busiest())
        return {name: self._turn(name, found[name]) for name in order}

    def wait_until_whole(self, otherwise: str, limit_s: float = WHOLE_S) -> None:
        """Return when everybody answers, members of the database serve, files are copied, and every service runs; raises PlanError after ``limit_s``."""
        until, told = time.monotonic() + limit_s, ""
        while amiss := next(self._amiss(), ""):
            if time.monotonic() > until:
                raise PlanError(f"{otherwise}: {amiss}", where=self.platform.work.cluster.name, hint=AGAIN)
            if amiss != told:
                self.say(f"waiting: {amiss}")
                told = amiss
            time.sleep(PAUSE_S)

    def _turn(self, name: str, found: OnHost) -> Taken:
        cluster, wanted = self.platform.work.cluster, found.wanted(every=self.every)
        stopped = set(kinds.stops(cluster, name, wanted))
        boots = self.reboot and (found.boots or bool(stopped & set(kinds.BY_BOOT)))
        self.leaving.leave(name, {*kinds.everything(cluster, name)} if boots else stopped | {*found.old})
        if wanted:
            self.say(f"{name}: taking {len(wanted)} updates")
            told = {"updates_host": name, "updates_packages": [f"{update.package}={update.new}" for update in wanted]}
            play(cluster, self.platform.work.folder, lambda change: self.say(str(change)), part=Part(PLAYBOOK, told))
        if self.reboot and not boots and self.leaving.do(name, f"[ ! -e {BOOT} ] || echo boot").strip():
            self.leaving.leave(name, {*kinds.everything(cluster, name)})
            boots = True
        if boots:
            self._boot(name)
        else:
            self._renew(name)
        self._come_back(name)
        if not boots and (late := [what for what in kinds.BY_BOOT if what in stopped]):
            self.say(f"note: {name}: what is new of {' and '.join(late)} is in use after a boot (--reboot)")
        return Taken(tuple(map(str, wanted)), boots)

    def _come_back(self, name: str) -> None:
        self.leaving.take_part(name)
        self.wait_until_whole(f"{name} did not come back")
        self.leaving.forget(name)
        self.say(f"{name}: done, and the cluster is whole")

    def _renew(self, name: str) -> None:
        """Start again what runs the code of before, when others do its work."""
        units = [unit.removesuffix(".service") for unit in self.leaving.do(name, OLD).split()]
        late = kinds.old(self.platform.work.cluster, name, units)
        if not late:
            return
        self.leaving.leave(name, {*late})
        there = [unit for what in late for unit in kinds.UNITS[what] if unit in units]
        self.say(f"{name}: starting {', '.join(there)} again: {'they run' if len(there) > 1 else 'it runs'} the code of before")
        self.leaving.do(name, f"systemctl restart {shlex.join(there)}")

    def _boot(self, name: str) -> None:
        reach, folder = self.platform.work.cluster.reach[name], self.platform.work.folder
        self.say(f"{name}: booting")
        self.leaving.do(name, f"touch {BEFORE}; sync")
        with suppress(PlanError):  # the connection ends with the host
            administer(reach, folder, "systemctl --no-block reboot", limit_s=ASK_S)
        until = time.monotonic() + BOOT_S
        while why := self._not_booted(name):
            if time.monotonic() > until:
                raise PlanError(f"does not come back from its boot: {why}", where=name, hint=f"see its console; {AGAIN}")
            time.sleep(PAUSE_S)

    def _not_booted(self, name: str) -> str:
        reach, folder = self.platform.work.cluster.reach[name], self.platform.work.folder
        hang_up(reach, folder)  # what is open is of before
        try:
            done = administer(reach, folder, f"[ ! -e {BEFORE} ]", limit_s=ASK_S)
        except PlanError as problem:
            return problem.message
        return "" if not done.returncode else last_line(done.stderr) if done.returncode == LOST else "it goes on without booting"

    def _amiss(self) -> Iterator[str]:
        """Yield what is not well, what is soon found first."""
        cluster = self.platform.work.cluster
        heard = tells.ask(cluster.reach, self.platform.work.folder)
        yield from (str(problem) for problem in heard.lost.values())
        yield from condition.members(cluster, heard.told).troubles
        yield from (f"{address} is with {len(there)} hosts" for address, there in condition.holders(cluster, heard.told).items() if len(there) != 1)
        try:
            yield from self._of_swarm()
            self.platform.verify()
        except (PlanError, DockerException, OSError) as problem:
            yield from (str(one) for one in getattr(problem, "problems", (problem,)))

    def _of_swarm(self) -> Iterator[str]:
        client = engine_client(self.platform.engines.socket(self.platform.engines.manager()))
        nodes = [node.attrs for node in client.nodes.list()]
        yield from (f"{node['Description']['Hostname']} is {node['Status']['State']} in the swarm" for node in nodes if node["Status"]["State"] != "ready")
        counts = settle.counts(client, self.platform.deployment.name)
        yield from (f"service {role}: {count.running} of {count.wanted} run" for role, count in counts.items() if not count.settled)
