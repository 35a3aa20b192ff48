"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Processes = Annotated[int, typer.Option(help="Processes that drive, at most one for each core (of each machine that drives); one more hears them all.")]
Inventory = Annotated[Path | None, typer.Option("--inventory", help="cluster.yaml: the platform on the hosts of a cluster, instead of this machine.")]
Generators = Annotated[
    str,
    typer.Option(
        "--generators",
        metavar="HOST,…",
        help="With --inventory: hosts of it that drive.  [default: its generators; without, this machine where it is let in, else a host of the platform]",
    ),
]
