"""``plan doctor``: everything that a command needs, one line each, with the mend."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import typer

from infra.deployment import Deployment, load, names
from infra.doctor import Finding, examine
from loadtests.scale import confine
from loadtests.spaces import guard, leftovers
from runtime import printer
from runtime.errors import PlanError
from runtime.locks import lock

SCHEMA_VERSION = 1


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """Check everything that a command needs; each failing line says the mend."""
    findings = [*examine(), *(_tests(deployment) for deployment in _readable())]
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "findings": [{**vars(found), "ok": found.ok} for found in findings]})
    else:
        for found in findings:
            _print(found)
    failing = [found.subject for found in findings if not found.ok]
    if failing:
        raise PlanError(f"{len(failing)} of {len(findings)} need a mend: {', '.join(failing)}", where="plan doctor", hint="each line above says how")


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
