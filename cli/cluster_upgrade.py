"""``plan upgrade --inventory``: security updates of a cluster's images, and of its hosts one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.asking import ask
from cli.cluster import many
from cli.upgrade_words import renewed, report
from infra import images, standin
from infra.cluster.parts import database
from infra.cluster.parts.services import ON_HOSTS
from infra.cluster.platform import Platform, Say
from infra.cluster.standing import Standing, changing, looked
from infra.cluster.upgrade import perform, renewal
from infra.cluster.upgrade.keeper import Backups
from infra.cluster.upgrade.members import Members, Taken
from infra.cluster.upgrade.pending import Pending, pending
from infra.cluster.upgrade.served import doors_answer, served
from infra.upgrade.perform import Tested
from infra.upgrade.updates import Update
from loadtests.load import Manner
from loadtests.perform import perform as run_test
from loadtests.scenarios.registry import SCENARIOS
from runtime import printer
from runtime.errors import PlanError

SCHEMA_VERSION: Final = 1
NO: Final = 3


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    inventory: Path
    name: str
    only_check: bool
    dry_run: bool
    every: bool
    with_hosts: bool
    reboot: bool
    yes: bool
    as_json: bool


def cluster_upgrade(asked: Asked) -> int:
    """Show what is pending, ask, take it; return the exit code."""
    with looked(asked.inventory, asked.name) as there:
        begun = renewal.read(there.deployment.folder)
        if begun and not (asked.only_check or asked.dry_run):
            printer.say(f"an upgrade of {begun.started} was interrupted while {begun.doing}; going on")
            return _images(asked, frozenset(), {})
        with printer.step("Asking images and hosts for pending updates"):
            found = pending(there)
        renew = frozenset() if asked.only_check else found.renew(every=asked.every)
        turns = found.turns(every=asked.every, reboot=asked.reboot) if asked.with_hosts and not asked.only_check else []
        _show(found, renew)
        _show_turns(asked, there, found, turns)
        if asked.only_check or asked.dry_run or not (renew or turns):
            _answer(asked, there, found)
            return NO if asked.only_check and (found.security or found.on_hosts) else 0
        if renew:
            _refuse_registry(there)
        ask("Take these updates?", where="plan upgrade", wanted=not asked.yes)
    taken = _hosts(asked, found, turns) if turns else {}
    return _images(asked, renew, taken) if renew else _told(asked, there, taken)


def _hosts(asked: Asked, found: Pending, turns: Sequence[str]) -> dict[str, Taken]:
    with changing(asked.inventory, asked.name) as (platform, _inventory), printer.step("Updating hosts, one after the other") as say:
        return Members(platform, say, every=asked.every, reboot=asked.reboot).update(found.hosts, turns)


def _told(asked: Asked, there: Standing, taken: Mapping[str, Taken]) -> int:
    if asked.as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": there.deployment.name, "passed": True, "hosts": _by_host(taken)})
        return 0
    _say_taken(taken)
    printer.say("next: plan status --inventory")
    return 0


def _by_host(taken: Mapping[str, Taken]) -> dict[str, dict[str, object]]:
    return {name: {"packages": list(one.packages), "booted": one.booted} for name, one in taken.items()}


def _say_taken(taken: Mapping[str, Taken]) -> None:
    for name, one in taken.items():
        printer.data(f"{name}: {len(one.packages)} packages{', booted' if one.booted else ''}")
        for line in one.packages:
            printer.data(f"  {line}")


def _images(asked: Asked, renew: frozenset[str], taken: Mapping[str, Taken]) -> int:
    """Take the packages of images anew, or go on with what was interrupted."""
    with changing(asked.inventory, asked.name) as (platform, inventory), printer.step("Upgrading") as say:
        begun = renewal.read(platform.deployment.folder) or perform.begin(platform, renew)
        keeper = Backups(asked.inventory, platform.deployment.name)
        outcome = perform.Attempt(platform, inventory, str(asked.inventory), tested, keeper, say).carry_out(begun)
    if asked.as_json:
        printer.data_json(
            {"schema": {"version": SCHEMA_VERSION}, "name": platform.deployment.name, "passed": outcome.passed, **vars(outcome), "hosts": _by_host(taken)}
        )
    else:
        _say_taken(taken)
        report(outcome, cluster=True)
    return 0 if outcome.passed else NO


def tested(platform: Platform, say: Say, headers: Mapping[str, str]) -> Tested:
    """Ask every front door for its pages, then let six people do everything once, as on a desk."""
    if wrong := doors_answer(platform):
        return Tested("failed", wrong)
    with served(platform) as target:
        if target.closed:
            say("every front door answers; the smoke test is left out: internal pages are closed for the cluster's own hosts")
            return Tested("passed")
        try:
            result = run_test(target, SCENARIOS["smoke"], say, Manner(headers=dict(headers)))
        except PlanError as problem:
            return Tested("", (str(problem),))
    say(f"smoke test {result.verdict}: {result.requests} requests, {result.failures} failed")
    return Tested("" if result.verdict == "invalid" else result.verdict, result.reasons)


def _show(found: Pending, renew: frozenset[str]) -> None:
    for name, updates in found.images.items():
        _lines(f"image {name}", updates)
    for name, host in found.hosts.items():
        if host.updates:
            stops = f" (security updates stop {' and '.join(host.stops)} there)" if host.stops else ""
            _lines(f"host {name}{stops}", host.updates)
        if host.old:
            printer.say(f"note: {name}: {' and '.join(host.old)} runs the code of before an update that was taken")
        if host.boots:
            printer.say(f"note: {name}: what was taken before is in use after a boot")
        if host.note:
            printer.say(f"note: {name}: {host.note}")
    if renew:
        printer.say("then: " + "; ".join(_steps(renew)))


def _show_turns(asked: Asked, there: Standing, found: Pending, turns: Sequence[str]) -> None:
    if not asked.with_hosts and found.on_hosts:
        printer.say("note: updates of hosts stay: add --host, or --host --reboot")
    if not turns:
        return
    boots = " and is booted where it needs that" if asked.reboot else ""
    printer.say(f"then: {', '.join(turns)}, one after the other: leaves its work to others, is updated{boots}, and is back before the next one goes")
    cluster = there.cluster
    if len(cluster.reach) == 1:
        printer.say("note: nobody is served while the only host starts its services again")
    elif database.mode(cluster) == "copy":
        printer.say("note: nobody can write while the primary's server starts again; to move it before: plan failover --inventory --planned")


def _lines(title: str, updates: Sequence[Update]) -> None:
    printer.say(f"{title}:")
    for update in updates:
        printer.say(f"    {update}")


def _steps(renew: frozenset[str]) -> list[str]:
    new = [name for name in renewed(renew) if name not in ON_HOSTS]
    running = [name for name in new if name not in images.PARENTS.values()]
    said = [f"build {', '.join(new)} on a manager, and bring them to every host", "take a backup", f"roll out {', '.join(running)}, host by host"]
    door = [standin.said(possible=True)] if standin.ROLE in running else []
    return [*said, *door, "test the platform", "go back to what runs now if it fails"]


def _refuse_registry(there: Standing) -> None:
    if registry := there.cluster.plan.platform.registry:
        raise PlanError(
            f"the images come from {registry}: nobody here can put new ones there",
            where="brief.yaml: infrastructure.registry",
            hint="upgrade a deployment without a registry, and push its images under their tags; then run 'plan deploy --inventory' with its packages",
        )


def _answer(asked: Asked, there: Standing, found: Pending) -> None:
    name = there.deployment.name
    if asked.as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": name, **found.document()})
        return
    said = f"{found.security} security updates pending in the images, {found.on_hosts} on {many(len(found.hosts))}; {found.others} other updates in the images"
    printer.data(f"{name}: {said}")
    more = f"plan upgrade --inventory {asked.inventory}{' --host' if found.on_hosts else ''}"
    rest = f"{more} --all takes the others" if found.others else "nothing to do; look again tomorrow"
    printer.say("next: " + (more if found.security or found.on_hosts else rest))
