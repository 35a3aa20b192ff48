"""Ask apt, in each image on one host and on every host, what is pending. Nothing is changed."""

import functools
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.cluster.cluster import HOME
from infra.cluster.parts.services import ON_HOSTS
from infra.cluster.session import administer
from infra.cluster.standing import Standing
from infra.cluster.upgrade import kinds
from infra.images import PARENTS
from infra.upgrade import updates
from infra.upgrade.check import LIMIT_S, SCRIPT, packages
from infra.upgrade.updates import Update
from runtime.errors import PlanError
from runtime.together import together

FOLDER: Final = str(HOME / "updates")
"""On hosts: lists of packages that are asked for here, beside the host's own."""
MARK: Final = str(HOME / "leaves")
"""There while a host is taken out of work by an upgrade; it says what was taken away from it."""
BOOT: Final = "/run/reboot-required"
END: Final = "--- underdesk"
IN_IMAGE: Final = "exec docker run --rm --interactive --user 0 --volume {folder}:/underdesk --entrypoint sh {reference} -s /underdesk any"
ON_HOST: Final = """umask 022; mkdir -p {folder}; rm -f {folder}/sources; sh -s {folder} || echo failed >&2
echo '{end}'; [ ! -e {boot} ] || echo boot; [ ! -e {mark} ] || echo leaves; {old}"""
OLD: Final = "command -v needrestart >/dev/null && needrestart -b -r l 2>/dev/null | sed -n 's/^NEEDRESTART-SVC: //p; s/^NEEDRESTART-KSTA: 3$/boot/p' || true"
"""Says which services run code that was replaced, and ``boot`` where the kernel was."""


@dataclass(frozen=True)
class OnHost:
    """What is pending on a host: its updates, what taking those of security stops there, and why its answer is not whole.

    ``old``: what runs the code of before an update that was taken. ``boots``: what was taken before is in use only after a boot.
    ``leaves``: an upgrade that was interrupted has taken it out of work.
    """

    updates: tuple[Update, ...] = ()
    stops: tuple[str, ...] = ()
    note: str = ""
    old: tuple[str, ...] = ()
    boots: bool = False
    leaves: bool = False

    def wanted(self, *, every: bool = False) -> tuple[Update, ...]:
        """Return those that are taken: security updates (``every``: all) that replace something; new dependencies come with them."""
        return tuple(update for update in self.updates if update.old and (every or update.security))


@dataclass(frozen=True)
class Pending:
    """What was found: by the image that brings a package in, and by host."""

    time: str
    images: Mapping[str, tuple[Update, ...]]
    hosts: Mapping[str, OnHost] = field(default_factory=dict)

    @property
    def security(self) -> int:
        """How many different security updates are pending in the images."""
        return len({update for found in self.images.values() for update in found if update.security})

    @property
    def others(self) -> int:
        """How many different other updates are pending in the images."""
        return len({update for found in self.images.values() for update in found if not update.security})

    def turns(self, *, every: bool, reboot: bool) -> list[str]:
        """Return the hosts on which something is to be done; one that an interrupted upgrade has left comes in any case."""
        return [name for name, host in self.hosts.items() if host.leaves or host.old or host.wanted(every=every) or (reboot and host.boots)]

    @property
    def on_hosts(self) -> int:
        """How many security updates are pending on hosts, each host's own counted."""
        return sum(len(host.wanted()) for host in self.hosts.values())

    def renew(self, *, every: bool) -> frozenset[str]:
        """Return the images whose own packages have security updates (``every``: any updates)."""
        return frozenset(name for name, found in self.images.items() if any(every or update.security for update in found))

    def document(self) -> dict[str, Any]:
        """Return it for a program."""
        hosts = {
            name: {
                "updates": [one.model_dump() for one in host.updates],
                "stops": list(host.stops),
                "runs_old": list(host.old),
                "note": host.note,
                "boot_needed": host.boots,
            }
            for name, host in self.hosts.items()
        }
        return {"time": self.time, "images": {name: [one.model_dump() for one in found] for name, found in self.images.items()}, "hosts": hosts}


def pending(there: Standing) -> Pending:
    """Return what is pending in the images that run, and on every host that answers; raises PlanError where images cannot be asked."""
    running = there.deployment.record().get("images", {})
    if not running:
        raise PlanError("no deploy has ended yet", where=there.cluster.name, hint="run 'plan deploy --inventory' first")
    return Pending(updates.now(), _images(there, running), on_hosts(there))


def on_hosts(there: Standing) -> dict[str, OnHost]:
    """Return what is pending on every host; of one that is lost, that it is."""
    asked = there.cluster.answering
    found = dict(zip(asked, together([functools.partial(_on_host, there, name) for name in asked]), strict=True))
    return {name: found.get(name) or OnHost(note=there.tells.lost[name].message) for name in there.cluster.reach}


def _images(there: Standing, running: Mapping[str, str]) -> dict[str, tuple[Update, ...]]:
    host = next((name for name in there.cluster.placement.hosts("web") if name in there.cluster.answering), "")
    if not host:
        raise PlanError("no host that has the images answers", where=there.cluster.name, hint="see 'plan status --inventory'")
    parents = {*PARENTS.values()}
    asked = {name: reference for name, reference in running.items() if name not in parents and name not in ON_HOSTS}
    found = {name: updates.parse(_in_image(there, host, reference, first=not at)) for at, (name, reference) in enumerate(asked.items())}
    installed = {name: frozenset(packages(there.deployment, name, reference)) for name, reference in running.items()}
    return updates.by_owner(found, installed)


def _in_image(there: Standing, host: str, reference: str, *, first: bool) -> str:
    folder = f"{FOLDER}/images"
    script = IN_IMAGE.format(folder=folder, reference=shlex.quote(reference))
    fresh = f"umask 022; mkdir -p {folder}; rm -f {folder}/sources; " if first else ""
    done = administer(there.cluster.reach[host], there.folder, fresh + script, SCRIPT.read_text(encoding="utf-8"), limit_s=LIMIT_S)
    if done.returncode:
        said = " | ".join(done.stderr.strip().splitlines()[-3:])
        hint = f"does {host} reach them, and has it the image? 'apt-get update' must work on it; 'plan deploy --inventory' brings images"
        raise PlanError(f"the package archives do not answer: {said}", where=f"apt-get in {reference} on {host}", hint=hint)
    return done.stdout


def _on_host(there: Standing, name: str) -> OnHost:
    script = ON_HOST.format(folder=f"{FOLDER}/host", end=END, boot=BOOT, mark=MARK, old=OLD)
    done = administer(there.cluster.reach[name], there.folder, script, SCRIPT.read_text(encoding="utf-8"), limit_s=LIMIT_S)
    return heard(there, name, done.stdout, done.stderr)


def heard(there: Standing, name: str, said: str, complaint: str) -> OnHost:
    """Return what a host has told: a foreign archive of it that does not answer does not hide the others."""
    simulated, _, more = said.partition(END)
    found = updates.parse(simulated)
    silent = sum("Failed to fetch" in line for line in complaint.splitlines())
    note = f"{silent} archives of this host do not answer" if silent else ""
    if complaint.strip().endswith("failed"):
        note = note or "apt does not answer on this host: 'apt-get update' says why"
    words = more.split()
    wanted = [update for update in found if update.security and update.old]
    stops, old = kinds.stops(there.cluster, name, wanted), kinds.old(there.cluster, name, words)
    return OnHost(found, stops, note, old, boots="boot" in words, leaves="leaves" in words)
