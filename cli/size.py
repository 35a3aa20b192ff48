"""``plan size``: the brief's answer in servers."""

from pathlib import Path
from typing import Annotated

import typer

from runtime import files, printer


def size(
    brief: Annotated[Path, typer.Argument(metavar="[BRIEF]", help="The brief.")] = Path("brief.yaml"),
    people: Annotated[int | None, typer.Option(help="What if: as many people, of the brief's mix. Writes no plan.json unless --output is given.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write the plan.  [default: plan.json]")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Size the servers for a brief; writes plan.json."""
    from cli.answer import answer  # noqa: PLC0415 - imported when needed
    from sizing.reading import parse  # noqa: PLC0415 - imported when needed
    from sizing.size import desk_capacity  # noqa: PLC0415 - imported when needed
    from sizing.size import size as sized  # noqa: PLC0415 - imported when needed

    company = parse(files.read(brief, hint="write one with 'plan init'"), str(brief))
    plan = sized(company, str(brief.resolve()), people)
    target = output or (Path("plan.json") if people is None else None)
    text = plan.model_dump_json(indent=2)
    if target:
        files.write(target, text + "\n")
    if as_json:
        printer.data(text)
    else:
        alone = plan.capacity.people if plan.servers[0].role == "desk" else desk_capacity(company)
        printer.data(answer(plan, alone))
    next_step = f"plan deploy {target}" if target and target != Path("plan.json") else "plan deploy"
    printer.say(f"written: {target}; next: {next_step}" if target else "a what-if: nothing written; next: plan size --people N --output FILE keeps it")
