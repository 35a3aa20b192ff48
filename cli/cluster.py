"""``plan deploy --inventory``: hosts made ready over SSH; data, services and front door come later."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from cli.asking import ask
from infra.cluster import make_ready
from infra.cluster.cluster import Cluster
from infra.cluster.make_ready import Work, at_work
from infra.cluster.playing import Change
from infra.deployment import read_plan
from infra.inventory.check import check
from infra.inventory.reading import read
from runtime import printer
from runtime.errors import PlanError

SCHEMA_VERSION = 1
LATER = "the hosts are ready; data, services and front door are not deployed on a cluster by this version"


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
        changed = [] if asked.dry_run else _made(work, proposed, wanted=not asked.yes)
    if asked.as_json:
        printer.data_json(_answer(cluster, proposed, changed, dry_run=asked.dry_run))
    elif not asked.dry_run:
        _report(cluster, changed)


def _checked(asked: Asked) -> Cluster:
    plan, inventory = read_plan(asked.plan), read(asked.inventory)
    with printer.step(f"Looking at {_many(len(inventory.hosts))}"):
        checked = check(inventory, plan, str(asked.inventory))
    checked.refuse()
    if checked.placement is None:  # pragma: no cover - there is a plan
        raise AssertionError
    return Cluster(plan, inventory, checked.placement)


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
    if not proposed:
        printer.say("nothing to change")


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


def _report(cluster: Cluster, changed: Sequence[Change]) -> None:
    printer.data(f"ready: {len(changed)} changes on {_many(len(cluster.reach))}" if changed else f"no changes on {_many(len(cluster.reach))}")
    for name, roles in cluster.placement.roles.items():
        printer.data(f"  {name:12} {cluster.reach[name].address:15} {', '.join(roles)}")
    printer.data(f"  survives, once services are there: {cluster.placement.survives}")
    printer.say(f"note: {LATER}")


def _answer(cluster: Cluster, proposed: Sequence[Change], changed: Sequence[Change], *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": {"version": SCHEMA_VERSION},
        "name": cluster.name,
        "dry_run": dry_run,
        "proposed": make_ready.by_host(cluster, proposed),
        "changed": make_ready.by_host(cluster, changed),
        "verified": not dry_run,
        "hosts": {name: list(roles) for name, roles in cluster.placement.roles.items()},
        "services": False,
    }


def _many(hosts: int) -> str:
    return f"{hosts} host{'' if hosts == 1 else 's'}"


def refuse_services() -> PlanError:
    """Return what is said where services are wanted on a cluster."""
    return PlanError(
        "services on a cluster are not part of this version",
        where="plan deploy --inventory",
        hint="add --hosts-only: it makes the hosts ready (firewall, SSH, engine, swarm) and says what it changed",
    )
