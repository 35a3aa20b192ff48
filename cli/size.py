"""``plan size``: the brief's answer in servers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime import files, printer

if TYPE_CHECKING:
    from sizing.catalogue import Catalogue
    from sizing.plan import Plan
    from sizing.question import Question


def size(  # noqa: PLR0913, PLR0917 - one for each option
    brief: Annotated[Path, typer.Argument(metavar="[BRIEF]", help="The brief.")] = Path("brief.yaml"),
    people: Annotated[int | None, typer.Option(help="What if: as many people, of the brief's mix. Writes no plan.json unless --output is given.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write the plan.  [default: plan.json]")] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(help="What if: key=value, a path of the brief or a number's name, side by side with the brief; repeatable. Writes no plan.json."),
    ] = None,
    catalogue: Annotated[Path | None, typer.Option(help="The machines that can be had, with prices (YAML).  [default: the one that comes with plan]")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page with plots (HTML) that defends the answer.")] = None,
    draws: Annotated[int, typer.Option(min=100, max=1_000_000, help="Draws of the uncertain numbers.")] = 10_000,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Walk from people to servers with every number in between.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Size the servers for a brief; writes plan.json."""
    from sizing.question import Answer, Question  # noqa: PLC0415 - imported when needed
    from sizing.reading import parse  # noqa: PLC0415 - imported when needed
    from sizing.size import checked, made  # noqa: PLC0415 - imported when needed

    company = parse(files.read(brief, hint="write one with 'plan init'"), str(brief))
    counted = None if people is None else checked(people)
    question = Question(company, str(brief.resolve()), counted, _catalogue(catalogue), draws=draws)
    alternatives = _alternatives(question, what_if or [])
    answer = Answer(question)
    plan = made(answer)
    others = [(words, made(Answer(other))) for words, other in alternatives]
    target = output or (Path("plan.json") if people is None and not others else None)
    if target:
        files.write(target, plan.model_dump_json(indent=2) + "\n")
    if report:
        from sizing.report import page  # noqa: PLC0415 - imported when needed
        from sizing.studying import study  # noqa: PLC0415 - imported when needed

        files.write(report, page(study(answer)))
    printer.data(_json(plan, others) if as_json else _text(plan, others))
    if explain:
        from cli.answer import explained  # noqa: PLC0415 - imported when needed
        from sizing.explain import steps  # noqa: PLC0415 - imported when needed

        lines = explained(steps(answer))
        (printer.say if as_json else printer.data)(lines)
    printer.say(_next(target, report))


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


def _json(plan: "Plan", others: "list[tuple[str, Plan]]") -> str:
    whole = json.loads(plan.model_dump_json())
    if others:
        whole["what_if"] = [{"change": words, "plan": json.loads(other.model_dump_json())} for words, other in others]
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _text(plan: "Plan", others: "list[tuple[str, Plan]]") -> str:
    from cli.answer import answer, beside  # noqa: PLC0415 - imported when needed

    return beside([("the brief", plan), *others]) if others else answer(plan)


def _next(target: Path | None, report: Path | None) -> str:
    told = [f"written: {path}" for path in (target, report) if path]
    step = "plan deploy" if target == Path("plan.json") else f"plan deploy {target}"
    return f"{'; '.join(told)}; next: {step}" if target else "; ".join([*told, "a what-if: no plan written; next: plan size --output FILE keeps it"])
