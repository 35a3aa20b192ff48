"""``plan status``: what is deployed, whether it runs, and what was changed by hand."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from infra import live
from infra.deployment import Deployment, load
from infra.keep import journal, standing
from infra.upgrade.state import state
from runtime import printer
from runtime.errors import PlanError

NO = 3
SCHEMA_VERSION = 1


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def status(
    *,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Exit 3 where something differs from the last deploy.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say what is deployed, whether it runs, and what was changed by hand."""
    deployment = load(name)
    tasks, drift = live.tasks(deployment), live.drift(deployment)
    if as_json:
        printer.data_json(
            {
                "schema": {"version": SCHEMA_VERSION},
                "name": deployment.name,
                "urls": deployment.urls,
                "applied_at": deployment.record().get("applied_at"),
                "services": {role: {"running": running, "wanted": wanted} for role, (running, wanted) in tasks.items()},
                "drift": [vars(found) for found in drift],
                **state(deployment).document(),
                **standing.standing(deployment),
            }
        )
    else:
        _print(deployment, tasks, drift)
        printer.say(f"next: {_next(deployment, drift)}")
    if check and drift:
        raise PlanError(f"{len(drift)} differences from the last deploy", where=deployment.name, hint="run 'plan deploy' to mend them", exit_code=NO)


def _print(deployment: Deployment, tasks: dict[str, tuple[int, int]], drift: list[live.Drift]) -> None:
    printer.data(f"{deployment.name}: " + ("as deployed" if not drift else f"{len(drift)} differences from the last deploy"))
    for found in drift:
        printer.data(f"  differs: {found}")
    for role, (running, wanted) in sorted(tasks.items()):
        printer.data(f"  {role:12} {running} of {wanted} run")
    for role, url in deployment.urls.items():
        printer.data(f"  {role:12} {url}")
    now = datetime.now(UTC)
    for line in (*state(deployment).lines(now), *standing.lines(deployment, now)):
        printer.data(f"  {line}")
    capacity = deployment.plan.capacity
    printer.data(f"  administrator's first password: {deployment.password_file}")
    printer.data(f"  certificate authority to trust: {deployment.ca_file}")
    printer.data(f"  this box carries ~{round(capacity.people, -2):,} people; the first thing to give is {capacity.first_to_give}")


def _next(deployment: Deployment, drift: list[live.Drift]) -> str:
    if journal.unended(deployment):
        return "end the restore, as the line above says"
    return "plan deploy" if drift else "plan test smoke, then open the first address above and sign in as admin"
