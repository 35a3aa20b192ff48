"""``plan status``: what is deployed, whether it runs, what was changed by hand, and how backups and drills stand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.cluster_status import cluster_status
from infra import acme, live
from infra.deployment import Deployment, load
from infra.keep import journal, standing
from infra.upgrade.state import state
from loadtests.scale import confine
from runtime import printer
from runtime.errors import PlanError

NO = 3
SCHEMA_VERSION = 1


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def status(
    *,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help=(
                "Exit 3 where something differs from the last deploy, a host or service of a cluster is not well, "
                "a test of scaling has set its cores, a backup or drill failed or is overdue, or renewal of an ACME server's certificate is."
            ),
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say what is deployed, whether it runs, what was changed by hand, and how backups and drills stand."""
    if inventory:
        cluster_status(inventory, name, check=check, as_json=as_json)
        return
    deployment = load(name)
    tasks, drift = live.tasks(deployment), live.drift(deployment)
    wrong = [*_changed(deployment, drift), *_scaled(deployment), *standing.wrong(deployment), *acme.wrong(deployment)]
    if as_json:
        printer.data_json(
            {
                "schema": {"version": SCHEMA_VERSION},
                "name": deployment.name,
                "urls": deployment.urls,
                "applied_at": deployment.record().get("applied_at"),
                "services": {role: {"running": running, "wanted": wanted} for role, (running, wanted) in tasks.items()},
                "drift": [vars(found) for found in drift],
                "scaled": confine.left(deployment),
                **state(deployment).document(),
                **standing.standing(deployment),
            }
        )
    else:
        _print(deployment, tasks, drift)
        printer.say(f"next: {_next(deployment, wrong)}")
    if check and wrong:
        for problem in wrong[:-1]:
            printer.error(problem)
        raise wrong[-1]


def _changed(deployment: Deployment, drift: list[live.Drift]) -> list[PlanError]:
    said = f"{len(drift)} differences from the last deploy"
    return [PlanError(said, where=deployment.name, hint="run 'plan deploy' to mend them", exit_code=NO)] if drift else []


def _scaled(deployment: Deployment) -> list[PlanError]:
    said = "a test of scaling has set its cores or replicas"
    return (
        [PlanError(said, where=deployment.name, hint="wait until it ends; where it was killed, run 'plan test clean'", exit_code=NO)]
        if confine.left(deployment)
        else []
    )


def _print(deployment: Deployment, tasks: dict[str, tuple[int, int]], drift: list[live.Drift]) -> None:
    printer.data(f"{deployment.name}: " + ("as deployed" if not drift else f"{len(drift)} differences from the last deploy"))
    for found in drift:
        printer.data(f"  differs: {found}")
    for problem in _scaled(deployment):
        printer.data(f"  {problem}: {problem.hint}")
    for role, (running, wanted) in sorted(tasks.items()):
        printer.data(f"  {role:12} {running} of {wanted} run")
    for role, url in deployment.urls.items():
        printer.data(f"  {role:12} {url}")
    now = datetime.now(UTC)
    for line in (*state(deployment).lines(now), *acme.lines(deployment), *standing.lines(deployment, now), *standing.waiting(deployment)):
        printer.data(f"  {line}")
    capacity = deployment.plan.capacity
    printer.data(f"  administrator's first password: {deployment.password_file}")
    printer.data(f"  {acme.to_trust(deployment)}")
    printer.data(f"  this box carries ~{round(capacity.people, -2):,} people; the first thing to give is {capacity.first_to_give}")


def _next(deployment: Deployment, wrong: list[PlanError]) -> str:
    if journal.unended(deployment):
        return "end the restore, as the line above says"
    return wrong[0].hint if wrong else "plan test smoke, then open the first address above and sign in as admin"
