"""``plan observe``: what real use says of people, from the front door's logs."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from runtime import files, printer
from runtime.errors import PlanError

if TYPE_CHECKING:
    from infra.access_log import Counted
    from sizing.brief import Brief
    from sizing.calibration import Calibration
    from sizing.observing.estimate import Known
    from sizing.observing.request import Request
    from sizing.observing.tally import Tally

BRIEF: Final = Path("brief.yaml")
NOT_YET_S: Final = 2.0
EVERY: Final = 20_000
MINUTE_S: Final = 60.0


def observe(  # noqa: PLR0913 - one for each option
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS...", help="Logs of the front door: files, gzip as well, in any order; '-' for stdin.")],
    *,
    brief: Annotated[
        Path | None, typer.Option(help="The brief: how many people there are, when they work, when they were told.  [default: brief.yaml]")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write what was observed.  [default: calibration.json beside the brief]")] = None,
    timeout: Annotated[float, typer.Option(min=1, max=240, help="Minutes without anything done that end a visit.")] = 30.0,
    pages: Annotated[int | None, typer.Option(min=1, help="How many pages there are.  [default: as many as those that were read ask for]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Learn from the front door's logs how people use it; writes calibration.json. No personal data leaves the logs."""
    from infra.access_log import Counted, requests  # noqa: PLC0415 - imported when needed
    from sizing.calibration import NAME  # noqa: PLC0415 - imported when needed
    from sizing.observing.days import Days, of  # noqa: PLC0415 - imported when needed
    from sizing.observing.tally import Tally  # noqa: PLC0415 - imported when needed

    found = brief or (BRIEF if BRIEF.exists() else None)
    company = _company(found)
    target = output or (found.parent / NAME if found else Path(NAME))
    held = _held(target, [*logs, *([found] if found else [])])
    tally = Tally(of(company.audience) if company else Days(), timeout * MINUTE_S)
    counted = Counted()
    for request in _followed(requests(logs, time.time(), counted), counted):
        tally.add(request)
    calibration = _calibration(held, tally, _known(company, pages), counted, len(logs))
    files.write(target, json.dumps(calibration.model_dump(mode="json"), indent=2) + "\n")
    printer.data(_told(calibration, as_json=as_json))
    if found is None:
        printer.say("no brief was named: working days are Monday to Friday of 9 hours, UTC; --brief FILE says better")
    printer.say(f"written: {target}; next: plan size {found or BRIEF}" + ("" if output is None else f" --calibration {target}"))


def _company(path: Path | None) -> "Brief | None":
    if path is None:
        return None
    from sizing.reading import parse  # noqa: PLC0415 - imported when needed

    return parse(files.read(path, hint="write one with 'plan init'"), str(path))


def _held(target: Path, read: list[Path]) -> "Calibration":
    """Return what stands in the file that will be written; refuses to write over what is read."""
    from sizing.calibration import Calibration, parse  # noqa: PLC0415 - imported when needed

    files.refuse_special(target)
    if any(path.resolve() == target.resolve() for path in read if str(path) != "-"):
        raise PlanError(f"{target} is read itself", where="--output", hint="name another file")
    return parse(files.read(target), str(target)) if target.exists() else Calibration()


def _followed(found: "Iterator[Request]", counted: "Counted") -> "Iterator[Request]":
    """Say every two seconds how far the reading has come."""
    last = time.monotonic()
    for number, request in enumerate(found, 1):
        yield request
        if not number % EVERY and time.monotonic() - last > NOT_YET_S:
            last = time.monotonic()
            printer.say(f"  {counted.lines:,} lines, up to {time.strftime('%Y-%m-%d', time.gmtime(counted.reached_s))} …")


def _known(company: "Brief | None", pages: int | None) -> "Known":
    from sizing.observing.estimate import Known, told_by  # noqa: PLC0415 - imported when needed

    return Known(pages=pages) if company is None else told_by(company, pages)


def _calibration(held: "Calibration", tally: "Tally", known: "Known", counted: "Counted", logs: int) -> "Calibration":
    from sizing.calibration import Schema  # noqa: PLC0415 - imported when needed
    from sizing.observing.estimate import Read, observations  # noqa: PLC0415 - imported when needed

    if not tally.visitors:
        raise PlanError(f"nobody opened a page in these {counted.lines:,} lines", where="LOGS", hint="pictures and feeds alone are no visit; log real use")
    return held.model_copy(update={"schema_": Schema(), "observations": observations(tally, known, Read(logs, counted.lines, dict(counted.left_out)))})


def _told(calibration: "Calibration", *, as_json: bool) -> str:
    from cli.observed_words import words  # noqa: PLC0415 - imported when needed

    seen = calibration.observations
    return words(seen) if seen and not as_json else json.dumps(calibration.model_dump(mode="json"), indent=2)
