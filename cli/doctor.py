"""``plan doctor``: everything that a command needs, one line each, with the mend."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.deployment import Deployment, load, names, read_plan
from infra.doctor import examine, of_this_side
from infra.finding import Finding
from infra.inventory.check import check
from infra.inventory.placement import mapping
from infra.inventory.reading import read
from loadtests.scale import confine
from loadtests.spaces import guard, leftovers
from runtime import printer
from runtime.errors import PlanError
from runtime.locks import lock

SCHEMA_VERSION = 1


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def doctor(
    *,
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: check it, and every host that it names.")] = None,
    plan: Annotated[Path | None, typer.Option(help="plan.json that the hosts of the inventory shall hold.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Check everything that a command needs; each failing line says the mend."""
    if plan and not inventory:
        raise PlanError("--plan without --inventory", where="plan doctor", hint="name the hosts as well: --inventory cluster.yaml", exit_code=2)
    findings, more = _cluster(inventory, plan) if inventory else (_desk(), {})
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "findings": [{**vars(found), "ok": found.ok} for found in findings], **more})
    else:
        for found in findings:
            _print(found)
    failing = [found.subject for found in findings if not found.ok]
    if failing:
        said = ", ".join(dict.fromkeys(failing))
        raise PlanError(f"{len(failing)} of {len(findings)} need a mend: {said}", where="plan doctor", hint="each line above says how")


def _desk() -> list[Finding]:
    return [*examine(), *(_tests(deployment) for deployment in _readable())]


def _cluster(path: Path, plan: Path | None) -> tuple[list[Finding], dict[str, Any]]:
    inventory, wanted = read(path), read_plan(plan) if plan else None
    with printer.step(f"Looking at {len(inventory.hosts)} host{'' if len(inventory.hosts) == 1 else 's'}"):
        checked = check(inventory, wanted, str(path))
    placed = checked.placement
    more = {
        "hosts": {name: facts.model_dump(mode="json") for name, facts in checked.facts.items()},
        "placement": mapping(placed) if placed else None,
        "survives": placed.survives if placed else None,
    }
    return [*of_this_side(), *checked.findings], more


def _readable() -> Iterator[Deployment]:
    for name in names():
        with suppress(PlanError):
            yield load(name)


def _tests(deployment: Deployment) -> Finding:
    subject, left = f"tests of {deployment.name}", leftovers(deployment)
    if confine.left(deployment) and not _runs(deployment):
        return Finding(subject, "an interrupted test left it with fewer cores or other replicas", f"run 'plan test clean --name {deployment.name}'")
    if not left:
        return Finding(subject, "nothing left behind")
    return Finding(subject, f"{len(left)} interrupted runs left test spaces", f"run 'plan test clean --name {deployment.name}'")


def _runs(deployment: Deployment) -> bool:
    """Tell whether a test runs: what it has changed is wanted then."""
    try:
        with lock(guard(deployment)):
            return False
    except PlanError:
        return True


def _print(found: Finding) -> None:
    printer.data(f"{'ok  ' if found.ok else 'MEND'} {found.subject:14} {found.said}")
    if not found.ok:
        printer.data(f"     {'':14} → {found.mend}")
