"""``plan accuracy``: what the plan predicted beside what was measured, kept over time."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime import files, printer
from runtime.errors import PlanError

if TYPE_CHECKING:
    from loadtests.accuracy.model import Source
    from loadtests.accuracy.prediction import Asked
    from loadtests.accuracy.record import Comparison, Row
    from loadtests.verdict import Result
    from sizing.plan import Plan

PLAN = Path("plan.json")
FILE = Path("accuracy.json")
LONGEST = 200


def accuracy(  # noqa: PLR0913 - options
    results: Annotated[list[Path] | None, typer.Argument(metavar="[RESULT]...", help="Results of tests to add: each load in them becomes a row.")] = None,
    *,
    plan: Annotated[Path, typer.Option(help="The plan that was deployed when they ran: its predictions are compared.")] = PLAN,
    file: Annotated[Path, typer.Option(help="Where the rows are kept.")] = FILE,
    configuration: Annotated[str, typer.Option(help="What was set otherwise than the plan of the brief sets it, in words.")] = "",
    since: Annotated[str, typer.Option(help="Only runs that began then or later are summed up (2026-11-29, or with a time); all stay in the file.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say how far the plan's predictions are off what was measured; adds RESULTs to accuracy.json."""
    from cli.accuracy_words import report  # noqa: PLC0415 - imported when needed
    from loadtests.accuracy.errors import summary  # noqa: PLC0415 - imported when needed

    begin = _moment(since)
    if results:
        _distinct(file, plan, results)
    held = _held(file, needed=not results)
    if results:
        found = _rows(plan, results, _in_words(configuration))
        added = _keep(file, held, found)
        held = held.with_rows(found)
    answer = summary(held if begin is None else held.since(begin))
    if as_json:
        printer.data_json(answer.model_dump(mode="json"))
    else:
        for line in report(answer):
            printer.data(line)
    if results:
        printer.say(added)


def _moment(text: str) -> datetime | None:
    """Return the moment (UTC where no zone is told); None of nothing."""
    from loadtests.accuracy.record import moment  # noqa: PLC0415 - imported when needed

    try:
        return moment(text) if text else None
    except ValueError:
        raise PlanError(f"'{text}' is no moment", where="--since", hint="write 2026-11-29, or 2026-11-29T10:00:00+00:00") from None


def _in_words(configuration: str) -> str:
    """Return it in one line that any file can hold."""
    return " ".join(configuration.encode(errors="replace").decode().split())[:LONGEST]


def _held(file: Path, *, needed: bool) -> "Comparison":
    """Return what stands in the file; where it is ``needed`` and not there, say how to make it."""
    from loadtests.accuracy.record import Comparison, parse  # noqa: PLC0415 - imported when needed

    files.refuse_special(file)
    if not needed and not file.exists():
        return Comparison()
    return parse(files.read(file, hint="add a result: plan accuracy result.json --plan plan.json"), str(file))


def _distinct(file: Path, plan: Path, results: list[Path]) -> None:
    for path, words in ((plan, "the plan"), *((one, "a result") for one in results)):
        if files.same(path, file):
            raise PlanError(f"{file} is {words} itself", where="--file", hint="name another file")


def _rows(plan: Path, results: list[Path], configuration: str) -> "tuple[Row, ...]":
    """Return the rows of all results: where one is refused, none is added."""
    from infra.deployment import read_plan  # noqa: PLC0415 - imported when needed
    from loadtests.accuracy.rows import check, rows  # noqa: PLC0415 - imported when needed

    told = read_plan(plan)
    read = [(str(path), _result(path)) for path in results]
    for where, result in read:
        check(told, result, where)
    asked = _asked(told)
    if asked.model is None:
        printer.say(f"the plan's model cannot be asked: {asked.why_not}; p95 is the plan's at its peak, moved by the crowding of the cores")
    found = (row for where, result in read for row in rows(asked, result, where, configuration))
    return tuple({row.key: row for row in found}.values())


def _result(path: Path) -> "Result":
    from loadtests.reading import parse  # noqa: PLC0415 - imported when needed

    return parse(files.read(path, hint="plan test and plan calibrate write result.json"), str(path))


def _asked(plan: "Plan") -> "Asked":
    from loadtests.accuracy.model import model  # noqa: PLC0415 - imported when needed
    from loadtests.accuracy.prediction import Asked  # noqa: PLC0415 - imported when needed

    try:
        return Asked(plan, model(plan, _source(plan)))
    except PlanError as problem:
        return Asked(plan, why_not=problem.message)


def _source(plan: "Plan") -> "Source":
    """Return what the plan was made from; raises PlanError where it is not there any more."""
    from loadtests.accuracy.model import Source  # noqa: PLC0415 - imported when needed
    from sizing.calibration import parse as calibration  # noqa: PLC0415 - imported when needed
    from sizing.reading import parse as brief  # noqa: PLC0415 - imported when needed

    seen = plan.inputs.measured or plan.inputs.observed
    told: dict[str, str] = {}
    for words, path in (("brief", plan.inputs.path), *((("calibration", seen.path),) if seen else ())):
        with suppress(PlanError, ValueError):
            told[words] = files.read(Path(path))
        if words not in told:
            raise PlanError(f"the {words} that it was made from cannot be read")
    return Source(brief(told["brief"], "the brief"), calibration(told["calibration"], "the calibration") if "calibration" in told else None)


def _keep(file: Path, held: "Comparison", found: "tuple[Row, ...]") -> str:
    """Write the file where that changes it; return what became of it."""
    from loadtests.accuracy.record import written  # noqa: PLC0415 - imported when needed

    whole, before = held.with_rows(found), {row.key: row for row in held.rows}
    new = sum(row.key not in before for row in found)
    changed = sum(row.key in before and before[row.key] != row for row in found)
    if whole != held:
        files.write(file, written(whole))
    parts = [
        f"{new} added",
        *([f"{changed} told anew"] if changed else []),
        *([f"{len(found) - new - changed} there already"] if new + changed < len(found) else []),
    ]
    return f"{'written' if whole != held else 'unchanged'}: {file}: {', '.join(parts)}"
