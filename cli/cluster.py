"""``plan deploy --inventory``: hosts made ready over SSH, then data, images, services and front door."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from cli.asking import ask
from cli.proposal import say_parts
from infra.cluster import make_ready
from infra.cluster import platform as platforms
from infra.cluster.cluster import Cluster
from infra.cluster.keep import trial
from infra.cluster.make_ready import Work, at_work
from infra.cluster.platform import Done, Platform, Proposal
from infra.cluster.playing import Change
from infra.cluster.upgrade import renewal
from infra.deployment import read_plan
from infra.inventory.reading import read
from runtime import printer

SCHEMA_VERSION = 2
READY = "the hosts are ready; without --hosts-only data, services and front door follow"


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    plan: Path
    inventory: Path
    dry_run: bool
    yes: bool
    as_json: bool
    diff: bool


def deploy_hosts(asked: Asked) -> None:
    """Check every host, show what changes on each, ask, change, verify, record."""
    cluster = _checked(asked)
    with at_work(cluster) as work:
        with printer.step("Comparing the hosts with the plan"):
            proposed = work.propose()
        _show(cluster, proposed, diff=asked.diff)
        if not proposed:
            printer.say("nothing to change")
        changed = Done(() if asked.dry_run else tuple(_made(work, proposed, wanted=not asked.yes)))
    if asked.as_json:
        printer.data_json(_answer(cluster, Proposal(tuple(proposed)), changed, dry_run=asked.dry_run, services=False))
    elif not asked.dry_run:
        _report(cluster, changed, "ready")
        printer.say(f"note: {READY}")


def deploy_platform(asked: Asked) -> None:
    """Check every host, show what changes on each and of services, ask, change, verify, record."""
    cluster = _checked(asked)
    with at_work(cluster) as work, platforms.opened(work) as platform:
        if unfinished := renewal.before_deploy(platform.deployment.folder):
            printer.say(f"note: {unfinished}")
        with printer.step("Comparing the plan with what is there") as say:
            proposal = platform.propose(say)
        show_platform(cluster, proposal, diff=asked.diff)
        changed = Done() if asked.dry_run else _deployed(platform, proposal, wanted=not asked.yes)
    if asked.as_json:
        printer.data_json(_answer(cluster, proposal, changed, dry_run=asked.dry_run, services=True))
    elif not asked.dry_run:
        _report(cluster, changed, "deployed")
        for url in platform.deployment.urls.values():
            printer.data(f"  {url}")


def _checked(asked: Asked) -> Cluster:
    plan, inventory = read_plan(asked.plan), read(asked.inventory)
    with printer.step(f"Looking at {many(len(inventory.hosts))}"):
        return platforms.checked(inventory, plan, str(asked.inventory))


def _show(cluster: Cluster, proposed: Sequence[Change], *, diff: bool) -> None:
    every, rest = make_ready.parted(make_ready.by_host(cluster, proposed), len(cluster.reach))
    for title, lines in {**({"every host": every} if every else {}), **make_ready.alike(rest)}.items():
        printer.say(f"{title}:")
        for task, parts in groupby((line.partition(": ") for line in lines), key=lambda parts: parts[0]):
            printer.say(f"    {task}")
            for item in (parted[2] for parted in parts if parted[2]):
                printer.say(f"        {item}")
    for change in proposed if diff else ():
        if change.diff:
            printer.say(f"{change}:\n{change.diff}")


def show_platform(cluster: Cluster, proposal: Proposal, *, diff: bool = False) -> None:
    """Say what would change, host by host and service by service."""
    _show(cluster, proposal.hosts, diff=diff)
    parts = {
        "differs from the last deploy, will be mended": proposal.drift,
        "images": proposal.images,
        "services": proposal.services,
        "then": proposal.first,
    }
    say_parts(parts)
    for note in proposal.notes:
        printer.say(f"note: {note}")
    if proposal.interrupted:
        printer.say("note: the last deploy did not end; this one completes it")
    if proposal.empty:
        printer.say("nothing to change")


def _deployed(platform: Platform, proposal: Proposal, *, wanted: bool) -> Done:
    changed = Done()
    if not proposal.empty:
        ask("Apply this?", where="plan deploy", wanted=wanted)
        with printer.step("Deploying") as say:
            changed = platform.apply(proposal, say)
    with printer.step("Verifying that what is in force is what was planned"):
        platform.verify()
    platform.record()
    _backups_tried(platform)
    return changed


def _backups_tried(platform: Platform) -> None:
    """Say what keeps hosts from backing up to where the plan says; the store of the cluster itself was looked at before."""
    if not platform.work.cluster.plan.platform.backup.to:
        return
    with printer.step("Trying the place of the backups from every host that backs up"):
        problems = trial.troubles(platform.work.cluster, platform.work.folder)
    for problem in problems:
        printer.say(f"note: no backup can be taken now by {problem}; {problem.hint}")


def _made(work: Work, proposed: Sequence[Change], *, wanted: bool) -> list[Change]:
    changed = []
    if proposed:
        ask("Apply this?", where="plan deploy", wanted=wanted)
        with printer.step("Making the hosts ready") as say:
            changed = work.apply(say)
    with printer.step("Verifying that what is in force is what was planned"):
        work.verify()
    work.record()
    return changed


def _report(cluster: Cluster, changed: Done, done: str) -> None:
    printer.data(f"{done}: {changed.count} changes on {many(len(cluster.reach))}" if changed.count else f"no changes on {many(len(cluster.reach))}")
    for name, roles in cluster.placement.roles.items():
        printer.data(f"  {name:12} {cluster.reach[name].address:15} {', '.join(roles)}")
    printer.data(f"  survives: {cluster.placement.survives}")


def _answer(cluster: Cluster, proposal: Proposal, changed: Done, *, dry_run: bool, services: bool) -> dict[str, Any]:
    return {
        "schema": {"version": SCHEMA_VERSION},
        "name": cluster.name,
        "dry_run": dry_run,
        "proposed": make_ready.by_host(cluster, proposal.hosts),
        "images": list(proposal.images),
        "services": [*proposal.services, *proposal.first],
        "drift": [str(drift) for drift in proposal.drift],
        "changed": make_ready.by_host(cluster, changed.hosts),
        "changed_services": list(changed.services),
        "verified": not dry_run,
        "hosts": {name: list(roles) for name, roles in cluster.placement.roles.items()},
        "serving": services and not dry_run,
    }


def many(hosts: int) -> str:
    """Return so many hosts in words."""
    return f"{hosts} host{'' if hosts == 1 else 's'}"
