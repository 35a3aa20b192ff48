"""``plan check``: whether this is a brief, and what of it is used."""

from pathlib import Path
from typing import Annotated

import typer

from runtime import files, printer
from runtime.errors import PlanError

SCHEMA_VERSION = 1


def check(
    brief: Annotated[Path, typer.Argument(metavar="[BRIEF]", help="The brief.")] = Path("brief.yaml"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Check a brief, and say what of it is not used yet."""
    from sizing.later import not_used_yet  # noqa: PLC0415 - imported when needed
    from sizing.reading import parse  # noqa: PLC0415 - imported when needed

    text = files.read(brief, hint="write one with 'plan init'")
    try:
        company = parse(text, str(brief))
    except PlanError as problem:
        if as_json:
            printer.data_json(_answer(getattr(problem, "problems", (problem,)), [], 0))
        raise
    unused = not_used_yet(company)
    if as_json:
        printer.data_json(_answer((), unused, company.people))
        return
    kinds = [space.kind for space in company.spaces]
    groups, blogs, wikis = len(company.audience), kinds.count("blog"), kinds.count("wiki")
    printer.data(f"{brief} is a good brief: {company.people:,} people in {_many(groups, 'group')}, {_many(blogs, 'blog')}, {_many(wikis, 'wiki')}.")
    if unused:
        printer.data("Accepted, and not used yet:")
        for path, why in unused:
            printer.data(f"  {path}: {why}")
    printer.say(f"next: plan size {brief}")


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _answer(problems: tuple[PlanError, ...], unused: list[tuple[str, str]], people: int) -> dict[str, object]:
    return {
        "schema": {"version": SCHEMA_VERSION},
        "ok": not problems,
        "people": people,
        "problems": [{"where": problem.where, "message": problem.message, "hint": problem.hint} for problem in problems],
        "not_used_yet": [{"path": path, "why": why} for path, why in unused],
    }
