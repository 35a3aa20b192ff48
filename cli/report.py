"""``plan test report``: a result as one page that can be handed on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime import files, printer
from runtime.errors import PlanError

if TYPE_CHECKING:
    from loadtests.verdict import Result

RESULT = Path("result.json")
REPORT = Path("report.html")
MEND = "run 'plan test steady' or 'plan test capacity' first, or name the file"


def report(
    result: Annotated[Path, typer.Argument(metavar="[RESULT]", help="What a test wrote.")] = RESULT,
    *,
    output: Annotated[Path, typer.Option(help="Where to write the page.")] = REPORT,
) -> None:
    """Write a result as one page (HTML) with figures that needs nothing else, for a browser or a printer."""
    from loadtests.reading import parse  # noqa: PLC0415 - imported when needed

    if files.same(output, result):
        raise PlanError(f"{output} is the result itself", where="--output", hint="name another file")
    files.refuse_special(output)
    write(parse(files.read(result, hint=MEND), str(result)), output)
    printer.data(str(output))


def write(result: "Result", output: Path = REPORT) -> None:
    """Write the page of ``result``."""
    from loadtests.report import page  # noqa: PLC0415 - drawing is imported when needed

    files.write(output, page(result))
