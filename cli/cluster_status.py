"""``plan status --inventory``: what runs where on a cluster, what is not well, what was changed by hand, and what room is left."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.cluster.seen.condition import Condition, condition
from infra.cluster.standing import looked
from runtime import printer

SCHEMA_VERSION: Final = 1
DIGITS: Final = 12


def cluster_status(inventory: Path, name: str, *, check: bool, as_json: bool) -> None:
    """Say how the cluster is; ``check`` raises the last of what is wrong, after the others were said."""
    with printer.step("Looking at every host and its services"), looked(inventory, name) as there:
        found = condition(there)
    wrong = found.wrong
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, **found.document()})
    else:
        for line in _lines(found):
            printer.data(line)
        printer.say(f"next: {wrong[0].hint if wrong else 'plan test smoke'}")
    if check and wrong:
        for problem in wrong[:-1]:
            printer.error(problem)
        raise wrong[-1]


def _lines(found: Condition) -> Iterator[str]:
    there = found.standing
    yield f"{there.deployment.name} on {there.cluster.name}: {_verdict(found)}"
    yield from (f"  LOST         {problem}" for name, problem in there.tells.lost.items() if name in there.cluster.reach)
    yield from (f"               {line}" for line in found.losses)
    yield from (f"  not well     {line}" for line in found.unwell)
    yield from (f"  differs      {line}" for line in found.changed)
    yield from (f"  not seen     {line}" for line in found.unseen)
    yield from (f"  little room  {room}" for room in found.tight)
    if there.deploying:
        yield f"  at work      {there.deploying}"
    yield from _running(found)
    yield from _deployed(found)


def _verdict(found: Condition) -> str:
    parts = {
        "hosts lost": len(found.standing.cluster.lost),
        "things not well": len(found.unwell),
        "differences from the last deploy": len(found.changed),
        "things not seen": len(found.unseen),
    }
    return ", ".join(f"{count} {what}" for what, count in parts.items() if count) or "as deployed"


def _running(found: Condition) -> Iterator[str]:
    for role, one in found.looked.services.items():
        yield f"  {role:12} {one.running} of {one.wanted} run{': ' if one.hosts else ''}{', '.join(one.hosts)}"
    members = [f"{name}{' (written to)' if name in found.database.writers else ''}" for name, state in found.database.members.items() if not state]
    yield f"  {'database':12} {len(members)} of {len(found.database.members)} serve: {', '.join(members)}"
    yield from (f"  {'address':12} {address}: {' and '.join(holders) or 'nobody'}" for address, holders in found.addresses.items())
    yield from (f"  {role:12} {url}" for role, url in found.standing.deployment.urls.items())


def _deployed(found: Condition) -> Iterator[str]:
    there, applied = found.standing, found.applied_at[:16].replace("T", " ")
    yield f"  {'deployed':12} {f'{applied} UTC' if applied else 'never to the end'}, plan {there.cluster.plan.inputs.digest[:DIGITS]}"
    if found.version:
        yield f"  {'running':12} {found.version}"
    yield f"  {'survives':12} {there.cluster.placement.survives}"
    yield from (f"  {'certificate':12} {name}: {one.said}" for name, one in found.certificates.items() if not one.late)
    yield from (f"  {line}" for line in found.keeps)
    for name in there.strangers:
        yield f"  {'new':12} {name} is in the inventory and not deployed yet"
    for name in there.gone:
        yield f"  {'left':12} {name} was deployed and is in the inventory no more; the next deploy takes leave of it"
