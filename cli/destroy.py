"""``plan destroy``: take the platform away; data stays unless it is named."""

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import ask
from cli.cluster_back import cluster_destroy
from infra import deploy as deploying
from infra import live
from infra.deployment import ROOT, load, names
from infra.keep import backup, drill, key, places
from loadtests.spaces import guard
from runtime import printer
from runtime.errors import PlanError
from runtime.locks import lock

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def destroy(
    *,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    delete_data: Annotated[
        str, typer.Option(help="Also delete posts, files, secrets (with the backups' key) and own backups of the deployment NAME.", metavar="NAME")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove the platform from this machine (or a cluster); its data stays unless --delete-data names it."""
    if inventory:
        cluster_destroy(inventory, name, delete_data=delete_data, yes=yes)
        return
    live.need_administrator("plan destroy")
    wanted = name or delete_data
    if delete_data not in {"", wanted}:
        raise PlanError(f"names {delete_data}, the deployment is {wanted}", where="--delete-data", hint="give the same name twice, or --delete-data alone")
    if wanted and wanted not in names():
        _only_data(wanted, delete_data, yes=yes)
        return
    deployment = load(wanted)
    what = f"and DELETE ITS DATA, {_lost(deployment.folder)}?" if delete_data else "but keep its data?"
    ask(f"Remove {deployment.name} {what}", where="plan destroy", wanted=not yes)
    with lock(deployment.lock_file), lock(guard(deployment)), lock(backup.guard(deployment)):
        with printer.step(f"Removing {deployment.name}") as say:
            drill.clean(deployment, say)
            deploying.destroy(deployment, say)
        if delete_data:
            deploying.delete_data(deployment.name)
    printer.data(f"removed {deployment.name}" + (", data deleted" if delete_data else f"; its data is in {deployment.folder}/data"))


def _only_data(name: str, delete_data: str, *, yes: bool) -> None:
    """Delete what an earlier destroy left."""
    folder = ROOT / name
    if not delete_data or "/" in name or not deploying.has_left_data(name):
        raise PlanError(f"no deployment is called {name}", hint=f"there is: {', '.join(names()) or 'none'}")
    ask(f"DELETE THE DATA in {folder}, {_lost(folder)}?", where="plan destroy", wanted=not yes)
    with lock(ROOT / f"{name}.lock"):
        deploying.delete_data(name)
    printer.data(f"data of {name} deleted")


def _lost(folder: Path) -> str:
    """Return what goes with the data and is easily forgotten."""
    backups = f"the backups in {folder / places.OWN}, " if (folder / places.OWN).is_dir() else ""
    return f"{backups}and the key of all its backups (copy {key.file(folder)} first: without it none can be opened)"
