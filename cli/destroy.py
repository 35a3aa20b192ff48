"""``plan destroy``: take the platform away; data stays unless it is named."""

from typing import Annotated

import typer

from cli.asking import ask
from infra import deploy as deploying
from infra import live
from infra.deployment import ROOT, load, names
from loadtests.spaces import guard
from runtime import printer
from runtime.errors import PlanError
from runtime.locks import lock

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def destroy(
    *,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    delete_data: Annotated[str, typer.Option(help="Also delete posts, files and secrets of the deployment with this NAME.", metavar="NAME")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove the platform from this machine; its data stays unless --delete-data names it."""
    live.need_administrator("plan destroy")
    wanted = name or delete_data
    if delete_data not in {"", wanted}:
        raise PlanError(f"names {delete_data}, the deployment is {wanted}", where="--delete-data", hint="give the same name twice, or --delete-data alone")
    if wanted and wanted not in names():
        _only_data(wanted, delete_data, yes=yes)
        return
    deployment = load(wanted)
    ask(f"Remove {deployment.name}" + (" and DELETE ITS DATA?" if delete_data else ", keep its data?"), where="plan destroy", wanted=not yes)
    with lock(deployment.lock_file), lock(guard(deployment)):
        with printer.step(f"Removing {deployment.name}") as say:
            deploying.destroy(deployment, say)
        if delete_data:
            deploying.delete_data(deployment.name)
    printer.data(f"removed {deployment.name}" + (", data deleted" if delete_data else f"; its data is in {deployment.folder}/data"))


def _only_data(name: str, delete_data: str, *, yes: bool) -> None:
    """Delete what an earlier destroy left."""
    folder = ROOT / name
    if not delete_data or "/" in name or not deploying.has_left_data(name):
        raise PlanError(f"no deployment is called {name}", hint=f"there is: {', '.join(names()) or 'none'}")
    ask(f"DELETE THE DATA in {folder}?", where="plan destroy", wanted=not yes)
    with lock(ROOT / f"{name}.lock"):
        deploying.delete_data(name)
    printer.data(f"data of {name} deleted")
