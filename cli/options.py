"""Options that several commands take."""

from typing import Annotated

import typer

Processes = Annotated[int, typer.Option(help="Processes that drive, at most one for each core; one more hears them all.")]
