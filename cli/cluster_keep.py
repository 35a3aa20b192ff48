"""``plan backup``, ``plan restore`` and ``plan drill`` with ``--inventory``: by the hosts of a cluster."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cli.asking import ask
from cli.backup_words import backups, listed
from infra.cluster.keep import backup as keeping
from infra.cluster.keep import drill as drilling
from infra.cluster.keep import restore
from infra.cluster.keep.backup import Vault, opened
from infra.cluster.parts import folders
from infra.cluster.standing import changing, looked
from infra.cluster.upgrade import renewal
from infra.keep import choose
from infra.keep.backup import policy
from infra.keep.drill import Proof, last
from infra.keep.places import own
from infra.keep.repository import Snapshot
from infra.keep.standing import who
from runtime import printer
from runtime.errors import PlanError
from sizing.interval import spoken

SCHEMA_VERSION: Final = 1


def cluster_backup(inventory: Path, name: str, to: str, *, show: bool, forget: bool, yes: bool, as_json: bool) -> None:  # noqa: PLR0913 - as the options
    """Back up, or say which backups there are, or remove those that the policy no longer keeps."""
    with _opened(inventory, name, to, alone=not show) as vault:
        if show:
            _list(vault, as_json=as_json)
        elif forget:
            _forget(vault, yes=yes, as_json=as_json)
        else:
            with printer.step(f"Backing up {vault.deployment.name}") as say:
                made = keeping.take(vault, say)
            _report(vault, made, as_json=as_json)


def _list(vault: Vault, *, as_json: bool) -> None:
    there, place = vault.repository.snapshots(), vault.repository.place
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": vault.deployment.name, "place": place, "backups": listed(there)})
        return
    printer.data(f"{backups(len(there))} in {place}; kept: {policy(vault.deployment)}")
    for one in there:
        printer.data(f"  {one.id}  {one.time:%Y-%m-%d %H:%M:%S} UTC  {one.why}")


def _forget(vault: Vault, *, yes: bool, as_json: bool) -> None:
    renewal.refuse_any(vault.deployment.folder)  # it may need its own
    surplus, place = vault.repository.surplus(policy(vault.deployment)), vault.repository.place
    for one in surplus:
        printer.say(f"    {one.id}  {one.time:%Y-%m-%d %H:%M:%S} UTC  {one.why}")
    if surplus:
        ask(f"Remove {backups(len(surplus))} from {place}?", where="plan backup --forget", wanted=not yes)
        with printer.step("Removing old backups") as say:
            keeping.forget(vault, say)
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": vault.deployment.name, "place": place, "removed": listed(surplus)})
        return
    printer.data(f"{backups(len(surplus))} removed from {place}; kept: {policy(vault.deployment)}")


def _report(vault: Vault, made: Snapshot, *, as_json: bool) -> None:
    recorded = keeping.recorded(vault)
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": vault.deployment.name, "host": vault.host.name, **recorded})
        return
    counts = recorded["counts"]
    printer.data(f"backup {made.id} of {made.time:%Y-%m-%d %H:%M:%S} UTC in {recorded['seconds']:.0f} s, by {vault.host.name}: {vault.repository.place}")
    printer.data(f"  {counts['posts']:,} posts, {counts['comments']:,} comments, {counts['wiki pages']:,} wiki pages, {counts['files']:,} files")
    printer.data(f"  kept: {policy(vault.deployment)}")
    if vault.repository.place == str(own(vault.deployment)):
        printer.data("  in the store of the cluster itself: it survives mistakes and a lost host, not the loss of all (infrastructure.backup.to names another)")
    printer.data("  opened by the key among the cluster's secrets: 'plan backup --key-to FILE --inventory' writes a copy to keep elsewhere")
    printer.data(f"  {scheduled(vault)}")
    printer.say("next: plan drill --inventory proves that it can be restored")


def scheduled(vault: Vault) -> str:
    """Return who backs up by itself."""
    keep = vault.deployment.plan.platform.backup
    if not keep.scheduled:
        return "none by themselves: backups are taken when this is called"
    return f"by themselves: one every {spoken(keep.every_minutes * 60)}, {who(folders.copying(vault.cluster))}"


def cluster_key(inventory: Path, name: str, file: Path) -> None:
    """Write the key of the backups to a new file that only its owner reads."""
    with looked(inventory, name) as there:
        keeping.copy_key(there, file)
    printer.data(f"wrote the key of the backups to {file}: keep it where the hosts are not")


@dataclass(frozen=True)
class Wish:
    """What of ``plan restore`` a cluster takes: a backup by its id, or up to a moment, from a place, opened by a key."""

    backup: str = ""
    place: str = ""
    key: Path | None = None
    at: datetime | None = None


def cluster_restore(inventory: Path, name: str, wish: Wish, *, yes: bool, as_json: bool) -> None:
    """Show what would be brought back, ask, and put it in the place of what the cluster holds."""
    with _opened(inventory, name, wish.place) as found:
        vault = replace(found, repository=replace(found.repository, key_file=wish.key.resolve())) if wish.key else found
        chosen = choose.newest(vault.repository, wish.at, wish.backup)
        restore.refuse_other_names(vault, chosen)
        if not (wish.backup or wish.place or wish.at) and (lost := restore.newer(vault, chosen.time)):
            hint = f"'plan backup --inventory' takes one of now; to lose that: --backup {chosen.id}; to keep some of it: --at TIME"
            raise PlanError(lost, where="plan restore", hint=hint)
        taken = f"backup {chosen.id} of {chosen.time:%Y-%m-%d %H:%M:%S} UTC"
        if wish.at:
            taken += f", and what was changed up to {wish.at:%Y-%m-%d %H:%M:%S} UTC"
        ask(f"Replace the content of {vault.deployment.name} by {taken} (what is there now is kept aside)?", where="plan restore", wanted=not yes)
        with changing(inventory, name) as (platform, _hosts), printer.step(f"Restoring {vault.deployment.name}: {taken}") as say:
            report = restore.restore(vault, platform, chosen, say, wish.at)
            urls = platform.deployment.urls
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": vault.deployment.name, **vars(report), "taken": report.taken.isoformat()})
        return
    counts = report.counts
    printer.data(f"restored in {report.seconds / 60:.1f} minutes: {taken}")
    printer.data(f"  {counts['posts']:,} posts, {counts['comments']:,} comments, {counts['wiki pages']:,} wiki pages, {counts['files']:,} files")
    for role, url in urls.items():
        printer.data(f"  {role:9} {url}")
    printer.data(f"  what was there before: {report.aside}, on every host that serves (remove it when you no longer need it)")
    printer.say("next: plan test smoke")


def cluster_drill(inventory: Path, name: str) -> tuple[str, Proof, dict[str, Any]]:
    """Restore the newest backup beside the platform and compare it; return of which deployment, the proof, and what is recorded of it."""
    with _opened(inventory, name) as vault:
        with printer.step(f"Drill: restoring the newest backup of {vault.deployment.name} beside it") as say:
            proof = drilling.drill(vault, say)
        return vault.deployment.name, proof, last(vault.deployment)


@contextmanager
def _opened(inventory: Path, name: str, to: str = "", *, alone: bool = True) -> Iterator[Vault]:
    """Look at the cluster, and give its backups."""
    with ExitStack() as held:
        with printer.step("Looking at every host"):
            vault = held.enter_context(opened(held.enter_context(looked(inventory, name)), to, alone=alone))
        yield vault
