"""``plan size``: the brief's answer in servers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from runtime import files, printer
from runtime.errors import PlanError

if TYPE_CHECKING:
    from sizing.brief import Brief
    from sizing.calibration import Calibration
    from sizing.catalogue import Catalogue
    from sizing.plan import Plan
    from sizing.question import Answer, Question


def size(  # noqa: PLR0913, PLR0917 - one for each option
    brief: Annotated[Path, typer.Argument(metavar="[BRIEF]", help="The brief.")] = Path("brief.yaml"),
    people: Annotated[int | None, typer.Option(help="What if: as many people, of the brief's mix. Writes no plan.json unless --output is given.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write the plan.  [default: plan.json]")] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(help="What if: key=value, a path of the brief or a number's name, side by side with the brief; repeatable. Writes no plan.json."),
    ] = None,
    catalogue: Annotated[Path | None, typer.Option(help="The machines that can be had, with prices (YAML).  [default: the one that comes with plan]")] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(help="What was observed ('plan observe') and measured ('plan calibrate').  [default: calibration.json beside the brief, where it is]"),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page with plots (HTML) that defends the answer.")] = None,
    draws: Annotated[
        int | None,
        typer.Option(min=100, max=1_000_000, help="Draws of the uncertain numbers.  [default: 2000, or 10000 where the choice of servers hangs on it]"),
    ] = None,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Walk from people to servers with every number in between.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Size the servers for a brief; writes plan.json."""
    from sizing.question import Question  # noqa: PLC0415 - imported when needed
    from sizing.reading import parse  # noqa: PLC0415 - imported when needed
    from sizing.size import answer, checked, made  # noqa: PLC0415 - imported when needed

    target = output or (Path("plan.json") if people is None and not what_if else None)
    held = _beside(brief) if calibration is None else calibration
    _distinct({"the brief": brief, "the catalogue": catalogue, "the calibration": held}, target, report)
    company = parse(files.read(brief, hint="write one with 'plan init'"), str(brief))
    counted = None if people is None else checked(people)
    question = Question(company, str(brief.resolve()), counted, _catalogue(catalogue), **_calibration(held, company))
    _say_overruled(question)
    alternatives = _alternatives(question, what_if or [])
    found = answer(question, draws)
    plan = made(found)
    others = [(words, _made(other, draws)) for words, other in alternatives]
    if report:
        _write_report(report, found)
    if target:
        files.write(target, plan.model_dump_json(indent=2) + "\n")
    printer.data(_json(plan, others) if as_json else _text(plan, others))
    if explain:
        (printer.say if as_json else printer.data)(_explained(found))
    printer.say(_next(target, report, bool(others)))


def _beside(brief: Path) -> Path | None:
    from sizing.calibration import NAME  # noqa: PLC0415 - imported when needed

    path = brief.parent / NAME
    return path if path.exists() else None


def _calibration(path: Path | None, company: "Brief") -> "dict[str, Any]":
    if path is None:
        return {}
    from sizing.calibration import parse  # noqa: PLC0415 - imported when needed

    held = parse(files.read(path, hint="write one with 'plan observe LOGS' or 'plan calibrate'"), str(path))
    return {"calibration": held, "calibration_path": str(path.resolve()), "running": _running(held, company)}


def _running(held: "Calibration", company: "Brief") -> "dict[str, str] | None":
    """Return the platform's version now, where one was measured: numbers of another are refused."""
    if held.measurements is None:
        return None
    from infra.fingerprint import now  # noqa: PLC0415 - imported when needed

    return now(company.name, held.measurements.as_of)


def _say_overruled(question: "Question") -> None:
    """Say which lines of the brief give way to what was observed."""
    from sizing.observed import SOURCE  # noqa: PLC0415 - imported when needed

    for name, stated in question.brief.behaviour.model_dump(exclude_none=True).items():
        found = question.numbers.quantity(name) if name in question.numbers.names() else None
        if found and found.source.startswith(SOURCE) and name not in question.changes:
            printer.say(
                f"behaviour.{name} of the brief ({stated:g}) gives way to what was observed ({found.value:.3g}); --what-if {name}={stated:g} asks for it"
            )


def _distinct(read_from: "dict[str, Path | None]", target: Path | None, report: Path | None) -> None:
    """Refuse to write over what is read, twice into one file, or over what is no file; before anything is computed."""
    for path, name in ((target, "--output"), (report, "--report")):
        if path is None:
            continue
        files.refuse_special(path)
        read = next((words for words, one in read_from.items() if one and one.resolve() == path.resolve()), None)
        if read:
            raise PlanError(f"{path} is {read} itself", where=name, hint="name another file")
    if target and report and target.resolve() == report.resolve():
        raise PlanError(f"{report} is both the plan and the report", where="--report", hint="name another file")


def _write_report(path: Path, found: "Answer") -> None:
    from sizing.report import page  # noqa: PLC0415 - imported when needed
    from sizing.studying import study  # noqa: PLC0415 - imported when needed

    files.write(path, page(study(found)))


def _explained(found: "Answer") -> str:
    from cli.answer import explained  # noqa: PLC0415 - imported when needed
    from sizing.explain import steps  # noqa: PLC0415 - imported when needed

    return explained(steps(found))


def _catalogue(path: Path | None) -> "Catalogue | None":
    if path is None:
        return None
    from sizing.catalogue import parse  # noqa: PLC0415 - imported when needed

    return parse(files.read(path, hint="write one like sizing/catalogue.yaml"), str(path))


def _alternatives(question: "Question", changes: list[str]) -> list[tuple[str, "Question"]]:
    """Return each change alone, and all of them together where there are several."""
    from sizing.whatif import asked  # noqa: PLC0415 - imported when needed

    found = [(change, asked(question, [change])) for change in changes]
    return [*found, ("all of these", asked(question, changes))] if len(changes) > 1 else found


def _made(question: "Question", draws: int | None) -> "Plan | str":
    """Return the plan of an alternative, or why there is none: the others are still worth reading."""
    from sizing.size import answer, made  # noqa: PLC0415 - imported when needed

    try:
        return made(answer(question, draws))
    except PlanError as problem:
        return str(problem)


def _json(plan: "Plan", others: "list[tuple[str, Plan | str]]") -> str:
    whole = json.loads(plan.model_dump_json())
    if others:
        whole["what_if"] = [
            {"change": words, "infeasible": other} if isinstance(other, str) else {"change": words, "plan": json.loads(other.model_dump_json())}
            for words, other in others
        ]
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _text(plan: "Plan", others: "list[tuple[str, Plan | str]]") -> str:
    from cli.answer import answer, beside  # noqa: PLC0415 - imported when needed

    if not others:
        return answer(plan)
    found = [(words, other) for words, other in others if not isinstance(other, str)]
    return "\n".join([beside([("the brief", plan), *found]), *(f"{words}: {other}" for words, other in others if isinstance(other, str))])


def _next(target: Path | None, report: Path | None, compared: bool) -> str:  # noqa: FBT001 - private
    told = [f"written: {path}" for path in (target, report) if path]
    keep = "write into the brief what you want to keep, then 'plan size'" if compared else "plan size --people N --output FILE keeps it"
    step = "plan deploy" if target == Path("plan.json") else f"plan deploy {target}"
    return f"{'; '.join(told)}; next: {step}" if target else "; ".join([*told, f"a what-if: no plan written; next: {keep}"])
