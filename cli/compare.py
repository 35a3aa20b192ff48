"""``plan test --compare BEFORE AFTER``: which differences of two results are sure, and whether any is a regression."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from runtime import files, printer

if TYPE_CHECKING:
    from loadtests.compare.measured import Comparison, Difference, Side

MEND = "name two files that 'plan test' wrote as result.json"
WIDTH = 36
NEVER_MS = 600_000
FAR = 10.0


def compare(before: Path, after: Path, least: float, *, as_json: bool) -> None:
    """Compare two results, tell it, and exit: 0 no regression, 3 a regression."""
    from loadtests.compare.compare import compare as compared  # noqa: PLC0415 - imported when needed
    from loadtests.reading import parse  # noqa: PLC0415 - imported when needed

    one, other = ((str(path), parse(files.read(path, hint=MEND), str(path))) for path in (before, after))
    found = compared(one, other, least)
    if as_json:
        printer.data_json(found.model_dump(mode="json"))
    else:
        for line in report(found):
            printer.data(line)
    raise typer.Exit(found.exit_code)


def report(found: "Comparison") -> Iterator[str]:
    """Yield the lines of the answer."""
    from loadtests.compare.measured import LIKELIHOOD  # noqa: PLC0415 - imported when needed

    yield f"{found.verdict}: {_answer(found)}"
    yield f"  before: {_side(found.before)}"
    yield f"  after:  {_side(found.after)}"
    yield ""
    yield f"  {found.scenario:{WIDTH}} {'before':>10} {'after':>10} {'change':>8} {'95 % interval':>18}"
    yield from (_line(one) for one in found.differences)
    yield f"  (sure: {LIKELIHOOD}; a regression is sure and more than {found.least:.1%})"
    yield from (f"  left out: {words}" for words in found.left_out)
    yield from (f"  note: {words}" for words in found.notes)


def _answer(found: "Comparison") -> str:
    worse = [one for one in found.differences if one.regression]
    if worse:
        first = max(worse, key=lambda one: abs(one.change) if one.change is not None else float("inf"))
        others = f", and {len(worse) - 1} more" if len(worse) > 1 else ""
        return f"{first.what} {_change(first)}{others}"
    sure = sum(one.answer != "may be chance" for one in found.differences)
    how_many = f"{sure or 'none'} {'is' if sure <= 1 else 'are'} sure"
    return f"of {len(found.differences)} differences {how_many}, and none is for the worse by more than {found.least:.1%}"


def _side(one: "Side") -> str:
    return f"{one.file} ({one.platform}, {one.started}, {one.verdict}, {one.requests:,} requests)"


def _line(one: "Difference") -> str:
    interval = f"{one.low:+.1%} to {one.high:+.1%}" if one.low is not None and one.high is not None else ""
    interval = f"{one.low:+.1%} and more" if one.low is not None and (one.high or 0) > FAR else interval
    answer = f"{one.answer}: regression" if one.regression else one.answer
    return f"  {one.what:{WIDTH}} {_number(one.before, one.unit):>10} {_number(one.after, one.unit):>10} {_change(one):>8} {interval:>18}  {answer}"


def _change(one: "Difference") -> str:
    return f"{one.change:+.1%}" if one.change is not None else "from 0"


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.2%}"
    if unit == "ms":
        return "never" if value >= NEVER_MS else f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"  # noqa: PLR2004 - three digits
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - three digits
